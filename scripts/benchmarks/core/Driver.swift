internal import DosingCore
internal import Glibc
internal import Quantities
internal import ReferenceCore

/// Runs a flex day with a bolus, and with a stronger drug that comes to the tip, tick by tick, through the dosing core or through the C reference, and
/// prints how many steps were made; or asks a core with the longest schedule for what it refuses: for
/// boluses, for boluses that its head is fast enough for in every other hour, or for another program; or
/// reports its status. The rest is for an instruction counter.
///
///     core-benchmark swift|c TICKS
///     core-benchmark boluses|fast-boluses|programs|statuses COUNT
@main
struct Driver {
  /// 13 h after midnight.
  private static let bolusTick: Int64 = 4_680_000
  /// 4 h after midnight: what is filled then is at the tip after 15 h.
  private static let refillTick: Int64 = 1_440_000
  private static let filled = Concentration(nanogramsPerMillilitre: 1_000_000)
  private static let bolusDose = Mass(nanograms: 20_000)
  private static let bolusDuration = Nanoseconds.minutes(30)

  static func main() {
    let arguments = CommandLine.arguments
    guard arguments.count == 3, let ticks = Int64(arguments[2]), ticks > 0 else { usage() }
    switch arguments[1] {
    case "swift": print(runSwift(ticks))
    case "c": print(runC(ticks))
    case "boluses": print(refuse(bolus(.hours(2)), ticks))
    case "fast-boluses": print(refuse(bolus(.minutes(20)), ticks, maxRate: fastBolusRate))
    case "programs": print(refuse(.propose(.program(compiled(turned(), on: rig))), ticks))
    case "statuses": print(report(ticks))
    default: usage()
    }
  }

  private static func usage() -> Never {
    print("usage: core-benchmark swift|c TICKS | boluses|fast-boluses|programs|statuses COUNT")
    exit(64)
  }

  // MARK: What is run

  private static let rig = Rig(
    tick: Nanoseconds(10_000_000),
    pump: PumpHead(
      volumePerRevolution: Volume(picolitres: 50_000_000), stepsPerRevolution: 3200,
      minRate: FlowRate(picolitresPerDay: 48_000_000),
      maxRate: FlowRate(picolitresPerDay: 24_000_000_000),
      keepOpenRate: FlowRate(picolitresPerDay: 6_000_000)),
    reservoir: Reservoir(
      volume: Volume(picolitres: 20_000_000_000), low: Volume(picolitres: 3_000_000_000),
      empty: Volume(picolitres: 1_000_000_000)),
    maxVolume1h: Volume(picolitres: 1_000_000_000), maxVolume24h: Volume(picolitres: 5_000_000_000))

  /// 10 ug/h, from 06:30 18 ug/h, from 22:00 10 ug/h again.
  private static func therapy() -> Therapy {
    guard let patient = Label(utf8: "BENCH-01".utf8), let drug = Label(utf8: "baclofen".utf8) else {
      preconditionFailure("short printable names are labels")
    }
    var order = Prescription(
      patient: patient, drug: drug, concentration: Concentration(nanogramsPerMillilitre: 500_000),
      mode: .flex, maxDose1h: Mass(nanograms: 60_000), maxDose24h: Mass(nanograms: 500_000))
    for (minute, perHour) in [(0, 10), (6 * 60 + 30, 18), (22 * 60, 10)] {
      let rate = DoseRate(nanogramsPerDay: Int64(perHour) * 24_000)
      let hasRoom = order.patterns[0].append(FlexStep(minute: UInt16(minute), rate: rate))
      precondition(hasRoom)
    }
    order.patternCount = 1
    order.safeBasal = DoseRate(nanogramsPerDay: 240_000)
    var findings = Findings()
    guard let therapy = Therapy(order, on: rig, findings: &findings) else {
      preconditionFailure("the prescription fits the rig")
    }
    return therapy
  }

  private static func runSwift(_ ticks: Int64) -> Int64 {
    var state = DosingState(rig: rig, clock: WeekTime(weekday: 0, minute: 0))
    accept(state.decide(.program(therapy()), at: Tick(0)))
    var steps: Int64 = 0
    for number in 0..<ticks {
      if number == refillTick { _ = refill(&state) }
      if number == bolusTick {
        accept(
          state.decide(.bolus(dose: bolusDose, duration: bolusDuration), at: Tick(number)))
      }
      if state.step(Tick(number)).steps { steps += 1 }
    }
    return steps
  }

  /// Returns what the reservoir holds then.
  private static func refill(_ state: inout DosingState) -> Concentration {
    let tick = state.now + TickCount(1)
    for change in [
      // All that a needle reaches.
      SupplyChange(.begin, concentration: filled),
      SupplyChange(.aspirated, volume: rig.reservoir.volume),
      SupplyChange(.filled, volume: Volume(picolitres: 19_000_000_000)),
      SupplyChange(.finish, overrides: true),
    ] {
      accept(state.decide(.supply(change), at: tick))
    }
    var status = Status(serial: .none)
    state.report(to: &status)
    return status.line[status.line.count - 1].concentration
  }

