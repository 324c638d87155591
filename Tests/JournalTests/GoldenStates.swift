import Quantities
import Testing

@testable import DosingCore

/// States of this version, in virtual time, for `Fixtures/layout-2`: how they were made. What was made is
/// read by the tests, and only on demand made again.
enum GoldenStates {
  struct Made {
    let name: String
    let core: DosingState
  }

  /// 50 uL, 3200 steps, 10 ms; and one on which nothing comes out even.
  static let rigs = [rig(50_000_000, 3200, 10), rig(49_700_000, 6400, 20)]

  private static func rig(_ picolitres: Int64, _ steps: Int64, _ milliseconds: Int64) -> Rig {
    Rig(
      tick: .milliseconds(milliseconds),
      pump: PumpHead(
        volumePerRevolution: Volume(picolitres: picolitres), stepsPerRevolution: steps,
        minRate: FlowRate(picolitresPerDay: 48_000_000),
        maxRate: FlowRate(picolitresPerDay: 12_000_000_000),
        keepOpenRate: FlowRate(picolitresPerDay: 6_000_000)),
      reservoir: Reservoir(
        volume: Volume(picolitres: 20_000_000_000), low: Volume(picolitres: 3_000_000_000),
        empty: Volume(picolitres: 1_000_000_000)), maxVolume1h: Volume(picolitres: 500_000_000),
      maxVolume24h: Volume(picolitres: 5_000_000_000))
  }

  static func order(_ mode: BasalMode) -> Prescription {
    var order = Prescription(
      patient: Label(utf8: "BENCH-01".utf8) ?? .none,
      drug: Label(utf8: "baclofen".utf8) ?? .none,
      concentration: Concentration(nanogramsPerMillilitre: 500_000), mode: mode,
      maxDose1h: Mass(nanograms: 60_001), maxDose24h: Mass(nanograms: 600_002))
    if mode == .flex {
      order.patternCount = 1
      _ = order.patterns[0].append(
        FlexStep(minute: 0, rate: DoseRate(nanogramsPerDay: 240_000)))
      _ = order.patterns[0].append(
        FlexStep(minute: 301, rate: DoseRate(nanogramsPerDay: 432_000)))
    } else {
      order.setContinuous(DoseRate(nanogramsPerDay: 300_000))
    }
    order.safeBasal = DoseRate(nanogramsPerDay: 200_000)
    order.patientBolus = PatientBolus(
      dose: Mass(nanograms: 10_000), duration: .minutes(5), lockout: .minutes(10), maxIn24h: 4)
    return order
  }

  static func therapy(_ mode: BasalMode, on rig: Rig) throws -> Therapy {
    var findings = Findings()
    return try #require(Therapy(order(mode), on: rig, findings: &findings))
  }

  private static func pump(_ rig: Int) -> DosingState {
    DosingState(rig: rigs[rig], clock: WeekTime(weekday: 2, minute: 300))
  }

  static func all() throws -> [Made] {
    [
      Made(name: "new", core: pump(0)), Made(name: "waiting", core: try waiting()),
      Made(name: "flex", core: try flex()), Made(name: "stopped", core: try stopped()),
      Made(name: "hard-stop", core: try hardStop()), Made(name: "in-doubt", core: try inDoubt()),
    ]
  }

  /// What was said to be given before is corrected while a bolus runs: that waits to be durable, and is
  /// carried out in what is written.
  private static func waiting() throws -> DosingState {
    var core = pump(0)
    core.loseHistory()
    core.ask(.new(deliveredIn24h: microlitres(300), deliveredIn1h: microlitres(20)))
    core.ask(.program(try therapy(.continuous, on: core.rig)))
    core.run(4_000)
    core.ask(.bolus(dose: Mass(nanograms: 9_999), duration: .minutes(7)))
    core.run(500)
    core.beginLeases(afterCommit: 3)
    core.ask(.new(deliveredIn24h: microlitres(310), deliveredIn1h: microlitres(25)))
    #expect(core.hasWaiting)
    return core.afterWaiting
  }

  private static func flex() throws -> DosingState {
    var core = pump(1)
    core.ask(.program(try therapy(.flex, on: core.rig)))
    core.ask(.patientBolus)
    core.run(47_000)
    core.ask(.patientBolus)
    core.run(777)
    core.weigh(18_765)
    return core
  }

  private static func stopped() throws -> DosingState {
    var core = pump(0)
    core.ask(.program(try therapy(.continuous, on: core.rig)))
    core.run(3_000)
    core.ask(.bolus(dose: Mass(nanograms: 10_007), duration: .minutes(11)))
    core.run(4_321)
    core.ask(.stop)
    core.run(100)
    core.weigh(-12)
    core.ask(
      .supply(SupplyChange(.begin, concentration: Concentration(nanogramsPerMillilitre: 500_000))))
    core.weigh(-13)
    return core
  }

