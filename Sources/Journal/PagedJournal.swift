public import DosingCore

/// The journal of a pump that runs, put together from the pages that it gives.
public struct PagedJournal {
  private let ask: (AskRecordsBody) throws -> RecordsBody

  /// A question is asked so often before it is given up for lack of two pages of one moment.
  private static let attempts = 20
  /// No answer is longer.
  private static let bytesMax = 1 << 22

  /// - Parameter ask: gives the page that is asked for, and throws why there is none.
  public init(_ ask: @escaping (AskRecordsBody) throws -> RecordsBody) { self.ask = ask }

  /// - Throws: `JournalError.busy` where it changes faster than it can be read, `.damaged` where what came is
  ///   not what was asked for; and what `ask` throws.
  public func head() throws -> JournalHead {
    var (reader, head) = (ByteReader(try whole(AskRecordsBody(.head))), JournalHead())
    head.layout(&reader)
    guard reader.isComplete else { throw Self.unreadable }
    return head
  }

  /// The next events of some kinds behind `id`; none where there are none yet.
  ///
  /// - Parameter kinds: empty for all.
  public func rows(after id: Int64, of kinds: Set<UInt8> = []) throws -> EventRows {
    var asked = AskRecordsBody(.events)
    (asked.event, asked.kinds) = (id, Self.bits(kinds))
    var changed = 0
    while changed < Self.attempts {
      guard let rows = try rowsOfOneMoment(asked) else {
        changed += 1
        continue
      }
      if !rows.rows.isEmpty || rows.last == asked.event { return rows }
      guard rows.last > asked.event else { throw Self.unreadable }
      asked.event = rows.last
    }
    throw JournalError.busy
  }

  /// Nil where the first of them was forgotten before it was here as a whole.
  private func rowsOfOneMoment(_ question: AskRecordsBody) throws -> EventRows? {
    var asked = question
    let first = try ask(asked)
    var (page, bytes) = (first, [UInt8]())
    if first.count == 0 { return EventRows(rows: [], last: Int64(clamping: first.mark)) }
    while page.mark == first.mark {
      guard page.count > 0, bytes.count < Self.bytesMax else { throw Self.unreadable }
      bytes += page.bytes
      let rows = Self.wholeRows(in: bytes)
      if let oldest = rows.first, let newest = rows.last {
        guard oldest.id > asked.event, newest.id >= oldest.id else { throw Self.unreadable }
        return EventRows(rows: rows, last: newest.id)
      }
      asked.offset = UInt32(clamping: bytes.count)
      page = try ask(asked)
    }
    return nil
  }

  private static func bits(_ kinds: some Sequence<UInt8>) -> UInt64 {
    kinds.reduce(0) { $1 < 64 ? $0 | 1 << UInt64($1) : $0 }
  }

  private static func wholeRows(in bytes: [UInt8]) -> [EventRow] {
    var reader = ByteReader(bytes)
    var rows: [EventRow] = []
    while !reader.isComplete {
      var row = EventRow()
      row.layout(&reader)
      if reader.failed { break }
      rows.append(row)
    }
    return rows
  }

  /// The record with that digest, as its table has it; nil where it is missing or altered.
  public func storedDocument(_ digest: [UInt8]) throws -> StoredRow? {
    var asked = AskRecordsBody(.document)
    for index in asked.digest.indices where index < digest.count {
      asked.digest[index] = digest[index]
    }
    let bytes = try whole(asked)
    if bytes.isEmpty { return nil }
    var (reader, row) = (ByteReader(bytes), StoredRow())
    row.layout(&reader)
    guard reader.isComplete else { throw Self.unreadable }
    return row.document(digest) == nil ? nil : row
  }

  /// See `Journal.newestEvent`.
  public func newestEvent(
    of kinds: [UInt8], before later: Int64 = 0, upTo last: Int64 = .max
  ) throws -> Int64? {
    var asked = AskRecordsBody(.newestEvent)
    (asked.event, asked.later, asked.kinds) = (last, later, Self.bits(kinds))
    while true {
      var (reader, result) = (ByteReader(try whole(asked)), SearchResult())
      result.layout(&reader)
      guard reader.isComplete else { throw Self.unreadable }
      if result.found > 0 { return result.found }
      if result.left == 0 { return nil }
      guard result.left < asked.event else { throw Self.unreadable }
      (asked.event, asked.later) = (result.left, result.later)
    }
  }

  /// All pages of an answer that has an end.
  private func whole(_ question: AskRecordsBody) throws -> [UInt8] {
    for _ in 0..<Self.attempts {
      var (asked, bytes) = (question, [UInt8]())
      let first = try ask(asked)
      var page = first
      while page.mark == first.mark, page.length == first.length {
        bytes += page.bytes
        if bytes.count >= first.length { return bytes }
        guard page.count > 0, bytes.count < Self.bytesMax else { throw Self.unreadable }
        asked.offset = UInt32(clamping: bytes.count)
        page = try ask(asked)
      }
    }
    throw JournalError.busy
  }

  private static let unreadable = JournalError.damaged(
    "what the pump sent is not what was asked for; use programs of one version")
}

extension RecordsBody {
  fileprivate var bytes: [UInt8] { (0..<count).map { self[$0] } }
}

extension StoredRow {
  /// The body of a row of documents; nil where it is not what its digest says.
  public func document(_ digest: [UInt8]) -> [UInt8]? {
    let body = self[blob: "body"]
    return sha256(of: body) == digest ? body : nil
  }
}