  /// 168 steps a week, no two neighbours alike, and limits that two boluses fill.
  ///
  /// - Parameter first: the rate of the even hours, in ng/d; 240,000 or 264,000. That of the odd ones is
  ///   the other.
  private static func alternating(first: Int64) -> Prescription {
    var order = therapy().prescription
    (order.patterns[0], order.patternCount) = (DayPattern(), 1)
    for hour in 0..<24 {
      let rate = DoseRate(nanogramsPerDay: hour % 2 == 0 ? first : 504_000 - first)
      let hasRoom = order.patterns[0].append(FlexStep(minute: UInt16(hour * 60), rate: rate))
      precondition(hasRoom)
    }
    (order.maxDose1h, order.maxDose24h) = (Mass(nanograms: 40_000), Mass(nanograms: 300_000))
    return order
  }

  /// The other way round, and with less room for what was given in the last day.
  private static func turned() -> Prescription {
    var order = alternating(first: 264_000)
    order.maxDose24h = Mass(nanograms: 280_000)
    return order
  }

  private static func compiled(_ order: Prescription, on rig: Rig) -> Therapy {
    var findings = Findings()
    guard let therapy = Therapy(order, on: rig, findings: &findings) else {
      preconditionFailure("the prescription fits the rig")
    }
    return therapy
  }

  private static func longest(on rig: Rig) -> DosingState {
    var state = DosingState(rig: rig, clock: WeekTime(weekday: 0, minute: 0))
    accept(state.decide(.program(compiled(alternating(first: 240_000), on: rig)), at: Tick(0)))
    for number in Int64(0)..<1_000_000 {
      if number == 1_000 || number == 741_000 {
        accept(state.decide(bolus(.minutes(20)), at: Tick(number)))
      }
      _ = state.step(Tick(number))
    }
    return state
  }

  private static func bolus(_ duration: Nanoseconds) -> Request {
    .bolus(dose: bolusDose, duration: duration)
  }

  /// What 20 ug in 20 min and basal of 240 ug/d need at 500 ug/mL.
  private static let fastBolusRate = FlowRate(picolitresPerDay: 2 * (72 * 20_000 + 240_000) * 1_000)

  /// How often it was refused.
  private static func refuse(_ request: Request, _ count: Int64, maxRate: FlowRate? = nil) -> Int {
    var rig = rig
    if let maxRate { rig.pump.maxRate = maxRate }
    var state = longest(on: rig)
    var refused = 0
    for _ in 0..<count {
      if case .refused = state.decide(request, at: state.now) { refused += 1 }
    }
    return refused
  }

  private static func report(_ count: Int64) -> Int64 {
    var state = longest(on: rig)
    var status = Status(serial: .none)
    for _ in 0..<count { state.report(to: &status) }
    return status.steps
  }

  private static func accept(_ answer: Answer) {
    guard case .accepted = answer else { preconditionFailure("the request is within the limits") }
  }

  private static func runC(_ ticks: Int64) -> Int64 {
    let therapy = therapy()
    let core = UnsafeMutablePointer<reference_core>.allocate(capacity: 1)
    defer { unsafe core.deallocate() }
    unsafe setUp(core, therapy)
    let perNanogram = Int64(therapy.scale.perNanogram)
    let bolusTicks = rig.ticks(bolusDuration)
    // What stays behind mixes: that is worked out once, beside it.
    let strength = mixed()
    let perStep = Int64(therapy.scale.perStep) / 500_000 * strength.nanogramsPerMillilitre
    var steps: Int64 = 0
    for number in 0..<ticks {
      if number == refillTick { unsafe reference_core_refill(core, perStep) }
      if unsafe reference_core_step(core, number) { steps += 1 }
      if number == bolusTick {
        unsafe reference_core_start_bolus(core, bolusDose.nanograms, perNanogram, bolusTicks)
      }
    }
    return steps
  }

  /// What a reservoir holds that was refilled at that time.
  private static func mixed() -> Concentration {
    var state = DosingState(rig: rig, clock: WeekTime(weekday: 0, minute: 0))
    accept(state.decide(.program(therapy()), at: Tick(0)))
    _ = state.step(Tick(refillTick - 1))
    return refill(&state)
  }

  private static func setUp(_ core: UnsafeMutablePointer<reference_core>, _ therapy: Therapy) {
    var setup = reference_setup(
      units_per_step: Int64(therapy.scale.perStep), ticks_per_minute: rig.ticks(.minutes(1)),
      line_steps: rig.steps(in: rig.line.volume),
      hour_steps_max: rig.steps(in: rig.maxVolume1h),
      day_steps_max: rig.steps(in: rig.maxVolume24h),
      units_per_nanogram: Int64(therapy.scale.perNanogram),
      hour_nanograms_max: therapy.prescription.maxDose1h.nanograms,
      day_nanograms_max: therapy.prescription.maxDose24h.nanograms,
      steps_to_low: rig.steps(in: rig.reservoir.volume - rig.reservoir.low),
      steps_to_empty: rig.steps(in: rig.reservoir.volume - rig.reservoir.empty))
    unsafe reference_core_init(core, &setup)
    var tick: Int64 = 0
    while tick < rig.ticks(WeekTime.week) {
      let time = WeekTime(sinceMonday: Nanoseconds(tick * rig.tick.count))
      unsafe reference_core_add_edge(core, tick, Int64(therapy.schedule.unitsPerTick(at: time)))
      tick += therapy.schedule.ticksLeft(at: time)
    }
  }
}
