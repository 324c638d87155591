internal import DosingCore
internal import Durability
internal import Journal
internal import ProgrammerLink
internal import Quantities

/// What the link only counts: durable within a second or so, and an entry a minute in the journal, however
/// many there are.
struct LinkTally {
  /// Since the pump was new.
  private var counts: [LinkCount: Int64]
  /// What the journal was told, and what its entries tell.
  private var told: [LinkCount: Int64]
  private var entered: [LinkCount: Int64]
  private var toldAt: Nanoseconds?
  private var enteredAt: Nanoseconds?

  private static let toldEvery = Nanoseconds.seconds(1)
  private static let enteredEvery = Nanoseconds.minutes(1)

  init(_ counts: [LinkCount: Int64]) { (self.counts, told, entered) = (counts, counts, counts) }

  mutating func add(_ what: LinkCount) { counts[what, default: 0] += 1 }

  var refused: Int64 { counts.filter(\.key.isRefusal).values.reduce(0, +) }

  /// What the journal has to hear now; nil for nothing.
  ///
  /// - Parameter isLast: nobody will ask again.
  mutating func due(
    at now: Nanoseconds, isLast: Bool
  ) -> (changes: LinkChanges, entries: [Entry.Content])? {
    func isTime(_ since: Nanoseconds?, _ every: Nanoseconds) -> Bool {
      isLast || since.map { now - $0 >= every } ?? true
    }
    guard counts != told || counts != entered else { return nil }
    var entries: [Entry.Content] = []
    if counts != entered, isTime(enteredAt, Self.enteredEvery) {
      entries = entriesSince(entered)
      (entered, enteredAt) = (counts, now)
    }
    guard !entries.isEmpty || (counts != told && isTime(toldAt, Self.toldEvery)) else { return nil }
    var changes = LinkChanges()
    changes.counts = counts.filter { told[$0.key] != $0.value }
    (told, toldAt) = (counts, now)
    return (changes, entries)
  }

  private func entriesSince(_ before: [LinkCount: Int64]) -> [Entry.Content] {
    func since(_ what: LinkCount) -> Int64 { counts[what, default: 0] - before[what, default: 0] }
    let doubts = Doubt.allCases.map { since(.doubt($0.rawValue)) }
    let others = counts.keys.filter { $0.rawValue > UInt8.max && since($0) > 0 }
      .sorted { $0.rawValue < $1.rawValue }.map { CountedLink($0, since($0)) }
    return (doubts.contains { $0 > 0 } ? [.framesRefused(doubts)] : [])
      + (others.isEmpty ? [] : [.linkCounted(others)])
  }
}

/// How many orders that were signed and refused each key may have in the journal: the rest is counted.
struct RefusalBudget {
  private var written: [KeyID: [Nanoseconds]] = [:]

  static let anHourMax = 30

  /// Whether one more may be written.
  mutating func takes(_ key: KeyID, at now: Nanoseconds) -> Bool {
    var times = written[key, default: []].filter { now - $0 < .hours(1) }
    defer { written[key] = times }
    guard times.count < Self.anHourMax else { return false }
    times.append(now)
    return true
  }
}
