public import Quantities

/// Body of `FrameKind.proposal`: what the pump would change, and under which name it can be committed.
public struct ProposalBody: FrameBody, Sendable {
  /// SHA-256 over the rig, the order in force and the proposed one.
  public var digest: InlineArray<32, UInt8>
  /// The order in force; nil for none.
  public var old: Prescription?
  /// Warnings about the new one.
  public var findings: Findings

  public init(
    digest: InlineArray<32, UInt8> = InlineArray(repeating: 0), old: Prescription? = nil,
    findings: Findings = Findings()
  ) {
    self.digest = digest
    self.old = old
    self.findings = findings
  }

  public mutating func layout(_ coder: inout some FrameCoder) {
    coder.field(&digest)
    coder.field(&old)
    findings.layout(&coder)
  }
}

/// Body of `FrameKind.clockProposal`: what the therapy clock shows, and would show instead.
public struct ClockProposalBody: FrameBody, Sendable {
  /// SHA-256 over the rig, the order in force, the clock and its change.
  public var digest: InlineArray<32, UInt8>
  /// The order in force; nil for none.
  public var order: Prescription?
  public var clock: WeekTime
  public var utcOffset: Nanoseconds
  public var newClock: WeekTime
  public var newUTCOffset: Nanoseconds

  public init(
    digest: InlineArray<32, UInt8> = InlineArray(repeating: 0), order: Prescription? = nil,
    clock: WeekTime = WeekTime(sinceMonday: .zero), utcOffset: Nanoseconds = .zero,
    newClock: WeekTime = WeekTime(sinceMonday: .zero), newUTCOffset: Nanoseconds = .zero
  ) {
    self.digest = digest
    self.order = order
    self.clock = clock
    self.utcOffset = utcOffset
    self.newClock = newClock
    self.newUTCOffset = newUTCOffset
  }

  public mutating func layout(_ coder: inout some FrameCoder) {
    coder.field(&digest)
    coder.field(&order)
    coder.field(&clock)
    coder.field(utcOffset: &utcOffset)
    coder.field(&newClock)
    coder.field(utcOffset: &newUTCOffset)
  }
}

extension FrameCoder {
  /// A flag, and the prescription where there is one.
  fileprivate mutating func field(_ order: inout Prescription?) {
    var isThere = order != nil
    field(&isThere)
    var known = order ?? .blank
    if isThere { known.layout(&self) }
    order = isThere ? known : nil
  }

  fileprivate mutating func field(_ time: inout WeekTime) {
    var sinceMonday = time.sinceMonday
    field(&sinceMonday)
    if sinceMonday >= WeekTime.week { fail() }
    time = WeekTime(sinceMonday: sinceMonday)
  }
}

/// Body of `FrameKind.commit`: the digest that the pump answered to the proposal.
public struct CommitBody: FrameBody, Sendable {
  public var digest: InlineArray<32, UInt8>

  public init(digest: InlineArray<32, UInt8> = InlineArray(repeating: 0)) { self.digest = digest }

  public mutating func layout(_ coder: inout some FrameCoder) {
    coder.field(&digest)
  }
}
