internal import Documents
internal import DosingCore
internal import Durability
internal import Engine
internal import Hardware
internal import Journal
internal import Quantities

/// A pump between its restoration and its first tick: the interlock knows the last 24 h and is sealed.
struct StartedPump: ~Copyable {
  let loop: TickLoop
  let journal: Journal
  let copies: SafeBasalCopies
  let rig: Rig
  /// The deadline of tick 0, which may lie before this boot.
  let epoch: Nanoseconds
  let commits: Int64
  let generation: Int64
  /// The first entry of this start.
  let entry: Entry
  let timeOfTick: @Sendable (Int64) -> MachineTime

  init(
    _ memory: consuming PumpMemory, on hardware: HardwareRig, isSimulated: Bool
  ) throws {
    let now = memory.time.now
    let (journal, copies, page) = (memory.journal, memory.copies, memory.page)
    let pump = memory.pump
    let (rig, therapy) = (pump.core.rig, pump.core.therapy)
    let zero = now.later(by: pump.bootOfTickZero - now.boot)
    try hardware.load(pump.core, early: PumpMemory.firstTickIn)
    try hardware.seal(for: rig, epoch: Nanoseconds(zero.monotonic))

    // The pump goes on from the very bytes that are written down, so that a replay does too.
    let (commits, generation) = (pump.commits, pump.generation)
    var started = Started(pump)
    started.isSimulated = isSimulated
    guard
      let core = DosingState.restored(from: started.state.span, rig: rig, therapy: therapy)
    else { throw Failure(.internalError, "the state that was restored cannot be read again") }
    let period = rig.tick.count
    let before = zero.later(by: core.now.number * period)
    entry = Entry(
      tick: core.now.number, utc: before.utc, monotonic: before.monotonic,
      content: .started(started))
    timeOfTick = { zero.later(by: $0 * period) }
    epoch = Nanoseconds(zero.monotonic)
    self.commits = commits
    self.generation = generation
    self.rig = rig
    self.journal = journal
    self.copies = copies
    loop = TickLoop(
      core: core, drive: hardware.drive, annunciator: hardware.annunciator, page: page)
  }
}

extension Started {
  fileprivate init(_ pump: consuming RestoredPump) {
    self.init()
    var pump = pump
    var writer = FrameWriter()
    pump.core.layout(&writer)
    state = writer.array
    rig = digest(of: pump.core.rig.recordBytes)
    if let therapy = pump.core.therapy {
      prescription = digest(of: therapy.prescription.recordBytes)
    }
    commits = pump.commits
    isPlanned = pump.isPlanned
    stepsInDoubt = pump.outcome.stepsInDoubt
    ticksNotRunning = pump.ticksNotRunning
    discardedExtraDose = pump.outcome.discardedExtraDose
  }
}

extension MachineTime {
  fileprivate func later(by length: Int64) -> MachineTime {
    MachineTime(
      utc: utc + length, boot: boot + length, monotonic: monotonic + length, bootID: bootID)
  }
}
