internal import Commissioning
internal import Documents
internal import DosingCore
internal import Engine
internal import Glibc
internal import Hardware
internal import Logging
internal import Plant
internal import Quantities

/// An engine on its rig, from the first tick to the last.
final class RunningEngine {
  let log: Logger
  let desk: LinkDesk
  private let engine: RealTimeEngine
  private let housekeeping: Housekeeping
  private let hardware: HardwareRig
  /// Behind a simulated bus, which it outlives.
  private let devices: SimulatedBus
  private let sensors: RunningSensors?
  private let thread: RealTimeThread

  init(_ document: RigDocument, priority: Int32) throws {
    Signals.catchEnd()
    let rig = document.rig
    let isSimulated = document.backend == .simulated
    let label = "\(document.serial.text)\(isSimulated ? " SIMULATED" : "")"
    let log = Logger(label: "pumpd") { _ in LineLog(rig: label) }
    self.log = log
    log.info("not a medical device; never connect it to a person")

    hardware = try document.openHardware(heartbeat: TickLoop.heartbeat)
    if !isSimulated { log.info("\(GPIOChip.libraryVersion)") }
    let locked = RealTime.lockMemory()
    if locked != 0 {
      log.warning("memory is not locked (\(Self.text(locked))); ticks may wait for pages")
    }
    let devices = SimulatedBus()
    let world = isSimulated ? SimulatedWorld(of: document, on: hardware, bus: devices) : nil
    self.devices = devices
    sensors = try RunningSensors(document, log: log) { unsafe devices.attach(to: $0.world) }

    // Tick 0 comes a little later, so that every thread is there by then.
    let start = hardware.now + .milliseconds(50)
    try hardware.seal(for: rig, epoch: start)
    let core = DosingState(rig: rig, clock: Self.therapyClock())
    let loop = TickLoop(core: core, drive: hardware.drive, annunciator: hardware.annunciator)
    var blank = Status(serial: document.serial)
    blank.simulated = isSimulated
    let engine = RealTimeEngine(
      loop: loop, drive: hardware.drive, start: start, blank: blank,
      memoryLocked: locked == 0, sensors: sensors?.watch)
    self.engine = engine
    desk = LinkDesk(engine: engine, hardware: hardware, rig: rig) { log.info("\($0)") }

    housekeeping = Housekeeping(engine: engine, desk: desk, world: world, log: log)
    housekeeping.start()

    thread = try RealTimeThread(name: "tick", priority: priority) { engine.run() }
    if thread.refusal != 0 {
      let reason = Self.text(thread.refusal)
      log.warning("no SCHED_FIFO (\(reason)): the tick thread is an ordinary one and may be late")
      log.warning("allow real-time priority \(priority) to this user, or start as root")
    } else {
      engine.setGrantedPriority(UInt8(priority))
      log.info("tick thread: every \(rig.tick.count / 1_000_000) ms, SCHED_FIFO \(priority)")
    }
    log.info("a new pump at each start: nothing delivered, windows empty, reservoir full")
  }

  /// Ends the tick, then the world; the lines are safe when the hardware is freed.
  func end() {
    engine.end()
    thread.join()
    sensors?.end()
    housekeeping.end()
    log.info("ended")
  }

  /// The pump's own clock: UTC as the system has it at the start, and the ticks from then on.
  private static func therapyClock() -> WeekTime {
    var now = timespec()
    _ = unsafe clock_gettime(CLOCK_REALTIME, &now)
    // 1 January 1970 was a Thursday.
    return WeekTime(
      sinceMonday: .days(3) + Nanoseconds(Int64(now.tv_sec) * 1_000_000_000 + Int64(now.tv_nsec)))
  }

  private static func text(_ errno: Int32) -> String { unsafe String(cString: strerror(errno)) }
}
