internal import Documents
internal import DosingCore
internal import Journal
internal import ProgrammerLink

/// The journal of a pump that runs, page by page over the link.
final class LinkJournal: JournalSource {
  private let connection: Connection
  private let signing: SigningOptions
  private var client: LinkClient
  /// The pump that answered first.
  private var serial: Label?

  var place: String { connection.path }

  init(
    _ client: consuming LinkClient, _ connection: Connection, _ signing: SigningOptions
  ) {
    self.client = client
    (self.connection, self.signing) = (connection, signing)
  }

  // MARK: Pages

  /// Whoever reads may take longer than a pump waits for its clients: then another connection is made, once.
  private func page(_ asked: AskRecordsBody) throws(Failure) -> RecordsBody {
    do {
      return try pageOnce(asked)
    } catch .noAnswer, .system {
      do {
        client = try connection.connect()
        return try pageOnce(asked)
      } catch {
        throw connection.failure(error)
      }
    } catch {
      throw connection.failure(error)
    }
  }

  private func pageOnce(_ asked: AskRecordsBody) throws(LinkError) -> RecordsBody {
    let answered = try client.ask(.askRecords, asked)
    switch answered.reply {
    case .records(let page):
      try check(answered)
      return page
    case .rejected(let fault): throw .rejected(fault)
    default: throw .badAnswer
    }
  }

  /// As with a status: who does not trust the pump's key yet reads, too, and is told.
  private func check(_ answered: LinkClient.Answered) throws(LinkError) {
    let answering = answered.seal.serial
    guard answering == serial ?? answering else { throw .notThePump }
    if let pump = signing.key(of: answering) {
      guard answered.isFrom(pump) else { throw .notThePump }
    } else if serial == nil {
      complain(
        "pumpctl: the key of pump \(answering.text) is not known here, so nobody vouches for what "
          + "follows; see pumpctl key trust")
    }
    serial = answering
  }

  private func read<Value>(_ look: (PagedJournal) throws -> Value) throws(Failure) -> Value {
    do {
      return try look(PagedJournal { try self.page($0) })
    } catch let failure as Failure {
      throw failure
    } catch let error as JournalError {
      throw error.failure(place)
    } catch {
      throw Failure(.internalError, "\(place): \(error)")
    }
  }

  // MARK: JournalSource

  func head() throws(Failure) -> JournalHead {
    let head = try read { try $0.head() }
    guard let serial, head.serial == serial.text else { throw connection.failure(.notThePump) }
    return head
  }

  func rows(after id: Int64, of kinds: Set<UInt8>) throws(Failure) -> EventRows {
    try read { try $0.rows(after: id, of: kinds) }
  }

  func storedDocument(_ digest: [UInt8]) throws(Failure) -> StoredRow? {
    try read { try $0.storedDocument(digest) }
  }

  func newestEvent(
    of kinds: [UInt8], before later: Int64, upTo last: Int64
  ) throws(Failure) -> Int64? {
    try read { try $0.newestEvent(of: kinds, before: later, upTo: last) }
  }

  func pumpKey() throws(Failure) -> ShownKey? {
    do throws(LinkError) {
      let answered = try client.ask(.askKeys)
      guard case .keys(let keys) = answered.reply, let key = VerifyingKey(bytes: keys.pumpKey),
        answered.isFrom(key)
      else { throw LinkError.notThePump }
      return ShownKey(key: key, place: place)
    } catch {
      throw connection.failure(error)
    }
  }

  /// A pump that runs has looked at it itself.
  func commitElsewhere(of lineage: [UInt8]) throws(Failure) -> Int64 { 0 }
}
