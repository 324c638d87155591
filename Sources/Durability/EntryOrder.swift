internal import Journal

/// Puts the entries of a commit into the order of time.
///
/// What the tick thread did comes in its own order, which is that of its ticks. What others tell, as a sensor
/// or the link, comes beside it, sooner or later than what was done in the same tick.
struct EntryOrder {
  /// The tick of the newest entry that was written in this start.
  private(set) var newest: Int64 = .min

  /// One list, in which no entry has an earlier tick than the one before, nor than what was written.
  ///
  /// - Parameters:
  ///   - done: what the ticks did, in their order.
  ///   - told: what others told, each beside the tick in which it was.
  ///   - last: the tick behind which the ticks may already have done something that is not in `done`.
  ///   - at: dates an entry.
  func merged(
    _ done: [Entry], _ told: [Entry], upTo last: Int64,
    at: (_ entry: Entry, _ tick: Int64) -> Entry
  ) -> [Entry] {
    var merged: [Entry] = []
    var rest = done[...]
    let dated = told.map { entry in
      // What comes late is not put among what was written, nor before it.
      let tick = min(max(entry.tick, newest), last)
      return tick == entry.tick ? entry : at(entry, tick)
    }
    // Those of one tick stay as they were told: `sort` promises nothing about them.
    let inOrder = dated.enumerated().sorted {
      ($0.element.tick, $0.offset) < ($1.element.tick, $1.offset)
    }
    for (_, entry) in inOrder {
      let before = rest.prefix { $0.tick <= entry.tick }
      merged += before
      merged.append(entry)
      rest = rest.dropFirst(before.count)
    }
    return merged + rest
  }

  /// These were written.
  mutating func isWritten(_ entries: [Entry]) { newest = max(newest, entries.last?.tick ?? newest) }
}
