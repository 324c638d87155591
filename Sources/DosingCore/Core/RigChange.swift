internal import Quantities

/// Another rig for a pump that exists, and the order in force as it is on that rig.
public struct RigChange: Sendable, BitwiseCopyable {
  public let rig: Rig
  /// Nil where nothing is ordered.
  let order: Therapy?

  /// Nil where the rig, or the order on it, is not valid; `findings` says why.
  ///
  /// - Parameter order: what is in force; nil for nothing.
  public init?(_ rig: Rig, order: Prescription?, findings: inout Findings) {
    let errorsBefore = findings.errors
    rig.check(into: &findings)
    guard findings.errors == errorsBefore else { return nil }
    self.rig = rig
    guard let order else {
      self.order = nil
      return
    }
    guard let therapy = Therapy(order, on: rig, findings: &findings) else { return nil }
    self.order = therapy
  }
}

extension DosingState {
  /// What stands against another rig; nil where it may run. The history is counted in ticks and steps, what
  /// is left since the reservoir was full, and boundaries in the line that they are in: of these a pump keeps
  /// what it has.
  @inline(never)
  mutating func refuses(_ change: RigChange) -> Refusal? {
    if let refusal = rig.refusesReplacement(by: change.rig) { return refusal }
    // Where all of it holds one drug, another length moves no boundary.
    let (old, new) = (rig.line.volume, change.rig.line.volume)
    if new != old, ledger.line.count > 1 {
      return Refusal(.otherLine, limit: old.picolitres, value: new.picolitres)
    }
    guard var order = change.order else { return nil }
    return Admission(
      rig: change.rig, now: now, clock: therapyClock.at(now), mode: mode, board: board
    ).refuses(onOtherRig: &order, inForce: &self.order, &ledger, &doses)
  }

  /// The same pump on another rig, at a start. Nil where something stands against it.
  public func on(_ change: RigChange) -> DosingState? {
    var before = self
    if before.refuses(change) != nil { return nil }
    var record = RecordWriter()
    before.write(to: &record)
    let bytes = record.bytes.span.extracting(first: record.count)
    guard
      var after = DosingState.restored(from: bytes, rig: change.rig, therapy: change.order)
    else { return nil }
    after.set(.otherRig, on: false)
    after.watch()
    after.latch()
    after.attention = after.now
    return after
  }
}

extension Rig {
  func refusesReplacement(by new: Rig) -> Refusal? {
    let isOtherHead =
      new.tick != tick || new.pump.volumePerRevolution != pump.volumePerRevolution
      || new.pump.stepsPerRevolution != pump.stepsPerRevolution
    if isOtherHead { return Refusal(.otherHead) }
    if new.reservoir.volume != reservoir.volume {
      return Refusal(
        .otherReservoir, limit: reservoir.volume.picolitres, value: new.reservoir.volume.picolitres)
    }
    return nil
  }
}
