internal import DosingCore
public import Journal
internal import Quantities

/// The decisions of a journal, made once more by the core from what it was given.
///
/// Each start begins with the state that was written down; from there on the core gets the same leases,
/// requests, gaps and refusals, in the same ticks, and has to decide the same.
public struct Replay: ~Copyable {
  /// How far it came, and whether all was as recorded.
  public struct Report: Equatable, Sendable {
    public var starts = 0
    public var ticks: Int64 = 0
    /// Steps, answers, alarms, changes of basal and commits that were the same.
    public var decisions: Int64 = 0
    /// Entries before the first start that is still there, behind a hole in the record, and of starts of an
    /// earlier version.
    public var entriesSkipped: Int64 = 0
    /// The newest tick that was recorded, and its UTC in ns.
    public var lastTick: Int64 = 0
    public var lastUTC: Int64 = 0
    public var difference: Difference?
  }

  /// The first thing that was not as recorded.
  public struct Difference: Error, Equatable, Sendable {
    public var tick: Int64
    public var field: String
    public var recorded: String
    public var replayed: String
  }

  private let journal: Journal
  private var report = Report()
  private var current: ReplayedRun?

  public init(_ journal: Journal) { self.journal = journal }

  /// - Throws: what is wrong with the journal. A difference is in the report.
  public consuming func run() throws -> Report {
    var replay = self
    do {
      try replay.visitAll()
    } catch let difference as Difference {
      replay.report.difference = difference
    }
    replay.endRun()
    return replay.report
  }

  private mutating func visitAll() throws {
    let journal = journal
    // Of those before it only some are kept.
    try journal.forEachEntry(after: journal.newestForgotten) { _, entry in
      try visit(entry)
      return true
    }
  }

  private mutating func visit(_ entry: Entry) throws {
    report.lastTick = max(report.lastTick, entry.tick)
    report.lastUTC = entry.utc
    if case .started(let started) = entry.content {
      endRun()
      // What an earlier version decided it decided by other rules.
      guard DosingState.isOfNewestLayout(started.state.span) else {
        report.entriesSkipped += 1
        return
      }
      current = try begin(started, at: entry.tick)
      report.starts += 1
    } else if case .eventsLost = entry.content {
      endRun()
      report.entriesSkipped += 1
    } else if current == nil {
      report.entriesSkipped += 1
    } else {
      try current?.visit(entry)
    }
  }

  private mutating func endRun() {
    guard let ended = current.take() else { return }
    report.ticks += ended.ticks
    report.decisions += ended.decisions
  }

  private func begin(_ started: Started, at tick: Int64) throws -> ReplayedRun {
    func missing(_ what: String) -> Difference {
      Difference(tick: tick, field: what, recorded: "a digest", replayed: "no such record")
    }
    guard let rig = try journal.document(started.rig).flatMap({ Rig(recordBytes: $0) }) else {
      throw missing("rig")
    }
    var therapy: Therapy?
    if !started.prescription.isEmpty {
      therapy = try journal.document(started.prescription)
        .flatMap { Prescription(recordBytes: $0) }
        .flatMap { Therapy.inForce($0, on: rig) }
      if therapy == nil { throw missing("prescription") }
    }
    guard
      let core = DosingState.restored(from: started.state.span, rig: rig, therapy: therapy)
    else { throw missing("state") }
    return ReplayedRun(
      core, commits: started.commits, gaveUpDose: started.discardedExtraDose)
  }
}
