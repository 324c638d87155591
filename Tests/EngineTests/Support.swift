import CHardware
import DosingCore
import Engine
import Hardware
import Plant
import Quantities
import Testing

// MARK: Rigs and therapies

extension Rig {
  /// A head of which a step is 15.625 nL, and so fast that nine ticks of ten may step.
  static func fast(tickMilliseconds: Int64) -> Rig {
    let ticksPerDay = 86_400_000 / tickMilliseconds
    return Rig(
      tick: Nanoseconds(tickMilliseconds * 1_000_000),
      pump: PumpHead(
        volumePerRevolution: Volume(picolitres: 50_000_000), stepsPerRevolution: 3200,
        minRate: FlowRate(picolitresPerDay: 48_000_000),
        maxRate: FlowRate(picolitresPerDay: 15_625 * ticksPerDay / 10 * 9),
        keepOpenRate: FlowRate(picolitresPerDay: 6_000_000)),
      reservoir: Reservoir(
        volume: Volume(picolitres: 20_000_000_000), low: Volume(picolitres: 3_000_000_000),
        empty: Volume(picolitres: 1_000_000_000)),
      maxVolume1h: nil, maxVolume24h: nil)
  }

  /// The dose rate, at the concentration of `Prescription.fast`, that makes a step every `ticks` ticks.
  func aStep(every ticks: Int64) -> DoseRate {
    // A step is 7.8125 ng, a day has 86,400,000 ms.
    DoseRate(nanogramsPerDay: 675_000_000 / (tick.count / 1_000_000 * ticks))
  }
}

/// 1280 steps.
let smallBolus = Mass(nanograms: 10_000)

extension Prescription {
  /// At 500 ug/mL, with limits far above the rates of these tests.
  private static func fast(_ mode: BasalMode, safeBasal: DoseRate) -> Prescription {
    var order = Prescription(
      patient: Label(utf8: "BENCH-01".utf8) ?? .none, drug: Label(utf8: "baclofen".utf8) ?? .none,
      concentration: Concentration(nanogramsPerMillilitre: 500_000), mode: mode,
      maxDose1h: Mass(nanograms: 100_000_000), maxDose24h: Mass(nanograms: 2_000_000_000))
    order.safeBasal = safeBasal
    order.patientBolus = PatientBolus(
      dose: smallBolus, duration: .minutes(1), lockout: .minutes(1), maxIn24h: 4)
    return order
  }

  static func continuous(_ rate: DoseRate) -> Prescription {
    var order = fast(.continuous, safeBasal: rate)
    order.setContinuous(rate)
    return order
  }

  /// Two rates that take turns every minute of the first ten, every day.
  static func flex(_ first: DoseRate, _ second: DoseRate) -> Prescription {
    var order = fast(.flex, safeBasal: min(first, second))
    for minute in 0..<10 {
      let step = FlexStep(minute: UInt16(minute), rate: minute % 2 == 0 ? first : second)
      let hasRoom = order.patterns[0].append(step)
      precondition(hasRoom)
    }
    order.patternCount = 1
    return order
  }
}

func therapy(_ order: Prescription, on rig: Rig) throws -> Therapy {
  var findings = Findings()
  let therapy = Therapy(order, on: rig, findings: &findings)
  return try #require(therapy, "\((0..<findings.count).map { findings[$0] })")
}

extension Answer {
  var isAccepted: Bool {
    if case .accepted = self { return true }
    return false
  }

  var reason: RefusalReason? {
    if case .refused(let refusal) = self { return refusal.reason }
    return nil
  }
}

// MARK: A rig and its world

/// The simulated backend with a plant behind it, and what a test asks of both.
@safe final class TestRig: @unchecked Sendable {
  let dosing: Rig
  let hardware: HardwareRig
  private(set) var plant: Plant

  /// - Parameters:
  ///   - seal: what the interlock is sealed with; nil for what the rig allows.
  ///   - loadedSteps: what the interlock is told of the minute before tick 0.
  ///   - epoch: the time of tick 0.
  init(
    _ dosing: Rig, virtualTime: Bool = true, seal: InterlockLimits? = nil, loadedSteps: Int64 = 0,
    epoch: Nanoseconds = .zero
  ) throws {
    self.dosing = dosing
    let hardware = try HardwareRig(
      .simulated(virtualTime: virtualTime), heartbeat: TickLoop.heartbeat)
    self.hardware = hardware
    unsafe plant = Plant(
      world: hardware.world,
      geometry: HeadGeometry(
        microlitresPerRevolution: Double(dosing.pump.volumePerRevolution.picolitres) / 1e6,
        stepsPerRevolution: Int(dosing.pump.stepsPerRevolution)),
      reservoirMicrolitres: Double(dosing.reservoir.volume.picolitres) / 1e6,
      gate: HeartbeatGate(heartbeatNanoseconds: TickLoop.heartbeat.count))
    if loadedSteps > 0 { try hardware.load(.hour, bucket: -1, steps: loadedSteps) }
    if let seal {
      try hardware.seal(seal, epoch: epoch)
    } else {
      try hardware.seal(for: dosing, epoch: epoch)
    }
  }

