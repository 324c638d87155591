public import DosingCore
internal import Engine
public import Journal
internal import Quantities

/// A restored pump between its restoration and its first tick.
public struct PumpStart: Sendable {
  public let rig: Rig
  /// The number of the newest commit before, and the generation of the safe-basal record.
  public let commits: Int64
  public let generation: Int64
  /// The time of tick 0, which may lie before this boot.
  public let timeOfTickZero: MachineTime
  /// Who vouches for UTC from this start on.
  let clock: ClockWatch
  /// Whether the pump stands by command.
  public let isStopped: Bool
  private let therapy: Therapy?
  private let started: Started
  /// The extra dose of which the rest is given up; nil for none.
  private let givenUp: DoseEnd?
  /// The tick before the first one.
  private let tick: Int64

  /// - Parameter recorded: the newest commit before; nil for none.
  public init(
    _ pump: consuming RestoredPump, _ reading: ClockReading, after recorded: JournalState?,
    isSimulated: Bool
  ) {
    var pump = pump
    (rig, therapy, tick) = (pump.core.rig, pump.core.therapy, pump.core.now.number)
    (commits, generation) = (pump.commits, pump.generation)
    isStopped = pump.core.board.on[.stopped]
    clock = ClockWatch(after: recorded, start: reading, bootOfTickZero: pump.bootOfTickZero)
    var zero = reading.now.later(by: pump.bootOfTickZero - reading.now.boot)
    zero.utc = clock.utcOfTickZero
    timeOfTickZero = zero
    var writer = RecordWriter()
    pump.core.write(to: &writer)
    var started = Started()
    started.state = writer.array
    started.rig = sha256(of: rig.recordBytes)
    if let therapy { started.prescription = sha256(of: therapy.prescription.recordBytes) }
    started.commits = pump.commits
    started.isPlanned = pump.isPlanned
    started.stepsInDoubt = pump.outcome.stepsInDoubt
    started.ticksNotRunning = pump.ticksNotRunning
    started.discardedExtraDose = pump.outcome.discardedExtraDose
    started.isSimulated = isSimulated
    self.started = started
    let dose = pump.outcome.discardedExtraDose ? pump.core.shownLastDose : nil
    givenUp = dose.map { DoseEnd(kind: $0.kind.rawValue, dose: $0.dose, cancelled: $0.cancelled) }
  }

  /// The state from which the pump goes on: read from the very bytes that are written down, so that a
  /// replay does too. Nil where they cannot be read.
  public func core() -> DosingState? {
    DosingState.restored(from: started.state.span, rig: rig, therapy: therapy)
  }

  /// The record of the order in force; nil for none.
  public var order: [UInt8]? { therapy?.prescription.recordBytes }

  /// The first entries of this start.
  public var entries: [Entry] {
    let time = time(ofTick: tick)
    let contents = [Entry.Content.started(started), givenUp.map { .extraDoseEnded($0) }]
    return contents.compactMap(\.self).map {
      Entry(tick: tick, utc: time.utc, monotonic: time.monotonic, content: $0)
    }
  }

  /// When a tick is, by the clocks of the machine.
  public func time(ofTick tick: Int64) -> MachineTime {
    timeOfTickZero.later(by: tick * rig.tick.count)
  }
}

extension MachineTime {
  fileprivate func later(by length: Int64) -> MachineTime {
    MachineTime(
      utc: utc + length, boot: boot + length, monotonic: monotonic + length, bootID: bootID)
  }
}
