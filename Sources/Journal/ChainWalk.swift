/// A walk along the whole chain, link by link: first what was kept of the events that were pushed out, class
/// by class, then all of the newest.
public struct ChainWalk {
  private let ends: Chain
  /// What of that was kept as far as the walk has come.
  private var kept = Archives()
  private var keptIsWhole = false
  /// The newest event that was walked over of those that are all there, and its hash.
  private var id: Int64
  private var hash: [UInt8]
  private var report = ChainReport()
  private var signatures: SignatureWalk?
  private let isSettled: Bool
  /// The newest event that was walked over; 0 for none.
  public private(set) var last: Int64 = 0

  /// - Parameters:
  ///   - head: says where the chain begins, and where it ends.
  ///   - verifier: the key of the pump; nil where nobody's signatures are looked at.
  public init(_ head: JournalHead, _ verifier: HeadVerifier? = nil) {
    ends = head.chain
    isSettled = head.isSettled
    signatures = verifier.map { SignatureWalk($0, head) }
    (id, hash) = (ends.forgotten, ends.forgottenHash)
    report.first = id + 1
    for retention in Retention.allCases {
      let begin = ends.archives[retention]
      kept[retention].forgotten = begin.forgotten
      kept[retention].forgottenHash = begin.forgottenHash
      kept[retention].newestHash = begin.forgottenHash
    }
  }

  /// The next event of the chain. Returns whether all up to it are linked.
  @discardableResult
  public mutating func take(_ row: EventRow) -> Bool {
    guard report.firstBroken == nil else { return false }
    if row.id <= ends.forgotten {
      takeKept(row)
    } else {
      expectKeptIsWhole()
      takeNewest(row)
    }
    if report.firstBroken == nil { last = row.id }
    return report.firstBroken == nil
  }

  private mutating func takeKept(_ row: EventRow) {
    guard row.id > last, let retention = Retention(row),
      row.hash(after: kept[retention].newestHash) == row.hash
    else {
      report.firstBroken = row.id
      return
    }
    kept[retention].newestHash = row.hash
    kept[retention].count += 1
    report.kept += 1
    signatures?.takeKept(row)
  }

  private mutating func takeNewest(_ row: EventRow) {
    guard report.firstBroken == nil else { return }
    id += 1
    let before = hash
    hash = row.hash(after: before)
    guard row.id == id, hash == row.hash else {
      report.firstBroken = id
      return
    }
    report.events += 1
    signatures?.take(row, after: before)
  }

  /// The newest of them may be missing.
  private mutating func expectKeptIsWhole() {
    if keptIsWhole { return }
    keptIsWhole = true
    if kept != ends.archives { report.firstBroken = report.firstBroken ?? ends.forgotten }
  }

  /// What was found, behind the newest event.
  ///
  /// - Parameter hasMore: there is one behind that which the head says is the newest.
  public func end(hasMore: Bool) -> ChainReport {
    var walk = self
    walk.expectKeptIsWhole()
    var report = walk.report
    if report.firstBroken == nil, hasMore || id != ends.newest || hash != ends.newestHash {
      report.firstBroken = id + 1
    }
    report.signatures = signatures?.end(of: ends, isSettled: isSettled)
    return report
  }
}

/// What a look at the whole chain found.
public struct ChainReport: Equatable, Sendable {
  /// Events that are linked, of the newest ones.
  public var events: Int64 = 0
  /// The oldest of those. From there on all are there.
  public var first: Int64 = 0
  /// Events before it that were kept, and are linked.
  public var kept: Int64 = 0
  /// The first event whose link is broken; nil where none is.
  public var firstBroken: Int64?
  /// Nil where no signature was looked at.
  public var signatures: SignatureReport?
}
