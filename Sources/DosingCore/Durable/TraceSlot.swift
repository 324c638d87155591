internal import Quantities

/// A `TickTrace` as the bytes that outlive the process: a number, the trace, a checksum.
///
/// The first layout had 128 bytes and other amounts; it is read by `init(first:unitsInUnit:)`.
public struct TraceSlot: Sendable {
  public static let length = 256
  public static let lengthOfFirst = 128

  /// The words of a slot; the last one holds the checksum.
  public private(set) var words = InlineArray<32, UInt64>(repeating: 0)

  /// - Parameter number: grows from one slot to the next, so that the newer of two is known.
  public init(_ trace: TickTrace, number: UInt64) {
    var coder = WordCoder()
    var (trace, number) = (trace, number)
    coder.word(&number)
    trace.layout(&coder, tellsDelivered: true)
    words = coder.words
    words[31] = UInt64(Checksum.of(words, count: 31))
  }

  /// What was written to be read again.
  public init(_ words: InlineArray<32, UInt64>) { self.words = words }

  /// Nil where the words are torn, or never were a slot.
  ///
  /// - Parameter tellsDelivered: as a slot of before there were lines does not.
  public func read(tellsDelivered: Bool = true) -> (trace: TickTrace, number: UInt64)? {
    guard words[31] == UInt64(Checksum.of(words, count: 31)) else { return nil }
    var coder = WordCoder(reading: words)
    var number: UInt64 = 0
    coder.word(&number)
    var trace = TickTrace.blank
    trace.layout(&coder, tellsDelivered: tellsDelivered)
    return coder.failed || number == 0 ? nil : (trace, number)
  }

  /// Reads a slot of the first layout.
  ///
  /// - Parameter unitsInUnit: how many of today's units of account the unit of that time was.
  public static func first(
    _ bytes: InlineArray<128, UInt8>, unitsInUnit: Int128
  ) -> (trace: TickTrace, number: UInt64)? {
    var end = BoundedReader<128>(bytes.span.extracting(124..<128))
    var sum: UInt32 = 0
    end.field(&sum)
    var covered = bytes
    for index in 124..<128 { covered[index] = 0 }
    guard sum == Checksum.of(covered.span) else { return nil }
    var reader = BoundedReader<128>(bytes.span)
    var number: UInt64 = 0
    reader.field(&number)
    var trace = TickTrace.blank
    trace.layoutFirst(&reader, unitsInUnit: unitsInUnit)
    return reader.failed || number == 0 ? nil : (trace, number)
  }
}

/// Visits whole words, to write them or to read them: the tick has no time for bytes.
struct WordCoder {
  private(set) var words = InlineArray<32, UInt64>(repeating: 0)
  private var position = 0
  let reads: Bool
  private(set) var failed = false

  init() { reads = false }

  init(reading words: InlineArray<32, UInt64>) {
    self.words = words
    reads = true
  }

  mutating func word(_ value: inout UInt64) {
    if reads { value = words[position] } else { words[position] = value }
    position += 1
  }

  mutating func magnitude(_ value: inout Int64) {
    var word = UInt64(bitPattern: value)
    self.word(&word)
    value = Int64(bitPattern: word)
    if value < 0 { fail() }
  }

  mutating func magnitude(_ value: inout Int128) {
    var bits = UInt128(truncatingIfNeeded: value)
    twoWords(&bits)
    value = Int128(truncatingIfNeeded: bits)
    if value < 0 { fail() }
  }

  mutating func twoWords(_ bits: inout UInt128) {
    var (low, high) = (UInt64(truncatingIfNeeded: bits), UInt64(truncatingIfNeeded: bits >> 64))
    word(&low)
    word(&high)
    bits = UInt128(high) << 64 | UInt128(low)
  }

  mutating func fail() { failed = true }
}

extension TickTrace {
  fileprivate static var blank: TickTrace {
    TickTrace(
      tick: Tick(0), account: AccountTrace(Account(perStep: 1)), stepIsUnderWay: false,
      stepsInDoubt: 0,
      faults: FaultSet())
  }

  fileprivate mutating func layout(_ coder: inout WordCoder, tellsDelivered: Bool) {
    coder.magnitude(&tick.number)
    account.layout(&coder, tellsDelivered: tellsDelivered)
    // In one word, of which an earlier version knew the lowest bit alone: no other is left.
    var flags = UInt64(commit) << 1 | (stepIsUnderWay ? 1 : 0)
    coder.word(&flags)
    stepIsUnderWay = flags & 1 == 1
    commit = Int64(flags >> 1)
    coder.magnitude(&stepsInDoubt)
    var bits = faults.bits
    coder.twoWords(&bits)
    faults = FaultSet(bits: bits)
  }

  fileprivate mutating func layoutFirst(
    _ coder: inout some FrameCoder, unitsInUnit factor: Int128
  ) {
    coder.field(magnitude: &tick.number)
    var whole = Account(perStep: 1)
    whole.layoutFirst(&coder, unitsInUnit: factor)
    account = AccountTrace(whole)
    coder.field(&stepIsUnderWay)
    var (isStopped, isHardStopped, disagrees) = (false, false, false)
    coder.field(&isStopped)
    coder.field(&isHardStopped)
    coder.field(&disagrees)
    coder.field(magnitude: &stepsInDoubt)
    faults[.stopped] = isStopped
    faults[.hardStop] = isHardStopped
    faults[.interlockDisagrees] = disagrees
  }
}
