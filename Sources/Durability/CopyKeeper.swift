internal import DosingCore
internal import Engine
internal import Journal

/// Keeps the safe-basal record as what was committed says: written anew with each start, end, stop, commit of
/// an order, begin and end of an extra dose, and when something else is in the reservoir or the line.
struct CopyKeeper {
  private var copies: SafeBasalCopies
  private let rig: [UInt8]
  private let serial: String
  private(set) var generation: Int64
  /// This start has not written them yet.
  private var isFirst = true

  init(_ copies: SafeBasalCopies, rig: [UInt8], serial: String, generation: Int64) {
    (self.copies, self.rig, self.serial, self.generation) = (copies, rig, serial, generation)
  }

  var hasDamage: Bool { copies.hasDamage }
  var failure: JournalError? { copies.failure }

  /// The generation of the record that belongs to a commit; the one of now where nothing changes in it.
  func generation(after proposal: CommitProposal, lineage: [UInt8]) -> Int64 {
    let holds = copies.record?.holds(
      isStopped: proposal.isStopped, isHardStopped: proposal.isHardStopped, lineage: lineage,
      rig: rig, prescription: proposal.prescriptionBytes ?? [], doseChange: proposal.doseChange,
      held: proposal.held.array)
    let isNew =
      isFirst || proposal.isSettled || generation != copies.record?.generation || holds != true
    return isNew ? max(generation, copies.record?.generation ?? 0) + 1 : generation
  }

  /// After the commit is durable, with the generation that it holds.
  ///
  /// - Throws: where neither copy can be written.
  mutating func follow(
    _ proposal: CommitProposal, generation next: Int64, lineage: [UInt8]
  ) throws(JournalError) {
    defer { generation = next }
    guard isFirst || next != copies.record?.generation else { return }
    try copies.write(
      SafeBasalRecord(
        generation: next, lineage: lineage, isStopped: proposal.isStopped,
        isHardStopped: proposal.isHardStopped, rig: rig,
        prescription: proposal.prescriptionBytes, tick: proposal.tick,
        leaseEnd: proposal.leaseEnd, serial: serial, commit: proposal.commit,
        doseChange: proposal.doseChange, held: proposal.held.array,
        steps: proposal.account.steps, stepsInDoubt: proposal.stepsInDoubt))
    isFirst = false
  }

  /// A stop is kept even where the journal cannot be written, or the tick proposes nothing: the copies need
  /// no space, and no tick.
  mutating func keepStop(isHardStopped: Bool, durableCommit: Int64) {
    guard let old = copies.record, !old.isStopped || (isHardStopped && !old.isHardStopped) else {
      return
    }
    var stopped = old
    // One of the copies may hold it even where the write fails: what comes later has to be newer.
    generation = max(generation, old.generation) + 1
    stopped.generation = generation
    stopped.isStopped = true
    stopped.isHardStopped = old.isHardStopped || isHardStopped
    stopped.commit = max(old.commit, durableCommit)
    try? copies.write(stopped)
  }

  /// Tries once more what could not be written.
  mutating func mend() { copies.mend() }
}