  /// The drive failed for a while, the machine slept, ticks were late; then the interlock had counted
  /// otherwise.
  private static func hardStop() throws -> DosingState {
    var core = pump(1)
    core.ask(.program(try therapy(.continuous, on: core.rig)))
    core.run(2_000, .driveFailed)
    var slept = TickFacts(tick: core.now + TickCount(2_500))
    slept.suspended = .seconds(37)
    core.learn(slept)
    core.run(1_000)
    core.run(2_000, .window(hourSteps: 999, daySteps: 1_999))
    return core
  }

  private static func inDoubt() throws -> DosingState {
    var core = pump(0)
    core.ask(.program(try therapy(.continuous, on: core.rig)))
    core.run(7_000)
    for _ in 0..<4 {
      var facts = Restart(at: core.now + TickCount(1_234), leaseEnd: core.account.steps + 21)
      facts.isOtherRig = true
      _ = core.restart(facts)
    }
    core.run(500)
    core.ask(.program(try therapy(.flex, on: core.rig)))
    return core
  }

  static func microlitres(_ count: Int64) -> Volume { Volume(picolitres: count * 1_000_000) }

  /// What a state says, a line for each field: what the bytes have to be read as.
  static func facts(of core: DosingState) -> [String] {
    var lines = [
      "mode \(core.mode)", "tick \(core.now.number)",
      "clock \(core.clock(at: Tick(0)).sinceMonday.count) \(core.clockIsTrusted)",
      "per step \(core.account.perStep)", "pending \(core.account.pending)",
      "prescribed \(core.account.prescribed)", "steps \(core.account.steps)",
      "extra \(core.account.extra)", "in doubt \(core.stepsInDoubt)",
      "today \(core.ledger.today.ends.number) \(core.ledger.today.delivered(core.account) / core.account.perStep)"
        + " \(core.ledger.today.prescribed(core.account))",
      "missed \(core.ticksMissed)", "basal \(core.basalPerTick)",
      "ceilings \(core.hourStepsMax) \(core.dayStepsMax)", "boluses \(core.patientBolusesIn24h)",
      "allowed \(core.patientBolusAllowedAt?.number ?? -1)",
      "restarts \(hex(bytes(of: core.restarts)))",
      "stated \(core.stated.map { "\($0)" } ?? "nothing")",
    ]
    // Before there were lines nothing was lost for want of drug.
    for reason in Account.Deficit.allCases
    where reason != .noDrug || core.account.deficit(reason) > 0 {
      lines.append("deficit \(reason) \(core.account.deficit(reason))")
    }
    lines += facts(of: core.hour, "hour") + facts(of: core.day, "day")
    let weight = bytes(of: core.weight)
    if weight != bytes(of: ReservoirWeight(showing: nil)) {
      lines.append("weight \(hex(weight))")
    }
    for code in FaultCode.allCases {
      guard let fault = core.board[code] else { continue }
      lines.append("fault \(code) \(fault.priority) since \(fault.raised.number)")
    }
    if let dose = core.extraDose {
      lines.append(
        "runs \(dose.kind) \(dose.units) \(dose.start.number) \(dose.ticks) \(dose.unitsLeft)"
          + " \(dose.ticksLeft) \(dose.unitsLeft(after: 1_003))")
    }
    if let dose = core.lastExtraDose {
      lines.append(
        "ended \(dose.kind) \(dose.units) \(dose.start.number) \(dose.end.number)"
          + " \(dose.discarded)")
    }
    return lines
  }

  private static func bytes(of restarts: RestartTimes) -> [UInt8] {
    var (writer, times) = (RecordWriter(), restarts)
    times.layout(&writer)
    return writer.written
  }

  private static func bytes(of weight: ReservoirWeight) -> [UInt8] {
    var (writer, weight) = (RecordWriter(), weight)
    weight.layout(&writer)
    return writer.written
  }

  private static func facts<let count: Int>(
    of past: RollingWindow<count>, _ name: String
  ) -> [String] {
    var window = past
    return (0..<count).compactMap { back in
      let bucket = window.bucket(back: back)
      guard bucket.steps + bucket.doubts > 0 || bucket.extraUnits > 0 else { return nil }
      return "\(name) \(window.currentNumber - Int64(back)) \(bucket.steps)"
        + " \(bucket.extraUnits) \(bucket.doubts)"
    }
  }
}

extension DosingState {
  fileprivate mutating func run(_ ticks: Int64, _ refusal: StepRefusal? = nil) {
    for _ in 0..<ticks where step(now + TickCount(1)).steps { stepEnded(refusal) }
  }

  fileprivate mutating func weigh(_ milligrams: Int64) {
    var facts = TickFacts(tick: now + TickCount(1))
    facts.samples = SensorReadings()
    facts.samples?.loadCell = SensorReading(.good, value: milligrams)
    learn(facts)
  }

  fileprivate mutating func ask(_ request: Request) {
    let answer = decide(request, at: now + TickCount(1))
    guard case .accepted = answer else {
      Issue.record("\(answer)")
      return
    }
  }
}
