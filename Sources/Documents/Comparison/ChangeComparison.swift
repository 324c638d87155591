public import DosingCore
internal import Quantities

/// What somebody sees of a change before it is committed, whatever its kind.
public struct ChangeComparison: Sendable {
  public let lines: [String]

  /// Nil where the pump showed something else than was proposed.
  ///
  /// - Parameter warnings: what the pump says of the new one, a sentence each.
  public init?(_ proposed: ProposedChange, _ proposal: ProposalBody, warnings: [String]) {
    guard proposed.kind == proposal.shown.kind else { return nil }
    let digest = proposal.digest.indices.map { proposal.digest[$0] }
    let digestLine = "digest    \(hexadecimal(digest))"
    switch (proposed, proposal.shown) {
    case (.program(let new), .program(let old, _)):
      lines = ProgramComparison(old: old, new: new, warnings: warnings, digest: digest).lines
    case (.clock, .clock(let shown)):
      lines = ClockComparison(shown).lines + ["", digestLine]
    case (.rig(let new), .rig(let old, _)):
      lines = RigComparison(old: old, new: new, warnings: warnings).lines + ["", digestLine]
    case (.new(let said), .new(let shown)): lines = Self.lines(said, shown) + [digestLine]
    case (.supply(let change), .supply(let shown)):
      lines = SupplyComparison(change, shown).lines + [digestLine]
    case (.clear, .clear(let shown)): lines = Self.lines(shown) + [digestLine]
    case (.program, _), (.clock, _), (.rig, _), (.new, _), (.supply, _), (.clear, _): return nil
    }
  }

  private static func lines(_ said: NewBody, _ shown: ShownHistory) -> [String] {
    [
      shown.isCorrection
        ? "corrects what the pump was told before" : "the pump knows nothing of the last 24 h",
      "given in the last 24 h  \(said.deliveredIn24h.shown(decimals: 4)), at most "
        + "\(shown.mostIn24h.shown(decimals: 4)) can have been",
      "of it in the last hour  \(said.deliveredIn1h.shown(decimals: 4)), at most "
        + "\(shown.mostIn1h.shown(decimals: 4)) can have been",
    ]
  }

  private static func lines(_ stop: ShownHardStop) -> [String] {
    func row(_ name: String, _ engine: Int64, _ interlock: Int64) -> String {
      func right(_ number: Int64) -> String {
        let digits = "\(number)"
        return String(repeating: " ", count: max(0, 12 - digits.count)) + digits
      }
      return "\(name)\(right(engine))\(right(interlock)) steps"
    }
    let refused = stop.interlockRefused ? ["the interlock had refused a step before"] : []
    return ["hard stop: pumpctl alarms says why, or the counts below do"] + refused + [
      "              engine   interlock",
      row("last hour", stop.engineHourSteps, stop.interlockHourSteps),
      row("last 24 h", stop.engineDaySteps, stop.interlockDaySteps),
    ]
  }
}
