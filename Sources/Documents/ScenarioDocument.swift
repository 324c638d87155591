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
    for event in planned {
      guard let sensor = event.neededSensor, !sensor.isOn(rig) else { continue }
      throw DocumentErrors(
        .badData,
        [
          "\(path): an event is about \(sensor.rawValue), and the rig has none; see i2c in \(rigPath)"
        ])
    }
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
      rig: rig.rig, serial: rig.serial, hasBatteryClock: rig.hasBatteryClock,
      hasEncoder: rig.i2c?.encoder != nil, therapy: therapy, seed: UInt64(seed), start: start,
      duration: duration, events: events)
    self.path = path
    self.warnings = warnings
    self.inputs = inputs
  }

  /// Every event that a scenario may hold, a line each, with the keys that it takes beside `at`.
  public static let eventForms: [String] = ScenarioEventForm.all.map(\.text)

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

extension StrictYAML {
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
