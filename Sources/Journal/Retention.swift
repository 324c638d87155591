internal import DosingCore

/// What is kept of an event that has been pushed out by newer ones, and how much of its class.
///
/// The newest events are all there. Of those before them only what says who did what, and what was wrong:
/// each class has its own bound, so that none pushes out another, and leases, commits, steps and samples
/// push out nothing.
enum Retention: Int, CaseIterable, Sendable {
  /// Starts, ends, and journals that were begun.
  case starts
  /// Keys that were enrolled or revoked.
  case keys
  /// What was asked and accepted: orders, doses, stops.
  case requests
  /// What was asked and refused, or not believed; what was only counted.
  case refusals
  case alarms
  /// Clock, storage, suspension, events that were lost.
  case circumstances
  case signatures

  struct Row {
    let kinds: Set<UInt8>
    /// So many are kept of those that were pushed out.
    let most: Int64
    /// No event of it is longer in the file, in bytes, but by defect.
    let longest: Int64
  }

  /// The table: what each number comes from stands beside it.
  var row: Row {
    switch self {
    // Ten a day for a year; each holds the whole state.
    case .starts: Row(kinds: [1, 2, 23], most: 4_000, longest: 17_000)
    // More keys than a pump can know, each changed a hundred times.
    case .keys: Row(kinds: [16], most: 3_200, longest: 400)
    // Fifty a day for a year, or as much as one sender's whole budget for two weeks.
    case .requests: Row(kinds: [3, 12, 19, 27], most: 20_000, longest: 4_300)
    // Two hundred hours of the budget of one sender.
    case .refusals: Row(kinds: [17, 26, 28, 29], most: 12_000, longest: 4_300)
    // A hundred a day for a year.
    case .alarms: Row(kinds: [9, 18], most: 36_500, longest: 200)
    // The same.
    case .circumstances: Row(kinds: [13, 14, 20, 22, 24], most: 36_500, longest: 200)
    // One an hour for two years.
    case .signatures: Row(kinds: [25], most: 17_520, longest: 500)
    }
  }

  /// Nil for what is forgotten.
  init?(_ event: EventRow) {
    guard let found = Self.allCases.first(where: { $0.row.kinds.contains(event.kind) }) else {
      return nil
    }
    self = found == .requests && event.isRefused ? .refusals : found
  }

  static let kinds = allCases.reduce(into: Set<UInt8>()) { $0.formUnion($1.row.kinds) }

  /// Kinds among which events of this class are.
  var kinds: Set<UInt8> { self == .refusals ? row.kinds.union([3]) : row.kinds }
}

extension EventRow {
  /// A request that was refused.
  fileprivate var isRefused: Bool {
    guard case .requested(let requested)? = try? numbered.entry.content else { return false }
    return requested.reason != 0
  }
}

/// What is known of the events that were kept of those that were pushed out: a chain for each class, in which
/// each hash covers the one before it in its class.
struct Archives: Equatable {
  struct Class: Equatable {
    /// Events that there are.
    var count: Int64 = 0
    /// The newest event of the class that was forgotten, and its hash.
    var forgotten: Int64 = 0
    var forgottenHash = Chain.origin
    var newestHash = Chain.origin
  }

  private var classes = [Class](repeating: Class(), count: Retention.allCases.count)

  init() {}

  /// None where the bytes are empty, as those of a journal of an earlier version; nil where they are none.
  init?(bytes: [UInt8]) {
    guard !bytes.isEmpty else { return }
    var reader = ByteReader(bytes)
    layout(&reader)
    if !reader.isComplete { return nil }
  }

  subscript(class: Retention) -> Class {
    get { classes[`class`.rawValue] }
    set { classes[`class`.rawValue] = newValue }
  }

  var count: Int64 { classes.reduce(0) { $0 + $1.count } }

  var bytes: [UInt8] {
    var (writer, archives) = (ByteWriter(), self)
    archives.layout(&writer)
    return writer.bytes
  }

  var digest: [UInt8] { sha256(of: bytes) }

  private mutating func layout(_ coder: inout some FrameCoder) {
    var count = UInt8(classes.count)
    coder.field(&count)
    if Int(count) != classes.count { return coder.fail() }
    for index in classes.indices {
      coder.field(magnitude: &classes[index].count)
      coder.field(magnitude: &classes[index].forgotten)
      coder.field(bytes: &classes[index].forgottenHash, atMost: 32)
      coder.field(bytes: &classes[index].newestHash, atMost: 32)
    }
  }
}
