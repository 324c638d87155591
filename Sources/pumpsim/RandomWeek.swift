internal import Documents
internal import DosingCore
internal import Quantities
internal import SeededNumbers

/// A week of a pump to which anything happens, out of a seed: all that people ask for, and what goes wrong
/// around them.
struct RandomWeek {
  private var chance: SplitMix64
  private let rig: Rig
  private let hasBatteryClock: Bool
  private let hasEncoder: Bool
  /// What happens to the shaft.
  private var shaft: SplitMix64
  /// What happens to the line.
  private var line: SplitMix64
  /// In ng/d.
  private let rates: [Int64]

  static let duration = Nanoseconds.days(7)
  private static let strength: Int64 = 500_000

  private init(seed: UInt64) {
    chance = SplitMix64(seed: seed)
    var coin = SplitMix64(seed: seed ^ 0x7765_6967_68)
    hasBatteryClock = chance.oneIn(2)
    // By numbers of their own, these three: whatever else happens in a week stays as it is.
    shaft = SplitMix64(seed: seed ^ 0x7368_6166_74)
    hasEncoder = shaft.oneIn(2)
    line = SplitMix64(seed: seed ^ 0x6c_696e_65)
    let tick = chance.pick([10, 20, 50, 100] as [Int64])
    // A head of which nine ticks of ten may step; a reservoir that lasts, or does not.
    let revolution = chance.pick([50, 100, 200, 400] as [Int64]) * 1_000_000
    let flowMax = min(revolution / 3200 * (86_400_000 / tick) / 10 * 9, 12_000_000_000)
    rig = Rig(
      tick: .milliseconds(tick),
      pump: PumpHead(
        volumePerRevolution: Volume(picolitres: revolution), stepsPerRevolution: 3200,
        minRate: FlowRate(picolitresPerDay: 48_000_000),
        maxRate: FlowRate(picolitresPerDay: flowMax),
        keepOpenRate: FlowRate(picolitresPerDay: 6_000_000)),
      reservoir: Reservoir(
        volume: Volume(picolitres: chance.oneIn(8) ? 3_000_000_000 : 20_000_000_000),
        low: Volume(picolitres: 2_000_000_000), empty: Volume(picolitres: 1_000_000_000)),
      maxVolume1h: nil, maxVolume24h: nil,
      weighing: coin.oneIn(2) ? Weighing() : nil,
      occlusion: line.oneIn(2) ? OcclusionLimits(threshold: Pressure(pascals: 70_000)) : nil)
    let highest = chance.magnitude(75_000...350_000)
    rates = [highest, highest * 3 / 4, highest / 2, highest / 3]
  }

  /// The same scenario for the same seed.
  static func scenario(seed: UInt64) -> Scenario {
    var week = RandomWeek(seed: seed)
    let first = week.therapy()
    var events: [Scenario.Event] = []
    for _ in 0..<week.chance.number(20...120) { events += week.event() }
    events.append(contentsOf: week.tidying())
    for _ in 0..<(week.hasEncoder ? week.shaft.number(0...4) : 0) { events += week.shaftEvent() }
    for _ in 0..<(week.rig.occlusion != nil ? week.line.number(0...4) : 0) {
      events += week.lineEvent()
    }
    var supply = RandomSupply(seed: seed, week.rig)
    events += supply.events(strength: Self.strength)
    // Some have no journal, where a request acts in its own tick.
    let isPlain = week.chance.oneIn(4)
    let ordered = events.enumerated()
      .filter { $0.element.at < duration && !(isPlain && $0.element.action.needsJournal) }
      .sorted { ($0.element.at, $0.offset) < ($1.element.at, $1.offset) }
      .map(\.element)
    return Scenario(
      rig: week.rig, serial: Label(utf8: "BP-0001".utf8) ?? .none,
      hasBatteryClock: week.hasBatteryClock, hasEncoder: week.hasEncoder, therapy: first,
      seed: seed,
      start: WeekTime(sinceMonday: .minutes(week.chance.number(0...10_079))),
      duration: duration, events: ordered)
  }

  // MARK: Orders

  private mutating func therapy() -> Therapy {
    while true {
      var findings = Findings()
      var order = prescription()
      if let therapy = Therapy(order, on: rig, findings: &findings) { return therapy }
      // What is named as the least that basal fits into is the tightest limit that there is.
      for index in 0..<findings.count {
        let least = Mass(nanograms: findings[index].bound)
        if findings[index].rule == .hourLimitBelowBasal { order.maxDose1h = least }
        if findings[index].rule == .dayLimitBelowBasal { order.maxDose24h = least }
      }
      findings = Findings()
      if let therapy = Therapy(order, on: rig, findings: &findings) { return therapy }
    }
  }

  private mutating func prescription() -> Prescription {
    let isFlex = chance.oneIn(2)
    let rate = chance.pick(rates)
    var order = Prescription(
      patient: Label(utf8: "BENCH-01".utf8) ?? .none, drug: Label(utf8: "baclofen".utf8) ?? .none,
      concentration: Concentration(nanogramsPerMillilitre: Self.strength),
      mode: isFlex ? .flex : .continuous, maxDose1h: .zero, maxDose24h: .zero)
    if isFlex { setPatterns(&order) } else { order.setContinuous(DoseRate(nanogramsPerDay: rate)) }
    order.safeBasal = DoseRate(nanogramsPerDay: chance.pick(rates))
    if !chance.oneIn(4) {
      order.patientBolus = PatientBolus(
        dose: Mass(nanograms: chance.magnitude(200...40_000)),
        duration: .minutes(chance.number(1...30)), lockout: .minutes(chance.magnitude(5...300)),
        maxIn24h: Int(chance.number(1...24)))
    }
    // Room for extra doses, or none.
    let room = chance.pick([0, 0, 1, 3] as [Int64])
    order.maxDose1h = Mass(nanograms: 1 + rates[0] / 12 * room)
    order.maxDose24h = Mass(nanograms: 1 + rates[0] * room)
    return order
  }

