internal import Documents
internal import DosingCore
internal import Journal

/// The alarms of a pump, by what its journal tells of each: nothing else is kept of them.
struct AlarmHistory {
  struct Row {
    let code: FaultCode
    /// The highest that it has had.
    var priority: AlarmPriority
    /// UTC in ns since 1970, as in the journal.
    let raised: Int64
    var acknowledged: Int64?
    var ended: Int64?

    /// Nobody has seen it, whom it called at once.
    var isUnseen: Bool { priority == .high && acknowledged == nil }
  }

  static let capacity = 1_000

  /// The oldest first.
  private(set) var rows: [Row] = []
  /// How many have been left out: there is no end of them.
  private(set) var leftOut = 0
  /// By code, when the one that is on was raised in ticks, and where it stands in `rows`.
  private var on: [FaultCode: (raised: Int64, index: Int)] = [:]

  static let kinds: Set<EntryKind> = [.started, .request, .fault]

  /// In the order of the journal.
  mutating func take(_ entry: Entry) {
    switch entry.content {
    case .started: begin(at: entry.utc)
    case .fault(let change): take(change, at: entry.utc)
    case .requested(let requested) where requested.reason == 0:
      if case .plain(.acknowledge) = Order(frame: requested.frame) { acknowledge(at: entry.utc) }
    default: break
    }
  }

  /// A start tells of all that are on; of the others it says nothing.
  private mutating func begin(at utc: Int64) {
    for (_, index) in on.values { rows[index].ended = utc }
  }

  private mutating func take(_ change: FaultChange, at utc: Int64) {
    guard let code = FaultCode(rawValue: change.code) else { return }
    guard let priority = AlarmPriority(rawValue: change.priority) else {
      if let (_, index) = on.removeValue(forKey: code) { rows[index].ended = utc }
      return
    }
    if let (raised, index) = on[code], raised == change.raised {
      rows[index].priority = max(rows[index].priority, priority)
      rows[index].ended = nil
      return
    }
    makeRoom()
    on[code] = (change.raised, rows.count)
    rows.append(Row(code: code, priority: priority, raised: utc))
  }

  private mutating func acknowledge(at utc: Int64) {
    for (_, index) in on.values where rows[index].acknowledged == nil && rows[index].ended == nil {
      rows[index].acknowledged = utc
    }
  }

  /// The oldest that has ended gives way, and a high one that nobody has seen only where all are such.
  private mutating func makeRoom() {
    guard rows.count >= Self.capacity else { return }
    let gone =
      rows.firstIndex { $0.ended != nil && !$0.isUnseen } ?? rows.firstIndex { $0.ended != nil }
      ?? 0
    rows.remove(at: gone)
    leftOut += 1
    on = on.filter { $0.value.index != gone }
      .mapValues { ($0.raised, $0.index > gone ? $0.index - 1 : $0.index) }
  }
}

extension AlarmHistory.Row {
  /// One line: when, how urgent, what, and what became of it.
  var line: String {
    let seen = acknowledged.map { "acknowledged \(Self.text($0))" } ?? "not acknowledged"
    let end = ended.map { "ended \(Self.text($0))" } ?? "ON"
    return
      "\(Self.text(raised)) \(priority.code.uppercased()) \(code.code): \(code.words); \(seen); \(end)"
  }

  private static func text(_ utc: Int64) -> String { UTCTime(nanoseconds: utc).text(decimals: 0) }

  var json: AlarmHistoryJSON {
    AlarmHistoryJSON(
      code: code.code, priority: priority.code, words: code.words, raised: Self.text(raised),
      acknowledged: acknowledged.map { Self.text($0) }, ended: ended.map { Self.text($0) })
  }
}

/// An alarm that was, or is, for programs. Times in UTC, as in the journal.
struct AlarmHistoryJSON: Encodable {
  let code: String
  let priority: String
  let words: String
  let raised: String
  let acknowledged: String?
  let ended: String?
}
