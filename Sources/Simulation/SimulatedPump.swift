public import DosingCore
public import Durability
internal import Engine
public import Hardware
internal import Journal
public import Plant
public import Quantities

/// One start of a pump on a simulated bench, and its life up to its end: engine, bench, and where there is
/// a machine also journal, copies, run page and restoration, all by the code that `pumpd` runs.
public final class SimulatedPump {
  private let hardware: HardwareRig
  private var engine: VirtualEngine
  private var plant: Plant
  private let durable: Durable?
  private let period: Int64
  private let scale: BenchScale?
  private let encoder: BenchEncoder?
  private let pressure: BenchPressure?
  /// The next tick before which the sensors are looked at, and the count of steps at which they are.
  private var looksAt: Int64 = 0
  private var looksAtSteps: Int64 = 0

  /// What makes it durable.
  private final class Durable {
    let machine: SimulatedMachine
    let memory: PumpMemory
    let keeper: Keeper
    let record: TickRecord
    /// The tick after which the journal thread takes its turn; nil while nothing is proposed.
    var turnAt: Int64?
    var lastID: Int64 = 0

    init(_ machine: SimulatedMachine, _ memory: PumpMemory, _ record: TickRecord) {
      (self.machine, self.memory, self.record) = (machine, memory, record)
      keeper = Keeper(
        record, journal: memory.journal, copies: memory.copies, start: memory.start,
        signer: machine.signer, readClock: { machine.clocks }, report: { _ in })
    }
  }

  /// For how long whoever writes waits for the disk; nil where nobody writes but by `turn()`.
  public var storageDelay: Nanoseconds? = .zero

  /// After a failure the storage is tried again so often, as `pumpd` does.
  private static let retry = Nanoseconds.seconds(1)

  /// A new pump of which nothing is made durable.
  ///
  /// - Parameters:
  ///   - clock: the therapy clock in tick 0.
  ///   - head: what the bench is; nil for one of which only volumes matter.
  ///   - scale: what its reservoir hangs on; nil for nothing.
  ///   - encoder: what sits on its shaft; nil for nothing.
  ///   - pressure: what feels the pressure in its line; nil for nothing.
  public init(
    _ rig: Rig, clock: WeekTime, head: PumpHeadTruth? = nil, scale: BenchScale? = nil,
    encoder: BenchEncoder? = nil, pressure: BenchPressure? = nil, skips: Bool = true
  ) throws {
    hardware = try HardwareRig(.simulated(virtualTime: true), heartbeat: TickLoop.heartbeat)
    try hardware.seal(for: rig, epoch: .zero)
    let loop = TickLoop(
      core: DosingState(rig: rig, clock: clock), drive: hardware.drive,
      annunciator: hardware.annunciator)
    engine = VirtualEngine(
      loop: RecordedLoop(loop, record: TickRecord(), commits: nil), clock: hardware.virtualClock,
      skips: skips)
    plant = unsafe Plant(world: hardware.world, head: head ?? Self.newHead(of: rig))
    durable = nil
    period = rig.tick.count
    (self.scale, self.encoder, self.pressure) = (scale, encoder, pressure)
  }

  /// A start on what the machine remembers.
  ///
  /// - Parameters:
  ///   - head: what head and reservoir have come to; nil where they are new.
  ///   - scale: what the reservoir hangs on; nil for nothing.
  ///   - encoder: what sits on the shaft; nil for nothing.
  ///   - pressure: what feels the pressure in the line; nil for nothing.
  ///   - delay: how long it takes from the reading of the memory to the sealing of the interlock.
  public init(
    _ memory: PumpMemory, on machine: SimulatedMachine, head: PumpHeadTruth?,
    scale: BenchScale? = nil, encoder: BenchEncoder? = nil, pressure: BenchPressure? = nil,
    delay: Nanoseconds = .zero, skips: Bool = true
  ) throws {
    let (start, record) = (memory.start, TickRecord())
    machine.pass(delay)
    hardware = try HardwareRig(.simulated(virtualTime: true), heartbeat: TickLoop.heartbeat)
    hardware.virtualClock.set(Nanoseconds(machine.boot))
    let loop = try memory.loop(on: hardware)
    engine = VirtualEngine(
      loop: RecordedLoop(loop, record: record, commits: start.commits),
      clock: hardware.virtualClock, epoch: Nanoseconds(start.timeOfTickZero.boot), skips: skips)
    plant = unsafe Plant(world: hardware.world, head: head ?? Self.newHead(of: start.rig))
    durable = Durable(machine, memory, record)
    period = start.rig.tick.count
    (self.scale, self.encoder, self.pressure) = (scale, encoder, pressure)
    // A start that took long has missed its first ticks.
    let late = (machine.boot - start.timeOfTickZero.boot) / period - engine.next
    if late > 0 { engine.skip(late) }
  }

