public import DosingCore
internal import Quantities

/// A rig file: what the pump is. See `scripts/examples/rig.yaml`.
public struct RigDocument: Sendable {
  public enum Backend: Sendable {
    case simulated
    case linux
  }

  public let path: String
  public let name: Label
  public let serial: Label
  public let backend: Backend
  /// The dosing part, free of findings.
  public let rig: Rig
  /// There where `backend` is `linux`.
  public let gpio: GPIOSection?
  public let i2c: I2CSection?
  /// The machine has a clock with a battery that may be believed.
  public let hasBatteryClock: Bool

  /// - Throws: everything that is wrong with the file; its exit code is 78, or 66 and 77 where it
  ///   cannot be read.
  public init(path: String) throws(DocumentErrors) {
    try self.init(try Self.text { () throws(DocumentErrors) in try SourceText(path) })
  }

  /// What is no text at all is no valid rig either, and ends a program as one.
  static func text(
    _ read: () throws(DocumentErrors) -> SourceText
  ) throws(DocumentErrors) -> SourceText {
    do {
      return try read()
    } catch {
      throw error.exitCode == .badData ? DocumentErrors(.badConfiguration, error.lines) : error
    }
  }

  init(_ source: SourceText) throws(DocumentErrors) {
    let path = source.path
    var yaml = StrictYAML(path, code: .badConfiguration)
    let root = try yaml.root(of: source)
    let top = yaml.mapping(
      root, required: ["rig", "backend", "pump", "reservoir"],
      optional: ["tick", "line", "limits", "clock", "gpio", "i2c"])
    let names = top["rig"].map { yaml.mapping($0, required: ["name", "serial"]) } ?? [:]
    let name = yaml.label(names["name"])
    let serial = yaml.label(names["serial"])
    let backend = yaml.word(
      top["backend"], of: [("simulated", Backend.simulated), ("linux", .linux)])
    let tick =
      top["tick"] == nil
      ? Nanoseconds(10_000_000) : yaml.quantity(top["tick"], as: Nanoseconds.self)
    let pump = top["pump"].flatMap { yaml.pump($0) }
    let reservoir = top["reservoir"].flatMap { yaml.reservoir($0) }
    let limits = top["limits"].map {
      yaml.mapping(
        $0, required: [], optional: ["max_volume_1h", "max_volume_24h", "max_prime_dose"])
    }
    let maxVolume1h = yaml.quantity(limits?["max_volume_1h"], as: Volume.self)
    let maxVolume24h = yaml.quantity(limits?["max_volume_24h"], as: Volume.self)
    let maxPrimeDose = yaml.quantity(limits?["max_prime_dose"], as: Mass.self)
    var line = top["line"].flatMap { yaml.rigLine($0) } ?? .usual
    let hasBatteryClock =
      top["clock"].map { yaml.yesOrNo(yaml.mapping($0, required: ["rtc"])["rtc"]) ?? false }
      ?? false
    let gpio = top["gpio"].flatMap { yaml.gpio($0) }
    let i2c = top["i2c"].flatMap { yaml.i2c($0) }
    if let written = top["backend"], backend == .linux, top["gpio"] == nil {
      yaml.report(written, "linux needs the section gpio, which says where the wires are")
    }
    try yaml.throwErrors()
    guard let name, let serial, let backend, let tick, let pump, let reservoir else {
      throw DocumentErrors(.internalError, ["\(path): a value is missing without an error"])
    }
    // Written out it is the same rig, and has the same record.
    if line.primeRate == pump.maxRate { line.primeRate = nil }
    var rig = Rig(
      tick: tick, pump: pump, reservoir: reservoir, line: line, maxVolume1h: maxVolume1h,
      maxVolume24h: maxVolume24h)
    if let maxPrimeDose { rig.maxPrimeDose = maxPrimeDose }
    rig.weighing = i2c?.loadCell?.weighing
    rig.occlusion = i2c?.pressure?.limits
    var findings = Findings()
    rig.check(into: &findings)
    for index in 0..<findings.count {
      let section = findings[index].rule.rigSection
      yaml.report(line: top[section]?.line ?? 1, section, findings[index].sentence)
    }
    try yaml.throwErrors()
    self.path = path
    self.name = name
    self.serial = serial
    self.backend = backend
    self.rig = rig
    self.gpio = gpio
    self.i2c = i2c
    self.hasBatteryClock = hasBatteryClock
  }
}

