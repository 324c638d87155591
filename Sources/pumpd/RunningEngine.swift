internal import Commissioning
internal import Documents
internal import DosingCore
internal import Durability
internal import Engine
internal import Glibc
internal import Hardware
internal import Journal
internal import Logging
internal import Plant
internal import ProgrammerLink
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
  private let alarms: AlarmPlayer
  private let alarmThread: RealTimeThread
  private let journal: JournalThread
  private let journalThread: RealTimeThread
  private let files: StateFiles
  private let socket = WatchedSocket()

  struct Options {
    /// The state directory.
    var state: String
    var isNew: Bool
    /// Where the pulses of a simulated motor are kept; nil for nowhere.
    var motorTrace: String?
    var priority: Int32
    var groups: LinkGroups
    /// Where its log goes.
    var lines: LineQueue
  }

  init(_ document: RigDocument, _ options: Options) throws {
    let priority = options.priority
    let rig = document.rig
    let isSimulated = document.backend == .simulated
    let label = "\(document.serial.text)\(isSimulated ? " SIMULATED" : "")"
    let log = Logger(label: "pumpd") { _ in LineLog(rig: label, to: options.lines) }
    self.log = log
    log.info("not a medical device; never connect it to a person")

    for warning in PrivateFiles.tighten(options.state) { log.warning("\(warning)") }
    hardware = try document.openHardware(heartbeat: TickLoop.heartbeat)
    if !isSimulated { log.info("\(GPIOChip.libraryVersion)") }
    let identity = IdentityFile(directory: options.state, serial: document.serial)
    let clock = MachineClock(document)
    let files = StateFiles(directory: options.state)
    self.files = files
    if isInMemory(options.state) {
      log.warning("\(options.state) is in memory: what is written down there goes with the power")
    }
    let left = files.removeLeftPages(bootID: clock.reading.now.bootID)
    if left > 0 { log.info("\(left) run pages of dead pumps were removed") }
    let memory = try PumpMemory(document, on: files, at: clock.reading, isNew: options.isNew)
    for remark in memory.remarks { log.info("\(remark)") }
    for warning in memory.warnings { log.warning("\(warning)") }
    let devices = SimulatedBus()
    let world =
      isSimulated
      ? SimulatedWorld(
        of: document, on: hardware, bus: devices, keptIn: files.benchPath, isNew: options.isNew,
        log: log) : nil
    if let trace = options.motorTrace {
      guard world?.keepPulses(path: trace) ?? false else {
        throw Failure(.badInput, "cannot keep the pulses of a simulated motor in \(trace)")
      }
    }
    self.devices = devices
    sensors = try RunningSensors(document, log: log) { unsafe devices.attach(to: $0.world) }

    let start = memory.start
    let post = AlarmPost(at: RealTime.now)
    let loop = try Self.loop(memory, on: hardware, post)
    var blank = Status(serial: document.serial)
    blank.simulated = isSimulated
    // When all is open: what only the start needed is given back first.
    let locked = RealTime.lockMemory()
    if locked != 0 {
      log.warning("memory is not locked (\(Self.text(locked))); ticks may wait for pages")
    }
    let engine = RealTimeEngine(
      loop: loop, commits: start.commits, drive: hardware.drive,
      start: Nanoseconds(start.timeOfTickZero.boot),
      blank: blank, memoryLocked: locked == 0, sensors: sensors?.watch)
    self.engine = engine
    let keeper = Keeper(
      engine.record, journal: memory.journal, copies: memory.copies, start: start,
      signer: HeadSigner(key: identity.identity.id) { [identity = identity.identity] in
        identity.signature(of: $0)
      },
      readClock: { clock.reading }, report: { log.note($0) })
    let socket = socket
    let journal = JournalThread(keeper, record: engine.record, log: log) { socket.look(log) }
    self.journal = journal
    journalThread = try RealTimeThread(name: "journal", priority: 0) { journal.run() }
    let alarms = AlarmPlayer(post, on: hardware.annunciator)
    self.alarms = alarms
    // Whoever hears a pulse does not measure it, and the tick comes first.
    alarmThread = try RealTimeThread(name: "alarms", priority: 0) { alarms.run() }
    let hands = world == nil ? nil : BenchHands()
    desk = LinkDesk(
      engine: engine, keeper: keeper, hardware: hardware, rig: start.rig,
      history: memory.journal.lineage, identity: identity.identity,
      verifier: memory.verifier(serial: document.serial, groups: options.groups),
      counts: memory.link.counts,
      carryOut: {
        let label = engine.status.read().refill.announced
        hands?.append(BenchHands.Work(change: $0, label: label))
      },
      log: { log.info("\($0)") })
    if let warning = identity.warning { log.warning("\(warning)") }

    housekeeping = Housekeeping(
      engine: engine, desk: desk, hardware: hardware, world: world, hands: hands, log: log)
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
  }

  /// From here on the socket is made again where somebody takes it away; nil before its server goes.
  func watch(_ watch: SocketWatch?) { socket.watch(watch) }

  /// Ends the tick, then the world; the lines are safe when the hardware is freed.
  func end() {
    engine.end()
    thread.join()
    alarms.end()
    alarmThread.join()
    journal.end()
    journalThread.join()
    // What the next start has to know stands in the journal.
    if journal.isComplete { files.removeRunMemory() }
    sensors?.end()
    housekeeping.end()
    log.info("ended")
  }

  private static func loop(
    _ memory: PumpMemory, on hardware: HardwareRig, _ alarms: AlarmPost
  ) throws -> TickLoop {
    do {
      return try memory.loop(on: hardware, alarms: alarms)
    } catch is PumpMemory.Unreadable {
      throw Failure(.internalError, "the state that was restored cannot be read again")
    }
  }

  private static func text(_ errno: Int32) -> String { unsafe String(cString: strerror(errno)) }
}