  private static func newHead(of rig: Rig) -> PumpHeadTruth {
    PumpHeadTruth(
      geometry: geometry(of: rig),
      reservoirMicrolitres: Double(rig.reservoir.volume.picolitres) / 1e6, gate: gate)
  }

  /// A full reservoir and a full line, both of one concentration.
  public static func newHead(of rig: Rig, filledWith concentration: Concentration) -> PumpHeadTruth
  {
    let held = Double(concentration.nanogramsPerMillilitre)
    return PumpHeadTruth(
      geometry: geometry(of: rig),
      reservoir: ReservoirTruth(
        capacityMicrolitres: Double(rig.reservoir.volume.picolitres) / 1e6, concentration: held),
      line: LineTruth(
        microlitres: Double(rig.line.volume.picolitres) / 1e6, concentration: held),
      gate: gate)
  }

  private static func geometry(of rig: Rig) -> HeadGeometry {
    HeadGeometry(
      microlitresPerRevolution: Double(rig.pump.volumePerRevolution.picolitres) / 1e6,
      stepsPerRevolution: Int(rig.pump.stepsPerRevolution))
  }

  private static var gate: HeartbeatGate {
    HeartbeatGate(heartbeatNanoseconds: TickLoop.heartbeat.count)
  }

  // MARK: What it is

  // The state of the core, part by part: whoever takes all of it copies many kilobytes.
  public var now: Tick { engine.loop.loop.core.now }
  public var mode: DeliveryMode { engine.loop.loop.core.mode }
  public var board: FaultBoard { engine.loop.loop.core.board }
  public var account: Account { engine.loop.loop.core.ledger.account }
  public var extraDose: ExtraDose? { engine.loop.loop.core.extraDose }
  public var therapy: Therapy? { engine.loop.loop.core.therapy }
  public var stepsInDoubt: Int64 { engine.loop.loop.core.stepsInDoubt }
  /// What the core counts in the reservoir, and a refill that is under way.
  public var reservoirContents: Volume { engine.loop.loop.core.reservoirContents }
  public var refill: Refill { engine.loop.loop.core.refill }
  public var reservoirIntervals: ReservoirIntervals { engine.loop.loop.core.reservoirIntervals }
  /// All that a person is shown.
  public var status: Status {
    var status = Status(serial: .none)
    var core = engine.loop.loop.core
    core.report(to: &status)
    return status
  }
  public var forecast: Forecast { engine.loop.loop.core.forecast() }
  /// The therapy clock, and whether somebody vouches for it.
  public var clock: WeekTime { engine.loop.loop.core.clock(at: now) }
  public var clockIsTrusted: Bool { engine.loop.loop.core.clockIsTrusted }
  public var ticksMissed: Int64 { engine.loop.loop.core.ticksMissed }
  public var hasWaiting: Bool { engine.loop.loop.core.hasWaiting }
  /// The commits that were to hold the newest request that acts, and the newest that was taken back.
  public var actedCommit: Int64 { engine.loop.loop.core.actedCommit }
  public var takenBackCommit: Int64 { engine.loop.loop.core.takenBackCommit }
  /// What the core counts in its windows, in steps.
  public var hourSteps: Int64 { engine.loop.loop.core.hour.stepsTotal }
  public var daySteps: Int64 { engine.loop.loop.core.day.stepsTotal }

  /// The number of the next tick.
  public var next: Int64 { engine.next }
  /// Something was decided in the next tick: it cannot be missed any more.
  public var tickHasBegun: Bool { engine.hasBegun }
  /// The time of tick 0 on the clock of its bench.
  public var epoch: Nanoseconds { engine.time(ofTick: 0) }
  public var head: PumpHeadTruth { plant.head }
  public var drive: MotorDrive { hardware.drive }
  /// The newest commit that is durable; 0 where nothing is.
  public var durableCommit: Int64 { durable?.keeper.durableCommit ?? 0 }

  // MARK: Living

  /// Decides a request in the next tick.
  ///
  /// - Returns: also the commit that will hold it, and has to be durable before it acts unless it acts at
  ///   once; 0 for none.
  public func ask(_ request: Request) -> (answer: Answer, commit: Int64) {
    lookAtSensors()
    guard let durable else { return engine.decide(request) }
    durable.lastID += 1
    var requested = Requested()
    requested.id = durable.lastID
    requested.frame = request.frame(number: 1).array
    durable.keeper.remember(requested)
    return engine.decide(request, id: requested.id)
  }

