internal import Journal
internal import Synchronization

/// What the link thread tells the journal thread, and what it asks of it.
final class LinkNews: Sendable {
  struct News {
    var changes = LinkChanges()
    var entries: [Entry] = []
    var ticket: Int64 = 0
    var isUrgent = false
  }

  private struct Kept {
    var news = News()
    var durableTicket: Int64 = 0
    var order: [UInt8]?
    var stopIsAsked = false
  }

  private static let entriesMax = 10_000

  private let kept: Mutex<Kept>

  init(order: [UInt8]?) { kept = Mutex(Kept(order: order)) }

  func tell(_ changes: LinkChanges, _ entries: [Entry], isUrgent: Bool) -> Int64 {
    kept.withLock {
      $0.news.changes.merge(changes)
      // A journal thread that takes nothing any more: the newest are missed.
      if $0.news.entries.count < Self.entriesMax { $0.news.entries += entries }
      $0.news.ticket += 1
      // Until it is durable: a disk that fails is tried again.
      if isUrgent { $0.news.isUrgent = true }
      return $0.news.ticket
    }
  }

  func take() -> News {
    kept.withLock {
      let news = $0.news
      $0.news.changes = LinkChanges()
      $0.news.entries = []
      return news
    }
  }

  /// Who stopped it is written with it, since no commit may come.
  func askStop() {
    kept.withLock {
      $0.stopIsAsked = true
      $0.news.isUrgent = true
    }
  }

  func takeStop() -> Bool {
    kept.withLock { kept in
      defer { kept.stopIsAsked = false }
      return kept.stopIsAsked
    }
  }

  func isDurable(upTo ticket: Int64) {
    kept.withLock {
      $0.durableTicket = ticket
      if $0.news.ticket == ticket { $0.news.isUrgent = false }
    }
  }

  var durableTicket: Int64 { kept.withLock { $0.durableTicket } }

  var order: [UInt8]? { kept.withLock { $0.order } }

  func setOrder(_ order: [UInt8]?) { kept.withLock { $0.order = order } }
}
