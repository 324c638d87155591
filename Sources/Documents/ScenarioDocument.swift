internal import DosingCore
internal import Quantities

/// A scenario file: what happens to a pump in virtual time. See `scripts/examples/`.
public struct ScenarioDocument: Sendable {
  /// A file that says what is run.
  public struct Input: Sendable {
    public let path: String
    public let text: String
  }

  public let path: String
  public let scenario: Scenario
  /// What a person should know about the prescriptions.
  public let warnings: [String]
  /// The scenario and every file that it names, each once, in the order of their names in it.
  public let inputs: [Input]

  /// - Throws: everything that is wrong with the file, or with a file that it names.
  public init(path: String) throws(DocumentErrors) {
    try self.init(try SourceText(path)) { path throws(DocumentErrors) in try SourceText(path) }
  }

  /// - Parameter read: gives the text of each file that the scenario names.
  init(
    _ source: SourceText, read: (String) throws(DocumentErrors) -> SourceText
  ) throws(DocumentErrors) {
    let path = source.path
    var yaml = StrictYAML(path, code: .badData)
    let root = try yaml.root(of: source)
    let top = yaml.mapping(
      root, required: ["rig", "prescription", "start", "duration"], optional: ["seed", "events"])
    let rigPath = yaml.word(top["rig"])
    let prescriptionPath = yaml.word(top["prescription"])
    let seed = top["seed"] == nil ? 0 : yaml.integer(top["seed"], 0...Int.max)
    let start = yaml.dateAndTime(top["start"])
    let duration = yaml.quantity(top["duration"], as: Nanoseconds.self)
    let planned = yaml.events(top["events"], duration: duration)
    try yaml.throwErrors()
    guard let rigPath, let prescriptionPath, let seed, let start, let duration else {
      throw DocumentErrors(.internalError, ["\(path): a value is missing without an error"])
    }
    var inputs = [Input(path: path, text: source.text)]
    func open(_ name: String) throws(DocumentErrors) -> SourceText {
      let source = try read(Self.beside(path, name))
      if !inputs.contains(where: { $0.path == source.path }) {
        inputs.append(Input(path: source.path, text: source.text))
      }
      return source
    }
    let rig = try RigDocument(
      try RigDocument.text { () throws(DocumentErrors) in try open(rigPath) })
    var warnings: [String] = []
    let therapy = try Self.therapy(try open(prescriptionPath), on: rig.rig, &warnings)
    var events: [Scenario.Event] = []
    for event in planned {
      let action: Scenario.Action =
        switch event.what {
        case .ready(let action): action
        case .programFile(let file):
          .ask(.program(try Self.therapy(try open(file), on: rig.rig, &warnings)))
        }
      events.append(Scenario.Event(at: event.at, action))
    }
    scenario = Scenario(
      rig: rig.rig, serial: rig.serial, hasBatteryClock: rig.hasBatteryClock, therapy: therapy,
      seed: UInt64(seed), start: start, duration: duration, events: events)
    self.path = path
    self.warnings = warnings
    self.inputs = inputs
  }

  /// Every event that a scenario may hold, a line each, with the keys that it needs beside `at`.
  public static let eventForms: [String] = StrictYAML.eventForms

  private static func therapy(
    _ source: SourceText, on rig: Rig, _ warnings: inout [String]
  ) throws(DocumentErrors) -> Therapy {
    let document = try PrescriptionDocument(source)
    var findings = Findings()
    guard let therapy = Therapy(document.prescription, on: rig, findings: &findings) else {
      throw DocumentErrors(.badData, document.describe(findings))
    }
    warnings += document.describe(findings)
    return therapy
  }

  /// A path in a scenario is relative to the scenario.
  private static func beside(_ scenario: String, _ path: String) -> String {
    guard !path.hasPrefix("/"), let slash = scenario.lastIndex(of: "/") else { return path }
    return scenario[...slash] + path
  }
}

/// An event whose files have not been read yet.
private struct PlannedEvent {
  enum What {
    case ready(Scenario.Action)
    case programFile(String)
  }

  let at: Nanoseconds
  let what: What
}

extension StrictYAML {
  private static let actions = [
    "patient-bolus", "bolus", "cancel-bolus", "stop", "resume", "acknowledge", "program",
  ]

  /// What an action needs beside its time; nothing for those that are not named.
  private static let actionKeys = ["bolus": ["dose", "duration"], "program": ["prescription"]]

  fileprivate static var eventForms: [String] {
    func form(_ key: String, _ name: String, _ needed: [String]) -> String {
      "  \(key): \(name)" + needed.map { ", \($0): ..." }.joined()
    }
    return actions.map { form("do", $0, actionKeys[$0] ?? []) }
      + faults.map { form("fault", $0.name, $0.keys) }
  }

  /// What a fault needs beside its time, by its name.
  private static let faults: [(name: String, keys: [String])] = [
    ("late-tick", ["for"]), ("suspend", ["for"]), ("drive-fails", ["for"]),
    ("output-fails", ["for", "line"]), ("storage-slow", ["for", "delay"]),
    ("storage-fails", ["for"]), ("kill", ["for"]), ("power-cut", ["for"]),
  ]

  fileprivate mutating func events(_ value: Value?, duration: Nanoseconds?) -> [PlannedEvent] {
    guard let value else { return [] }
    var events: [PlannedEvent] = []
    for item in list(value) {
      let planned = plan(item)
      guard let event = planned.first else { continue }
      if let duration, event.at > duration {
        report(item, "comes after the end of the scenario; make its duration longer")
      }
      events += planned
    }
    // Stable: equal times keep the order of the file.
    return events.enumerated()
      .sorted { ($0.element.at, $0.offset) < ($1.element.at, $1.offset) }
      .map(\.element)
  }

