internal import Documents
internal import DosingCore
internal import Journal
internal import ProgrammerLink

/// The journal of a pump, for looking only. Nothing is held between two calls.
struct JournalReader {
  private let source: any JournalSource
  /// At the moment at which it was opened.
  let head: JournalHead

  /// From the pump where one answers, and from its directory where none runs.
  static func open(
    _ connection: Connection, _ signing: SigningOptions
  ) throws(Failure) -> JournalReader {
    let client: LinkClient
    do {
      client = try connection.connect()
    } catch {
      switch error {
      // No pump can listen at a path that is too long.
      case .nobodyListens where connection.namesDirectory,
        .pathTooLong where connection.namesDirectory:
        return try JournalReader(
          try DirectoryJournal(connection.state, socket: connection.path))
      default: throw connection.failure(error)
      }
    }
    return try JournalReader(LinkJournal(client, connection, signing))
  }

  private init(_ source: any JournalSource) throws(Failure) {
    self.source = source
    head = try source.head()
  }

  func failure(_ code: Documents.ExitCode, _ message: String) -> Failure {
    Failure(code, "\(source.place): \(message)")
  }

  // MARK: Events

  /// The next events behind `id`, as they stand there; none where it is the newest.
  func rows(after id: Int64) throws(Failure) -> [EventRow] {
    try source.rows(after: id, of: []).rows
  }

  func entry(of row: EventRow) throws(Failure) -> NumberedEntry {
    do {
      return try row.numbered
    } catch {
      throw error.failure(source.place)
    }
  }

  /// The same as entries.
  ///
  /// - Parameter kinds: empty for all.
  /// - Returns: also up to which event all of these kinds are known.
  func page(
    after id: Int64, of kinds: some Collection<EntryKind>
  ) throws(Failure) -> (entries: [NumberedEntry], last: Int64) {
    let rows = try source.rows(after: id, of: Set(kinds.map(\.number)))
    var page: [NumberedEntry] = []
    for row in rows.rows { page.append(try entry(of: row)) }
    return (page, rows.last)
  }

  func page(after id: Int64) throws(Failure) -> [NumberedEntry] {
    try page(after: id, of: EmptyCollection<EntryKind>()).entries
  }

  /// See `Journal.newestEvent`.
  func newest(
    of kinds: some Collection<EntryKind>, before later: Int64 = 0, upTo last: Int64 = .max
  ) throws(Failure) -> Int64? {
    try source.newestEvent(of: kinds.map(\.number), before: later, upTo: last)
  }

  private func newestEntry(
    of kind: EntryKind, upTo last: Int64
  ) throws(Failure) -> (id: Int64, content: Entry.Content)? {
    guard let id = try newest(of: [kind], upTo: last), let row = try rows(after: id - 1).first
    else { return nil }
    return (id, try entry(of: row).entry.content)
  }

  /// Looks at every link of the chain, and at its signatures where a key is given.
  func verify(_ verifier: HeadVerifier?) throws(Failure) -> ChainReport {
    var walk = ChainWalk(head, verifier)
    while walk.last < head.newest {
      let rows = try rows(after: walk.last)
      if rows.isEmpty { break }
      for row in rows where row.id <= head.newest {
        guard !walk.take(row) else { continue }
        try expectNothingForgotten()
        return walk.end(hasMore: false)
      }
      if rows.contains(where: { $0.id > head.newest }) { break }
    }
    return try end(of: walk)
  }

  /// What a walk along the whole chain came to.
  func end(of walk: ChainWalk) throws(Failure) -> ChainReport {
    // Behind the newest event stands another where the pump went on, or where somebody put it.
    let hasMore = try !rows(after: head.newest).isEmpty
    if hasMore, try source.head().newest > head.newest { return walk.end(hasMore: false) }
    return walk.end(hasMore: hasMore)
  }

  /// - Throws: where the pump has forgotten events since the journal was opened.
  func expectNothingForgotten() throws(Failure) {
    if try source.head().forgotten == head.forgotten { return }
    throw failure(.unavailable, "the pump has just forgotten its oldest entries; begin again")
  }

  /// The key of the pump, by what the source itself says.
  func pumpKey() throws(Failure) -> ShownKey? { try source.pumpKey() }

  /// The newest commit that anything beside the journal knows of; 0 where there is nothing.
  func commitElsewhere() throws(Failure) -> Int64 { try source.commitElsewhere(of: head.lineage) }

  // MARK: Documents

  func storedDocument(_ digest: [UInt8]) throws(Failure) -> StoredRow? {
    try source.storedDocument(digest)
  }

  func document(_ digest: [UInt8]) throws(Failure) -> [UInt8]? {
    try storedDocument(digest)?.document(digest)
  }

  /// The rig of a start; nil where its record is missing.
  func rig(of started: Started) throws(Failure) -> Rig? {
    try document(started.rig).flatMap { Rig(recordBytes: $0) }
  }

  /// The rig of the newest start up to an entry; nil where it is not known.
  func rig(upTo last: Int64 = .max) throws(Failure) -> Rig? {
    guard case .started(let started)? = try newestEntry(of: .started, upTo: last)?.content
    else { return nil }
    return try rig(of: started)
  }

  /// The rig of the newest commit; nil where there is none.
  func committedRig() throws(Failure) -> Rig? {
    guard let digest = head.rig else { return nil }
    return try document(digest).flatMap { Rig(recordBytes: $0) }
  }

  /// The names of the keys, by the entries up to one.
  func keyNames(upTo last: Int64) throws(Failure) -> KeyNames {
    var (names, last) = (KeyNames(), last)
    while last > 0, let (id, content) = try newestEntry(of: .key, upTo: last) {
      if case .keyChanged(let change) = content { names.learnEarlier(change.key) }
      last = id - 1
    }
    return names
  }
}