extension StrictYAML {
  fileprivate mutating func pump(_ value: Value) -> PumpHead? {
    let keys = mapping(
      value,
      required: ["volume_per_revolution", "full_steps", "microsteps", "min_rate", "max_rate"],
      optional: ["keep_open_rate", "accuracy"])
    let volume = quantity(keys["volume_per_revolution"], as: Volume.self)
    let fullSteps = integer(keys["full_steps"], 1...10_000)
    let microsteps = microsteps(keys["microsteps"])
    let minRate = quantity(keys["min_rate"], as: FlowRate.self)
    let maxRate = quantity(keys["max_rate"], as: FlowRate.self)
    let keepOpen =
      keys["keep_open_rate"] == nil
      ? FlowRate(picolitresPerDay: 6_000_000)
      : quantity(keys["keep_open_rate"], as: FlowRate.self)
    let accuracy = permille(keys["accuracy"])
    guard let volume, let fullSteps, let microsteps, let minRate, let maxRate, let keepOpen else {
      return nil
    }
    var head = PumpHead(
      volumePerRevolution: volume, stepsPerRevolution: Int64(fullSteps * microsteps),
      minRate: minRate, maxRate: maxRate, keepOpenRate: keepOpen)
    if let accuracy { head.accuracyPermille = accuracy }
    return head
  }

  /// What drivers offer: halves of halves, and those that divide a turn into decimals.
  private mutating func microsteps(_ value: Value?) -> Int? {
    let accepted = [1, 2, 4, 5, 8, 10, 16, 20, 25, 32, 40, 50, 64, 100, 125, 128, 200, 250, 256]
    guard let text = word(value), let value else { return nil }
    guard let number = Int(text), accepted.contains(number) else {
      let list = accepted.map { "\($0)" }.joined(separator: ", ")
      report(value, "'\(text)' microsteps no driver makes; accepted: \(list)")
      return nil
    }
    return number
  }

  fileprivate mutating func reservoir(_ value: Value) -> Reservoir? {
    let keys = mapping(value, required: ["volume", "low", "empty"], optional: ["residue"])
    let volume = quantity(keys["volume"], as: Volume.self)
    let low = quantity(keys["low"], as: Volume.self)
    let empty = quantity(keys["empty"], as: Volume.self)
    let residue = quantity(keys["residue"], as: Volume.self)
    guard let volume, let low, let empty else { return nil }
    var reservoir = Reservoir(volume: volume, low: low, empty: empty)
    if let residue { reservoir.residue = residue }
    return reservoir
  }
}

extension Finding.Rule {
  /// The section of a rig file that a rule is about.
  fileprivate var rigSection: String {
    switch self {
    case .tickOutOfRange, .tickDoesNotDivideMinute: "tick"
    case .reservoirOutOfOrder, .residueOutOfRange: "reservoir"
    case .rigLimitBelowOneStep, .rigHourLimitAboveDayLimit, .maxPrimeDoseOutOfRange: "limits"
    case .lineBelowLeast, .lineAboveMost, .lineNotBelowReservoir, .lineToleranceOutOfRange,
      .lineMixingOutOfRange, .primeRateOutOfRange:
      "line"
    case .weighingErrorOutOfRange, .weighingDriftOutOfRange, .occlusionOutOfRange,
      .occlusionRiseOutOfRange:
      "i2c"
    default: "pump"
    }
  }
}