  /// An event, and the end of what lasts for a while. Empty where something is wrong with it.
  private mutating func plan(_ value: Value) -> [PlannedEvent] {
    let keys = mapping(
      value, required: ["at"],
      optional: ["do", "fault", "dose", "duration", "prescription", "for", "line", "delay"])
    let at = quantity(keys["at"], as: Nanoseconds.self)
    guard (keys["do"] == nil) != (keys["fault"] == nil) else {
      report(value, "needs either 'do' or 'fault'")
      return []
    }
    let accepted = keys["do"] != nil ? Self.actions : Self.faults.map(\.name)
    guard let name = word(keys["do"] ?? keys["fault"], of: accepted.map { ($0, $0) }) else {
      return []
    }
    checkKeys(of: name, value, keys)
    guard let at else { return [] }
    guard keys["fault"] != nil else {
      return action(name, keys).map { [PlannedEvent(at: at, what: $0)] } ?? []
    }
    guard let length = quantity(keys["for"], as: Nanoseconds.self) else { return [] }
    return fault(name, keys, lasts: length).map {
      PlannedEvent(at: at + $0.after, what: .ready($0.action))
    }
  }

  private mutating func checkKeys(of name: String, _ value: Value, _ keys: [String: Value]) {
    let needed =
      Self.actionKeys[name] ?? Self.faults.first { $0.name == name }?.keys ?? []
    for key in needed where keys[key] == nil { report(value, "key '\(key)' is missing") }
    for key in keys.keys.sorted()
    where !["at", "do", "fault"].contains(key) && !needed.contains(key) {
      report(keys[key] ?? value, "does not belong to \(name); leave it out")
    }
  }

  private mutating func action(_ name: String, _ keys: [String: Value]) -> PlannedEvent.What? {
    switch name {
    case "patient-bolus": return .ready(.ask(.patientBolus))
    case "cancel-bolus": return .ready(.ask(.cancelBolus))
    case "stop": return .ready(.ask(.stop))
    case "resume": return .ready(.ask(.resume))
    case "acknowledge": return .ready(.ask(.acknowledge))
    case "program": return word(keys["prescription"]).map { .programFile($0) }
    default:
      let dose = quantity(keys["dose"], as: Mass.self)
      let duration = quantity(keys["duration"], as: Nanoseconds.self)
      guard let dose, let duration else { return nil }
      return .ready(.ask(.bolus(dose: dose, duration: duration)))
    }
  }

  /// What a fault does, and where it lasts for a while also its end.
  private mutating func fault(
    _ name: String, _ keys: [String: Value], lasts length: Nanoseconds
  ) -> [(after: Nanoseconds, action: Scenario.Action)] {
    func lasting(
      _ action: (Bool) -> Scenario.Action
    ) -> [(after: Nanoseconds, action: Scenario.Action)] {
      [(.zero, action(true)), (length, action(false))]
    }
    switch name {
    case "late-tick": return [(.zero, .lateTick(length))]
    case "suspend": return [(.zero, .suspend(length))]
    case "kill": return [(.zero, .kill(length))]
    case "power-cut": return [(.zero, .powerCut(length))]
    case "drive-fails": return lasting { .drive(fails: $0) }
    case "storage-fails": return lasting { .storageFails($0) }
    case "storage-slow":
      guard let delay = quantity(keys["delay"], as: Nanoseconds.self) else { return [] }
      return lasting { .storageSlow($0, delay: delay) }
    default:
      let lines = Scenario.Output.allCases.map { ($0.rawValue, $0) }
      guard let line = word(keys["line"], of: lines) else { return [] }
      return lasting { .output(line, fails: $0) }
    }
  }

  /// The time of the week of a date and time without zone, from `YYYY-MM-DDTHH:MM:SS`.
  fileprivate mutating func dateAndTime(_ value: Value?) -> WeekTime? {
    guard let text = word(value), let value else { return nil }
    let parts = text.split { $0 == "-" || $0 == ":" || $0 == "T" || $0 == " " }
    let numbers = parts.compactMap { Int64($0) }
    let shape = text.map { $0.isNumber ? "0" : String($0) }.joined()
    guard shape == "0000-00-00T00:00:00" || shape == "0000-00-00 00:00:00", numbers.count == 6,
      let day = Self.dayNumber(numbers[0], numbers[1], numbers[2]),
      numbers[3] < 24, numbers[4] < 60, numbers[5] < 60
    else {
      report(value, "'\(text)' is no date and time; accepted: 2026-03-01T08:00:00")
      return nil
    }
    let time: Nanoseconds =
      .hours(numbers[3]) + .minutes(numbers[4]) + .seconds(numbers[5])
    return WeekTime(sinceMonday: .days(day % 7) + time)
  }

  /// Days since a Monday; nil where the calendar has no such day.
  private static func dayNumber(_ year: Int64, _ month: Int64, _ day: Int64) -> Int64? {
    let leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0
    let lengths: [Int64] = [31, leap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
    guard (1...9999).contains(year), (1...12).contains(month),
      (1...lengths[Int(month - 1)]).contains(day)
    else { return nil }
    let years = year - 1
    // 1 January of the year 1 was a Monday in the calendar that is carried backwards.
    let before = years * 365 + years / 4 - years / 100 + years / 400
    return before + lengths[..<Int(month - 1)].reduce(0, +) + day - 1
  }
}
