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
  private let complete = Atomic<Bool>(false)
  /// Looks at what else stands beside the state directory, and can be missed.
  private let lookBeside: @Sendable () -> Void
  private let log: Logger

  /// A proposal waits so long at the most. Polled, since the tick thread may not make the system call
  /// that would wake somebody.
  private static let period = Nanoseconds.milliseconds(10)
  /// While somebody reads the journal, page by page.
  private static let readingPeriod = Nanoseconds.milliseconds(1)
  /// Somebody who asks for no page for so long reads no more.
  private static let readingPause = Nanoseconds.milliseconds(100)
  /// After a failure the storage is tried again so often, and all places and clocks are looked at.
  private static let retry = Nanoseconds.seconds(1)
  /// For how long the last word is tried again, whole: whatever the disk takes again is taken. So often at least,
  /// however busy the machine is.
  private static let patience = Nanoseconds.milliseconds(500)
  private static let lastTriesMin = 3

  init(
    _ keeper: Keeper, record: TickRecord, log: Logger, lookBeside: @escaping @Sendable () -> Void
  ) {
    self.keeper = keeper
    self.record = record
    self.log = log
    self.lookBeside = lookBeside
  }

  /// After the tick thread has ended: the journal is closed when everything is durable.
  func end() { ending.store(true, ordering: .releasing) }

  /// Everything was written down before it ended.
  var isComplete: Bool { complete.load(ordering: .acquiring) }

  /// The body of the thread.
  func run() {
    var (giveUpAt, lastTries): (Nanoseconds?, Int) = (nil, 0)
    var (lookAt, tryAt) = (RealTime.now, Nanoseconds.zero)
    var lastRead: Nanoseconds?
    while true {
      let isLast = ending.load(ordering: .acquiring)
      if isLast {
        giveUpAt = giveUpAt ?? RealTime.now + Self.patience
        lastTries += 1
      }
      let now = RealTime.now
      if now >= lookAt {
        keeper.lookAtClock()
        keeper.look()
        lookBeside()
        lookAt = now + Self.retry
      }
      // What fails waits a second; a stop does not.
      if now < tryAt && !isLast {
        keeper.gather()
      } else {
        let isDone = keeper.turn()
        tryAt = isDone ? .zero : now + Self.retry
        if isLast, isDone { return complete.store(true, ordering: .releasing) }
        if let giveUpAt, lastTries >= Self.lastTriesMin, RealTime.now > giveUpAt {
          return log.warning("ended without writing everything down")
        }
      }
      if keeper.answerPages() > 0 { lastRead = RealTime.now }
      let isRead = lastRead.map { RealTime.now - $0 < Self.readingPause } ?? false
      RealTime.sleep(until: RealTime.now + (isRead ? Self.readingPeriod : Self.period))
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
    case .copyFails(let why):
      warning(
        "a copy of the safe-basal record is not whole\(why.map { ": \($0.sentence)" } ?? "")")
    case .copiesWork: info("both copies of the safe-basal record are whole")
    case .places(let look): note(look)
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

  private func note(_ look: StorageLook) {
    if look.directoryIsLost {
      error(
        "the state directory is not where it was; put it back: nothing is written down until then")
    } else if look.journalIsLost {
      error("the journal was taken away; another one goes on in its place")
    }
    switch look.page {
    case .isThere: break
    case .isMadeAnew: error("the run page was taken away; it is made anew")
    case .cannotBeMade(let why):
      error("the run page was taken away and cannot be made at \(why.place) (\(why.reason))")
    }
    if !look.isLost { info("state directory, journal and run page are where they should be") }
  }
}
