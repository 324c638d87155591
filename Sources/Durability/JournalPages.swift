public import DosingCore
internal import Journal
internal import Synchronization

/// Questions about the journal on their way from the link thread to the journal thread, and the pages that
/// answer them on their way back. Neither waits for the other.
public final class JournalPages: Sendable {
  /// As many questions may be on their way.
  public static let questionsMax = 8
  /// So many pages are read in a turn of the journal thread: what is to be made durable waits meanwhile.
  static let pagesInATurn = 4

  /// Names a question.
  public struct Ticket: Hashable, Sendable { fileprivate let number: Int64 }

  /// What came of a question.
  public enum Outcome: Sendable {
    case page(RecordsBody)
    case unreadable

    public var page: RecordsBody? { if case .page(let page) = self { page } else { nil } }
  }

  private struct Kept {
    var newest: Int64 = 0
    /// Oldest first.
    var asked: [(ticket: Ticket, question: AskRecordsBody)] = []
    var answered: [Ticket: Outcome] = [:]
  }

  private let kept = Mutex(Kept())

  public init() {}

  // MARK: The link thread

  /// Nil where too many are on their way.
  public func ask(_ question: AskRecordsBody) -> Ticket? {
    kept.withLock { kept in
      guard kept.asked.count + kept.answered.count < Self.questionsMax else { return nil }
      kept.newest += 1
      let ticket = Ticket(number: kept.newest)
      kept.asked.append((ticket, question))
      return ticket
    }
  }

  /// What came of a question, once; nil before.
  public func take(_ ticket: Ticket) -> Outcome? {
    kept.withLock { $0.answered.removeValue(forKey: ticket) }
  }

  /// Nobody waits for the answer any more.
  public func forget(_ ticket: Ticket) {
    kept.withLock { kept in
      kept.asked.removeAll { $0.ticket == ticket }
      kept.answered[ticket] = nil
    }
  }

  // MARK: The journal thread

  /// Answers the oldest questions, as many as a turn has room for. Returns how many.
  ///
  /// - Parameter journal: nil where none can be read.
  func answer(from journal: Journal?) -> Int {
    for count in 0..<Self.pagesInATurn {
      guard let (ticket, question) = kept.withLock({ $0.asked.first }) else { return count }
      // While it is read, nobody is kept from asking.
      let outcome =
        (try? journal?.page(question)).flatMap(\.self).map { Outcome.page($0) } ?? .unreadable
      kept.withLock { kept in
        // It may have been forgotten meanwhile.
        guard let index = kept.asked.firstIndex(where: { $0.ticket == ticket }) else { return }
        kept.asked.remove(at: index)
        kept.answered[ticket] = outcome
      }
    }
    return Self.pagesInATurn
  }
}
