internal import DosingCore
internal import Quantities

/// An event whose files have not been read yet.
struct PlannedEvent {
  enum What {
    case ready(Scenario.Action)
    case programFile(String)
  }

  let at: Nanoseconds
  let what: What
}

extension PlannedEvent {
  /// A sensor, as a person calls it.
  enum Sensor: String {
    case loadCell = "a load cell"
    case encoder = "an encoder"
    case pressure = "a sensor of pressure"

    func isOn(_ rig: RigDocument) -> Bool {
      switch self {
      case .loadCell: rig.i2c?.loadCell != nil
      case .encoder: rig.i2c?.encoder != nil
      case .pressure: rig.i2c?.pressure != nil
      }
    }
  }

  /// What the rig has to have for it; nil for nothing.
  var neededSensor: Sensor? {
    guard case .ready(let action) = what else { return nil }
    switch action {
    case .reservoir(.cellFails, _), .reservoir(.cellStuck, _), .reservoir(.cellOffset, _),
      .reservoir(.cellDrift, _):
      return .loadCell
    case .shaft(.encoderFails, _), .shaft(.encoderStuck, _), .shaft(.magnetSlips, _):
      return .encoder
    case .line(.pressureFails, _), .line(.pressureStuck, _): return .pressure
    default: return nil
    }
  }
}

/// How an event is written: its name, and the keys that it takes beside its time.
struct ScenarioEventForm {
  /// `do` or `fault`.
  let kind: String
  let name: String
  var needed: [String] = []
  var optional: [String] = []

  /// For a person, on one line.
  var text: String {
    "  \(kind): \(name)" + needed.map { ", \($0): ..." }.joined()
      + optional.map { " [, \($0): ...]" }.joined()
  }

  static let actions = [
    action("patient-bolus"), action("bolus", ["dose", "duration"]), action("cancel-bolus"),
    action("stop"), action("resume"), action("acknowledge"), action("silence"),
    action("program", ["prescription"]),
    action(
      "refill", ["aspirated", "filled", "concentration"],
      ["lot", "override", "really_aspirated", "really_filled"]),
    action("catheter-emptied"), action("line-replaced"), action("prime"), action("purge"),
    action("connected"), action("clear"),
  ]

  static let faults = [
    fault("late-tick"), fault("suspend"), fault("drive-fails"), fault("output-fails", ["line"]),
    fault("load-cell-fails"), fault("load-cell-stuck"), growing("load-cell-offset"),
    growing("load-cell-drift"), growing("leak"), growing("free-flow"),
    Self(kind: "fault", name: "occlusion-upstream", needed: ["for"], optional: ["value", "ramp"]),
    growing("tubing-worn"), fault("air"),
    fault("stall"), growing("slip"), growing("run-away"), fault("encoder-fails"),
    fault("encoder-stuck"), fault("magnet-slips", ["value"]),
    Self(kind: "fault", name: "occlusion", needed: ["for"], optional: ["value", "ramp"]),
    fault("pressure-fails"), fault("pressure-stuck"),
    fault("storage-slow", ["delay"]), fault("storage-fails"), fault("kill"), fault("power-cut"),
  ]

  static var all: [Self] { actions + faults }

  /// Every key that some event takes, each once.
  static let keys: [String] = all.flatMap { $0.needed + $0.optional }
    .reduce(into: []) { keys, key in if !keys.contains(key) { keys.append(key) } }

  private static func action(
    _ name: String, _ needed: [String] = [], _ optional: [String] = []
  ) -> Self {
    Self(kind: "do", name: name, needed: needed, optional: optional)
  }

  /// A fault lasts for a while.
  private static func fault(_ name: String, _ needed: [String] = []) -> Self {
    Self(kind: "fault", name: name, needed: ["for"] + needed)
  }

  /// One of so much, which may come by and by.
  private static func growing(_ name: String) -> Self {
    Self(kind: "fault", name: name, needed: ["for", "value"], optional: ["ramp"])
  }
}

