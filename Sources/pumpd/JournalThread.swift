internal import DosingCore
internal import Durability
internal import Engine
internal import Hardware
internal import Journal
internal import Logging
internal import Quantities
internal import Synchronization

/// The journal thread: makes durable what the tick did, as soon as it is proposed.
final class JournalThread: Sendable {
  let keeper: Keeper
  private let record: TickRecord
  private let ending = Atomic<Bool>(false)
  private let log: Logger

  /// A proposal waits so long at the most. Polled, since the tick thread may not make the system call
  /// that would wake somebody.
  private static let period = Nanoseconds.milliseconds(10)
  /// While somebody reads the journal, page by page.
  private static let readingPeriod = Nanoseconds.milliseconds(1)
  /// Somebody who asks for no page for so long reads no more.
  private static let readingPause = Nanoseconds.milliseconds(100)
  /// After a failure the storage is tried again so often.
  private static let retry = Nanoseconds.seconds(1)
  /// Who vouches for UTC is looked at so often.
  private static let clockPeriod = Nanoseconds.seconds(1)
  /// How long the last word may take.
  private static let patience = Nanoseconds.seconds(5)

  init(_ keeper: Keeper, record: TickRecord, log: Logger) {
    self.keeper = keeper
    self.record = record
    self.log = log
  }

  /// After the tick thread has ended: the journal is closed when everything is durable.
  func end() { ending.store(true, ordering: .releasing) }

  /// The body of the thread.
  func run() {
    var give: Nanoseconds?
    var clockIsDue = Nanoseconds.zero
    var lastRead: Nanoseconds?
    while true {
      let isLast = ending.load(ordering: .acquiring)
      if let sample = record.samples.readIfNew() {
        keeper.note(.sampled(sample.readings), at: sample.tick)
      }
      if RealTime.now >= clockIsDue {
        keeper.lookAtClock()
        clockIsDue = RealTime.now + Self.clockPeriod
      }
      let isDone = keeper.turn()
      let hasRead = keeper.answerPages() > 0
      let now = RealTime.now
      if hasRead { lastRead = now }
      if isLast {
        if isDone { return }
        give = give ?? now + Self.patience
        if let give, now > give {
          log.warning("ended without writing everything down")
          return
        }
      }
      let isRead = lastRead.map { now - $0 < Self.readingPause } ?? false
      let period = isRead ? Self.readingPeriod : Self.period
      RealTime.sleep(until: now + (isDone || isLast ? period : Self.retry))
    }
  }
}

extension Logger {
  /// A line for what the keeper reports.
  func note(_ news: KeeperNews) {
    switch news {
    case .storageFails(let why):
      error("what is delivered cannot be written down: \(why.sentence)")
    case .storageWorks: info("what is delivered can be written down again")
    case .eventsLost(let count): warning("\(count) events were lost: the journal fell behind")
    case .event(let event):
      guard let text = event.sentence else { return }
      switch event.kind {
      case .ticksMissed, .faultChanged, .suspended, .outputsFailed, .stepRefused, .requestTakenBack:
        warning("\(text)")
      default: info("\(text)")
      }
    }
  }
}