  func loop(clock: WeekTime = WeekTime(weekday: 0, minute: 0)) -> TickLoop {
    TickLoop(
      core: DosingState(rig: dosing, clock: clock), drive: hardware.drive,
      annunciator: hardware.annunciator)
  }

  func setTime(ofTick number: Int64) {
    hardware.virtualClock.set(Nanoseconds(number * dosing.tick.count))
  }

  /// Steps that the motor really made.
  func motorSteps() -> Int64 {
    plant.observe()
    return Int64(plant.motorSteps)
  }

  /// When the motor made the steps that it made since this was last asked, in ns.
  func stepTimes() -> [Int64] {
    var times: [Int64] = []
    plant.observe { times.append($0) }
    return times
  }

  /// Pulses that turned nothing.
  func idlePulses() -> Int {
    plant.observe()
    return plant.pulsesWithoutMotion
  }

  enum Line {
    case direction, enable, buzzer, lamp
  }

  func isActive(_ line: Line) -> Bool {
    let wire: chw_line =
      switch line {
      case .direction: .CHW_LINE_DIRECTION
      case .enable: .CHW_LINE_ENABLE
      case .buzzer: .CHW_LINE_BUZZER
      case .lamp: .CHW_LINE_LAMP
      }
    return unsafe chw_world_line(hardware.world, wire)
  }

  var heartbeatEdges: Int64 { unsafe chw_world_heartbeat_edges(hardware.world) }
  /// The next pulses fail; below 0 for all, 0 for none.
  func failDrive(times: Int32) { unsafe chw_world_fail_drive(hardware.world, times) }
  /// Pulses on the wire as the interlock counted them, and what it refused while it was shut.
  var pulses: Int64 { unsafe chw_interlock_read_counts(hardware.world).steps }
  var refusedAsShut: Int64 { unsafe chw_interlock_read_counts(hardware.world).refused.3 }
}

extension InterlockLimits {
  /// Limits that bind nothing but what a test names.
  static func only(
    _ rig: Rig, interval: Nanoseconds = .zero, perHour: Int64 = .max, perDay: Int64 = .max
  ) -> InterlockLimits {
    InterlockLimits(
      tick: rig.tick, stepIntervalMin: interval, stepsPerMinuteMax: 60_000,
      stepsPerHourMax: perHour,
      stepsPerDayMax: perDay)
  }
}

/// A tick loop in virtual time that is run tick by tick.
final class TestLoop {
  let rig: TestRig
  private(set) var loop: TickLoop
  private(set) var next: Int64 = 0

  init(_ rig: TestRig, program order: Prescription? = nil) throws {
    self.rig = rig
    loop = rig.loop()
    if let order {
      let answer = ask(.program(try therapy(order, on: rig.dosing)))
      #expect(answer.isAccepted)
    }
  }

  var steps: Int64 { loop.core.account.steps }
  var mode: DeliveryMode { loop.core.mode }
  func deficit(_ reason: Account.Deficit) -> Int128 { loop.core.account.deficit(reason) }
  func isOn(_ code: FaultCode) -> Bool { loop.core.board[code] != nil }

  @discardableResult
  func ask(_ request: Request) -> Answer {
    rig.setTime(ofTick: next)
    return loop.decide(request, at: next)
  }

  @discardableResult
  func tick() -> Decision {
    rig.setTime(ofTick: next)
    next += 1
    return loop.tick(next - 1).decision
  }

  func run(_ ticks: Int64) {
    for _ in 0..<ticks { tick() }
  }

  func skip(_ ticks: Int64) { next += ticks }

  /// Ticks until one steps; false where none of `most` ticks does.
  func runToStep(atMost most: Int = 100_000) -> Bool {
    for _ in 0..<most where tick().steps { return true }
    return false
  }
}

// MARK: Threads

/// Ends a test that would hang. Nothing is measured by it.
let patience = Nanoseconds.seconds(60)

/// Looks every millisecond until `condition` holds; false where patience ends first.
func wait(until condition: () -> Bool) -> Bool {
  let end = RealTime.now + patience
  while !condition() {
    if RealTime.now > end { return false }
    RealTime.sleep(until: RealTime.now + Nanoseconds(1_000_000))
  }
  return true
}