  private mutating func setPatterns(_ order: inout Prescription) {
    order.patternCount = 2
    for pattern in 0..<2 {
      var minute = UInt16(0)
      for _ in 0..<chance.number(1...6) {
        let rate = DoseRate(nanogramsPerDay: chance.pick(rates))
        let hasRoom = order.patterns[pattern].append(FlexStep(minute: minute, rate: rate))
        precondition(hasRoom)
        minute += UInt16(chance.number(1...230))
      }
    }
    for weekday in 0..<7 { order.week[weekday] = chance.oneIn(3) ? 1 : 0 }
  }

  // MARK: What happens

  private mutating func moment() -> Nanoseconds {
    // To the nanosecond: most of it falls between two ticks.
    Nanoseconds(chance.number(0...Self.duration.count - 1))
  }

  private mutating func length(upTo seconds: Int64) -> Nanoseconds {
    Nanoseconds(chance.magnitude(20_000_000...seconds * 1_000_000_000))
  }

  /// An event, and where it lasts for a while also its end.
  private mutating func event() -> [Scenario.Event] {
    let at = moment()
    func once(_ action: Scenario.Action) -> [Scenario.Event] { [Scenario.Event(at: at, action)] }
    let length = self.length(upTo: chance.oneIn(8) ? 40_000 : 3_000)
    func lasting(
      _ length: Nanoseconds, _ action: (Bool) -> Scenario.Action
    ) -> [Scenario.Event] {
      [Scenario.Event(at: at, action(true)), Scenario.Event(at: at + length, action(false))]
    }
    // A drive that fails is tried again in every tick, so that none of them can be passed over.
    let short = self.length(upTo: 300)
    switch chance.number(0...60) {
    case 60: return once(.ask(.cancelBolus))
    case 0...8: return once(.ask(.program(therapy())))
    case 9...20: return once(.ask(.patientBolus))
    case 21...26:
      let dose = Mass(nanograms: chance.magnitude(200...60_000))
      return once(.ask(.bolus(dose: dose, duration: .minutes(chance.magnitude(1...600)))))
    case 27...29: return once(.ask(.stop))
    case 30...33: return once(.ask(.resume))
    case 34, 35: return once(.ask(.acknowledge))
    case 36: return once(.ask(.silence))
    case 37, 38: return once(.lateTick(length))
    case 39, 40: return once(.suspend(length))
    case 41, 42: return lasting(short) { .drive(fails: $0) }
    case 43, 44:
      let line = chance.pick(Scenario.Output.allCases)
      return lasting(short) { .output(line, fails: $0) }
    case 45...47: return lasting(length) { .storageFails($0) }
    case 48...50:
      let delay = Nanoseconds(chance.magnitude(10_000_000...60_000_000_000))
      return lasting(length) { .storageSlow($0, delay: delay) }
    case 51...54: return once(.kill(length))
    case 55...57: return once(.powerCut(length))
    default:
      // A clock that is vouched for and wrong would be believed.
      return hasBatteryClock
        ? []
        : once(
          .setClock(
            chance.number(-1...1) * chance.magnitude(1_000_000_000...400_000_000_000_000_000)))
    }
  }

  /// A shaft that does otherwise than it is told, or an encoder that says so, for a while.
  private mutating func shaftEvent() -> [Scenario.Event] {
    let fault: Scenario.ShaftFault =
      switch shaft.number(0...4) {
      case 0, 1: .stall
      case 2: .slip(permille: shaft.number(50...400))
      case 3: .encoderFails
      default: .encoderStuck
      }
    return Self.lasting(&shaft) { .shaft(fault, on: $0) }
  }

  /// A line through which nothing or little gets, or a sensor of the pressure that says so, for a while.
  private mutating func lineEvent() -> [Scenario.Event] {
    let fault: Scenario.LineFault =
      switch line.number(0...4) {
      case 0, 1: .occlusion(permille: 1_000)
      case 2: .occlusion(permille: line.number(500...999))
      case 3: .pressureFails
      default: .pressureStuck
      }
    return Self.lasting(&line) { .line(fault, on: $0) }
  }

  private static func lasting(
    _ chance: inout SplitMix64, _ action: (Bool) -> Scenario.Action
  ) -> [Scenario.Event] {
    let begin = Nanoseconds(chance.number(0...Self.duration.count - 1))
    let end = begin + Nanoseconds(chance.magnitude(1_000_000_000...20_000_000_000_000))
    return [Scenario.Event(at: begin, action(true)), Scenario.Event(at: end, action(false))]
  }

  /// Twice a day somebody looks after a pump that stands.
  private mutating func tidying() -> [Scenario.Event] {
    (0..<14).flatMap { half in
      let at = Nanoseconds.hours(12 * Int64(half) + 1)
      return [
        Scenario.Event(at: at, .ask(.acknowledge)), Scenario.Event(at: at, .ask(.resume)),
      ]
    }
  }
}
