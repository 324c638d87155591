internal import Journal
internal import Synchronization

/// When ticks were, as entries are stamped with it. For any thread.
final class EntryStamp: Sendable {
  private let start: PumpStart
  private let utcOfTickZero: Atomic<Int64>

  /// - Parameter utcOfTickZero: in ns since 1970.
  init(_ start: PumpStart, utcOfTickZero: Int64) {
    self.start = start
    self.utcOfTickZero = Atomic(utcOfTickZero)
  }

  /// From now on.
  func setUTC(ofTickZero new: Int64) { utcOfTickZero.store(new, ordering: .relaxed) }

  func utc(ofTick tick: Int64) -> Int64 {
    let later = start.time(ofTick: tick).boot - start.timeOfTickZero.boot
    return utcOfTickZero.load(ordering: .relaxed) + later
  }

  func time(ofTick tick: Int64) -> MachineTime {
    var time = start.time(ofTick: tick)
    time.utc = utc(ofTick: tick)
    return time
  }

  func entry(_ content: Entry.Content, at tick: Int64) -> Entry {
    let time = time(ofTick: tick)
    return Entry(tick: tick, utc: time.utc, monotonic: time.monotonic, content: content)
  }
}

/// Entries that wait to be written; where there is no room for more they are counted.
struct WaitingEntries {
  private(set) var list: [Entry] = []
  private let most: Int

  init(most: Int) { self.most = most }

  mutating func append(_ entry: Entry) {
    if list.count < most {
      list.append(entry)
    } else if case .eventsLost(let count) = list[list.count - 1].content {
      list[list.count - 1].content = .eventsLost(count + 1)
    } else {
      list[list.count - 1].content = .eventsLost(2)
    }
  }

  mutating func removeAll() { list = [] }
}
