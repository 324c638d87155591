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
    var isThere = old != nil
    coder.field(&isThere)
    if isThere {
      var order = old ?? .blank
      order.layout(&coder)
      old = order
    } else {
      old = nil
    }
    findings.layout(&coder)
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