extension StrictYAML {
  mutating func events(_ value: Value?, duration: Nanoseconds?) -> [PlannedEvent] {
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
      value, required: ["at"], optional: ["do", "fault"] + ScenarioEventForm.keys)
    let at = quantity(keys["at"], as: Nanoseconds.self)
    guard (keys["do"] == nil) != (keys["fault"] == nil) else {
      report(value, "needs either 'do' or 'fault'")
      return []
    }
    let accepted = keys["do"] != nil ? ScenarioEventForm.actions : ScenarioEventForm.faults
    guard let form = word(keys["do"] ?? keys["fault"], of: accepted.map { ($0.name, $0) }) else {
      return []
    }
    let name = form.name
    checkKeys(of: form, value, keys)
    guard let at else { return [] }
    guard keys["fault"] != nil else {
      return action(name, keys).map { [PlannedEvent(at: at, what: $0)] } ?? []
    }
    guard let length = quantity(keys["for"], as: Nanoseconds.self) else { return [] }
    return fault(name, keys, lasts: length).map {
      PlannedEvent(at: at + $0.after, what: .ready($0.action))
    }
  }

  private mutating func checkKeys(
    of form: ScenarioEventForm, _ value: Value, _ keys: [String: Value]
  ) {
    for key in form.needed where keys[key] == nil { report(value, "key '\(key)' is missing") }
    let known = ["at", "do", "fault"] + form.needed + form.optional
    for key in keys.keys.sorted() where !known.contains(key) {
      report(keys[key] ?? value, "does not belong to \(form.name); leave it out")
    }
  }

  private mutating func action(_ name: String, _ keys: [String: Value]) -> PlannedEvent.What? {
    switch name {
    case "patient-bolus": return .ready(.ask(.patientBolus))
    case "cancel-bolus": return .ready(.ask(.cancelBolus))
    case "stop": return .ready(.ask(.stop))
    case "resume": return .ready(.ask(.resume))
    case "acknowledge": return .ready(.ask(.acknowledge))
    case "silence": return .ready(.ask(.silence))
    case "program": return word(keys["prescription"]).map { .programFile($0) }
    case "refill": return refill(keys).map { .ready(.refill($0)) }
    case "catheter-emptied": return .ready(.ask(.supply(SupplyChange(.catheterEmptied))))
    case "line-replaced": return .ready(.ask(.supply(SupplyChange(.lineReplaced))))
    case "prime": return .ready(.ask(.supply(SupplyChange(.prime))))
    case "purge": return .ready(.ask(.supply(SupplyChange(.purge))))
    case "clear": return .ready(.ask(.commit(.clear)))
    case "connected": return .ready(.ask(.supply(SupplyChange(.connected))))
    default:
      let dose = quantity(keys["dose"], as: Mass.self)
      let duration = quantity(keys["duration"], as: Nanoseconds.self)
      guard let dose, let duration else { return nil }
      return .ready(.ask(.bolus(dose: dose, duration: duration)))
    }
  }

  private mutating func refill(_ keys: [String: Value]) -> Scenario.Refill? {
    let concentration = quantity(keys["concentration"], as: Concentration.self)
    let aspirated = quantity(keys["aspirated"], as: Volume.self)
    let filled = quantity(keys["filled"], as: Volume.self)
    let lot = keys["lot"] == nil ? Label.none : label(keys["lot"])
    let overrides = keys["override"] == nil ? false : yesOrNo(keys["override"])
    let reallyAspirated = quantity(keys["really_aspirated"], as: Volume.self)
    let reallyFilled = quantity(keys["really_filled"], as: Volume.self)
    guard let concentration, let aspirated, let filled, let lot, let overrides else { return nil }
    return Scenario.Refill(
      concentration: concentration, aspirated: aspirated, filled: filled, lot: lot,
      overrides: overrides, reallyAspirated: reallyAspirated, reallyFilled: reallyFilled)
  }

  /// In milligrams; below zero where it lifts, or wanders down.
  private mutating func signedWeight(_ value: Value?) -> Int64? {
    guard let value, let text = word(value) else { return nil }
    let isNegative = text.hasPrefix("-")
    guard let weight = try? Weight(text: isNegative ? String(text.dropFirst()) : text),
      weight.baseUnits <= Limits.weighingErrorMax
    else {
      report(value, "'\(text)' is no weight; accepted: -100 g to 100 g, as in 1.5 g or -200 mg")
      return nil
    }
    return isNegative ? -weight.baseUnits : weight.baseUnits
  }

  /// A part of a whole, in thousandths.
  private mutating func share(_ value: Value?) -> Int64? {
    guard let value, let share = permille(value) else { return nil }
    guard share <= 1_000 else {
      report(value, "is more than all of it; accepted: 0 % to 100 %")
      return nil
    }
    return share
  }

  /// In how long a fault comes to its value; zero for at once.
  private mutating func ramp(_ keys: [String: Value], lasts length: Nanoseconds) -> Nanoseconds? {
    guard let value = keys["ramp"] else { return .zero }
    guard let ramp = quantity(value, as: Nanoseconds.self) else { return nil }
    guard ramp <= length else {
      report(value, "is longer than the fault lasts; accepted: up to its 'for'")
      return nil
    }
    return ramp
  }

  /// A fault that comes by and by comes in so many steps.
  private static var stagesOfRamp: Int64 { 20 }

  /// What a fault does, and where it lasts for a while also its end.
  private mutating func fault(
    _ name: String, _ keys: [String: Value], lasts length: Nanoseconds
  ) -> [(after: Nanoseconds, action: Scenario.Action)] {
    func lasting(
      _ action: (Bool) -> Scenario.Action
    ) -> [(after: Nanoseconds, action: Scenario.Action)] {
      [(.zero, action(true)), (length, action(false))]
    }
    guard let ramp = ramp(keys, lasts: length) else { return [] }
    func growing(
      to value: Int64, _ action: (Int64, Bool) -> Scenario.Action
    ) -> [(after: Nanoseconds, action: Scenario.Action)] {
      let stages = ramp > .zero ? Self.stagesOfRamp : 1
      var actions: [(after: Nanoseconds, action: Scenario.Action)] = []
      for stage in 1...stages {
        let after = Nanoseconds(ramp.count * (stage - 1) / stages)
        // Each takes the place of the one before.
        if stage > 1 { actions.append((after, action(value * (stage - 1) / stages, false))) }
        actions.append((after, action(value * stage / stages, true)))
      }
      return actions + [(length, action(value, false))]
    }
    switch name {
    case "late-tick": return [(.zero, .lateTick(length))]
    case "suspend": return [(.zero, .suspend(length))]
    case "kill": return [(.zero, .kill(length))]
    case "power-cut": return [(.zero, .powerCut(length))]
    case "drive-fails": return lasting { .drive(fails: $0) }
    case "storage-fails": return lasting { .storageFails($0) }
    case "load-cell-fails": return lasting { .reservoir(.cellFails, on: $0) }
    case "load-cell-stuck": return lasting { .reservoir(.cellStuck, on: $0) }
    case "load-cell-offset":
      guard let milligrams = signedWeight(keys["value"]) else { return [] }
      return growing(to: milligrams) { .reservoir(.cellOffset(milligrams: $0), on: $1) }
    case "load-cell-drift":
      guard let daily = signedWeight(keys["value"]) else { return [] }
      return growing(to: daily) { .reservoir(.cellDrift(milligramsPerDay: $0), on: $1) }
    case "leak":
      guard let rate = quantity(keys["value"], as: FlowRate.self) else { return [] }
      return growing(to: rate.picolitresPerDay) {
        .reservoir(.leak(FlowRate(picolitresPerDay: $0)), on: $1)
      }
    case "free-flow":
      guard let rate = quantity(keys["value"], as: FlowRate.self) else { return [] }
      return growing(to: rate.picolitresPerDay) {
        .reservoir(.freeFlow(FlowRate(picolitresPerDay: $0)), on: $1)
      }
    case "stall": return lasting { .shaft(.stall, on: $0) }
    case "encoder-fails": return lasting { .shaft(.encoderFails, on: $0) }
    case "encoder-stuck": return lasting { .shaft(.encoderStuck, on: $0) }
    case "slip":
      guard let share = share(keys["value"]) else { return [] }
      return growing(to: share) { .shaft(.slip(permille: $0), on: $1) }
    case "magnet-slips":
      guard let share = share(keys["value"]) else { return [] }
      return lasting { .shaft(.magnetSlips(permille: share), on: $0) }
    case "air": return lasting { .reservoir(.dry(permille: 1_000), on: $0) }
    case "occlusion-upstream", "tubing-worn":
      guard let share = keys["value"] == nil ? 1_000 : share(keys["value"]) else { return [] }
      return growing(to: share) { .reservoir(.dry(permille: $0), on: $1) }
    case "occlusion":
      guard let share = keys["value"] == nil ? 1_000 : share(keys["value"]) else { return [] }
      return growing(to: share) { .line(.occlusion(permille: $0), on: $1) }
    case "pressure-fails": return lasting { .line(.pressureFails, on: $0) }
    case "pressure-stuck": return lasting { .line(.pressureStuck, on: $0) }
    case "run-away":
      guard let rate = quantity(keys["value"], as: FlowRate.self) else { return [] }
      return growing(to: rate.picolitresPerDay) {
        .shaft(.runAway(FlowRate(picolitresPerDay: $0)), on: $1)
      }
    case "storage-slow":
      guard let delay = quantity(keys["delay"], as: Nanoseconds.self) else { return [] }
      return lasting { .storageSlow($0, delay: delay) }
    default:
      let lines = Scenario.Output.allCases.map { ($0.rawValue, $0) }
      guard let line = word(keys["line"], of: lines) else { return [] }
      return lasting { .output(line, fails: $0) }
    }
  }
}
