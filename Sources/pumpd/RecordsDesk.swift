internal import DosingCore
internal import Durability
internal import Hardware
internal import ProgrammerLink
internal import Quantities

/// Pages of the journal that the link thread owes to programmers. It looks at no disk itself.
struct RecordsDesk {
  private struct Owed {
    let ticket: JournalPages.Ticket
    let question: Question
    let client: ClientID
    let since: Nanoseconds
  }

  private let pages: JournalPages
  private var owed: [Owed] = []

  /// How long a page may take. The journal thread may be busy with a disk that is slow.
  private static let patience = Nanoseconds.seconds(3)

  init(_ pages: JournalPages) { self.pages = pages }

  /// - Throws: `recordsBusy` where as many wait as may.
  mutating func ask(
    _ question: Question, _ frame: Span<UInt8>, _ client: ClientID
  ) throws(FrameFault) {
    var asked = AskRecordsBody()
    try readBody(frame, into: &asked)
    guard let ticket = pages.ask(asked) else { throw .recordsBusy }
    owed.append(Owed(ticket: ticket, question: question, client: client, since: RealTime.now))
  }

  /// The next page that may be told, or nil in its place where the journal could not be read, or not in time.
  mutating func next() -> (question: Question, client: ClientID, page: RecordsBody?)? {
    for index in owed.indices {
      let waiting = owed[index]
      let outcome = pages.take(waiting.ticket)
      guard outcome != nil || RealTime.now - waiting.since > Self.patience else { continue }
      pages.forget(waiting.ticket)
      owed.remove(at: index)
      return (waiting.question, waiting.client, outcome?.page)
    }
    return nil
  }
}