  /// Runs every tick up to, but not including, `end`, or until one decides more than to wait.
  ///
  /// Returns that decision and its tick; nil where `end` was reached.
  public func run(until end: Int64) -> (tick: Int64, decision: Decision)? {
    while engine.next < end {
      lookAtSensors()
      let ran = engine.run(until: min(min(end, (durable?.turnAt ?? end) + 1), looksNext))
      if let durable { keep(ran, durable) }
      if let ran { return ran }
    }
    return nil
  }

  private var hasSensors: Bool { scale != nil || encoder != nil || pressure != nil }

  private var looksNext: Int64 { hasSensors ? max(looksAt, engine.next + 1) : .max }

  /// As often as a core may hear of it. It sees of the bench what was observed.
  private func lookAtSensors() {
    guard hasSensors, !engine.hasBegun,
      engine.next >= looksAt || account.steps >= looksAtSteps
    else { return }
    let (ticks, steps) = engine.betweenLooks
    // A shaft that goes by itself is seen as soon as a bus thread would see it.
    let isWild = plant.head.shaft.strayStepsPerDay != 0
    let looks = isWild ? SensorBus.period.count / period : ticks
    looksAt = engine.next + looks
    if account.steps >= looksAtSteps { looksAtSteps = account.steps + steps }
    let now = engine.time(ofTick: engine.next)
    plant.pass(to: now.count)
    var readings = SensorReadings()
    if let scale {
      readings.loadCell = scale.look(plant.reservoirMicrolitres, at: now, engine.loop.loop.core.rig)
    }
    if let encoder { readings.encoder = encoder.look(plant.head, at: now) }
    if let pressure {
      readings.pressure = pressure.look(plant.head.pressure, at: now, engine.loop.loop.core.rig)
    }
    engine.look(readings)
  }

  private func keep(_ ran: (tick: Int64, decision: Decision)?, _ durable: Durable) {
    let machine = durable.machine
    machine.pass(max(.zero, engine.time(ofTick: engine.next - 1) - Nanoseconds(machine.boot)))
    if let ran, ran.decision.wantsCommit, durable.turnAt == nil {
      turnLater(by: storageDelay, durable)
    }
    if let turnAt = durable.turnAt, engine.next > turnAt { turn() }
  }

  /// The journal thread's turn, whenever it was due. Returns whether everything is durable.
  @discardableResult
  public func turn() -> Bool {
    guard let durable else { return true }
    durable.turnAt = nil
    durable.keeper.lookAtClock()
    guard durable.keeper.turn() else {
      if storageDelay != nil { turnLater(by: Self.retry, durable) }
      return false
    }
    if durable.record.proposals.isNew { turnLater(by: storageDelay, durable) }
    return true
  }

  private func turnLater(by delay: Nanoseconds?, _ durable: Durable) {
    guard let delay else { return }
    durable.turnAt = engine.next - 1 + delay.count / period
  }

  /// The tick thread does not run for `count` ticks.
  ///
  /// - Precondition: the next tick has not begun.
  public func skip(_ count: Int64, isSuspended: Bool = false) {
    engine.skip(count, isSuspended: isSuspended)
  }

  /// Lets the bench catch up. Hears the time of every step that the motor made, by tick 0.
  public func observe(_ onStep: (_ nanoseconds: Int64) -> Void) {
    let epoch = epoch.count
    plant.observe { onStep($0 - epoch) }
  }

  /// The same; hears also what left the tip with each step, by plug flow.
  public func observeTip(_ onStep: (_ nanoseconds: Int64, _ nanograms: Double) -> Void) {
    let epoch = epoch.count
    plant.observeTip { onStep($0 - epoch, $1) }
  }

  /// Somebody does something to the bench, whatever he tells the pump.
  public func byHand(_ work: (inout PumpHeadTruth) -> Void) {
    // Until now it was as it was.
    plant.pass(to: engine.time(ofTick: engine.next).count)
    work(&plant.head)
    // The sensors are looked at before the next tick.
    looksAt = 0
  }

  public func failDrive(_ fails: Bool) { plant.failDrive(fails) }
  public func failLine(_ line: Plant.Line, _ fails: Bool) { plant.failLine(line, fails) }

  // MARK: Its end

  /// Leaves the run page as a process does that is killed between a step and the note that it was made.
  public func beUnderWay() {
    var core = engine.loop.loop.core
    durable?.memory.page?.write(core.trace(stepIsUnderWay: true))
  }

  /// Ends in order: what happened becomes durable, as soon as it can.
  public func end() {
    engine.settle()
    guard let durable else { return }
    durable.machine.disk.setFaults()
    while !durable.keeper.turn() {}
    durable.machine.removeRunMemory()
  }
}
