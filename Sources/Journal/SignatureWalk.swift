public import DosingCore

/// Tells whose signature a signed head has.
public struct HeadVerifier: Sendable {
  let key: KeyID
  let isSigned: @Sendable (_ bytes: [UInt8], _ signature: [UInt8]) -> Bool

  /// - Parameters:
  ///   - key: of the pump that is trusted.
  ///   - isSigned: whether that key signed these bytes.
  public init(
    key: KeyID, isSigned: @escaping @Sendable (_ bytes: [UInt8], _ signature: [UInt8]) -> Bool
  ) {
    (self.key, self.isSigned) = (key, isSigned)
  }
}

/// What the signatures of a chain say of it.
public struct SignatureReport: Equatable, Sendable {
  /// What speaks against a chain in which every link holds.
  public enum Fault: Equatable, Sendable {
    /// No event is signed at all: it was written by a version before signatures, or they were taken out.
    case unsigned
    /// The signature in this event does not fit what stands before it.
    case rewritten(Int64)
    /// Signed by another key, and by the trusted one nowhere behind it.
    case otherKey(KeyID, event: Int64)
    /// It begins elsewhere, or holds other old events, than the newest signature says.
    case beginIsCut(signed: Int64)
    /// It says that the engine ended in order, and does not end with the signature of that.
    case endIsCut
    /// More was written behind the newest signature than a pump leaves unsigned.
    case tailIsUnsigned
  }

  /// The newest signature of the trusted key.
  public struct Newest: Equatable, Sendable {
    /// The event that it stands in.
    public var id: Int64
    public var utc: Int64
    public var head: SignedHead
  }

  /// Signatures of the trusted key.
  public var signatures: Int64 = 0
  /// Those of other keys before the newest of them: the pump had another key then.
  public var others: Int64 = 0
  public var newest: Newest?
  /// Events behind that one.
  public var behind: Int64 = 0
  public var fault: Fault?

  public init() {}
}

/// Looks at the signatures of a chain on a walk along it.
struct SignatureWalk {
  private let verifier: HeadVerifier
  private let serial: [UInt8]
  private let lineage: [UInt8]
  private var report = SignatureReport()
  /// The newest signature of another key behind the newest of the trusted one.
  private var other: (key: KeyID, event: Int64, count: Int64)?
  /// The newest start or signature, and the newest event, by CLOCK_MONOTONIC in ns.
  private var since: Int64 = 0
  private var newest: Int64 = 0

  /// A pump signs every hour, or with the next commit after it, which it makes every ten minutes at the least.
  private static let unsignedMax: Int64 = 2 * 3_600_000_000_000

  init(_ verifier: HeadVerifier, _ head: JournalHead) {
    (self.verifier, serial, lineage) = (verifier, Array(head.serial.utf8), head.lineage)
  }

  /// An event of those that were kept: its own signature is all that can still be held against it.
  mutating func takeKept(_ row: EventRow) {
    guard case .signed(let head)? = row.entry?.content else { return }
    take(head, row, isLinked: true)
  }

  /// - Parameter before: the hash of the event before it.
  mutating func take(_ row: EventRow, after before: [UInt8]) {
    newest = row.monotonic
    guard let entry = row.entry else { return }
    switch entry.content {
    case .started: since = row.monotonic
    case .signed(let head):
      take(head, row, isLinked: head.event == row.id - 1 && head.hash == before)
    default: break
    }
  }

  private mutating func take(_ head: SignedHead, _ row: EventRow, isLinked: Bool) {
    guard head.key == verifier.key else {
      other = (head.key, row.id, (other?.count ?? 0) + 1)
      return
    }
    let isOwn = head.serial == serial && head.lineage == lineage && isLinked
    guard isOwn, verifier.isSigned(head.signedBytes(in: row.timed), head.signature) else {
      report.fault = report.fault ?? .rewritten(row.id)
      return
    }
    report.signatures += 1
    report.others += other?.count ?? 0
    (other, since) = (nil, row.monotonic)
    report.newest = SignatureReport.Newest(id: row.id, utc: row.utc, head: head)
  }

  func end(of chain: Chain, isSettled: Bool) -> SignatureReport {
    var report = report
    report.behind = chain.newest - (report.newest?.id ?? chain.forgotten)
    report.fault = report.fault ?? fault(of: chain, isSettled: isSettled)
    return report
  }

  private func fault(of chain: Chain, isSettled: Bool) -> SignatureReport.Fault? {
    if let other { return .otherKey(other.key, event: other.event) }
    guard let signed = report.newest else { return .unsigned }
    let head = signed.head
    let begins =
      head.forgotten == chain.forgotten && head.forgottenHash == chain.forgottenHash
      && head.archives == chain.archives.digest
    if !begins { return .beginIsCut(signed: head.forgotten + 1) }
    if isSettled, !head.isEnd || signed.id != chain.newest { return .endIsCut }
    return newest - since > Self.unsignedMax ? .tailIsUnsigned : nil
  }
}

extension EventRow {
  /// Nil where this version cannot read it.
  fileprivate var entry: Entry? { (try? numbered)?.entry }

  /// Its time, whatever it says.
  fileprivate var timed: Entry {
    Entry(tick: tick, utc: utc, monotonic: monotonic, content: .ended)
  }
}
