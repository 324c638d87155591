internal import Quantities

/// A `TickTrace` as the bytes that outlive the process: a number, the trace, a checksum.
public struct TraceSlot: FrameCoder, Sendable {
  public static let length = 128

  public private(set) var bytes = InlineArray<128, UInt8>(repeating: 0)
  private var position = 0
  private let reads: Bool
  public private(set) var failed = false

  /// - Parameter number: grows from one slot to the next, so that the newer of two is known.
  public init(_ trace: TickTrace, number: UInt64) {
    reads = false
    var (trace, number) = (trace, number)
    field(&number)
    trace.layout(&self)
    var sum = Checksum.of(bytes.span)
    position = Self.length - 4
    field(&sum)
  }

  /// What was written to be read again.
  public init(_ bytes: InlineArray<128, UInt8>) {
    reads = true
    self.bytes = bytes
  }

  /// Nil where the bytes are torn, or never were a slot.
  public mutating func read() -> (trace: TickTrace, number: UInt64)? {
    position = Self.length - 4
    var sum: UInt32 = 0
    field(&sum)
    var covered = bytes
    for index in (Self.length - 4)..<Self.length { covered[index] = 0 }
    guard sum == Checksum.of(covered.span) else { return nil }
    position = 0
    var number: UInt64 = 0
    field(&number)
    var trace = TickTrace(
      tick: Tick(0), account: Account(perStep: 1), stepIsUnderWay: false, stepsInDoubt: 0,
      isStopped: false, isHardStopped: false, interlockDisagreed: false)
    trace.layout(&self)
    return failed || number == 0 ? nil : (trace, number)
  }

  public mutating func field(_ value: inout UInt8) {
    guard position < Self.length else { return fail() }
    if reads { value = bytes[position] } else { bytes[position] = value }
    position += 1
  }

  public mutating func fail() { failed = true }
}

extension TickTrace {
  mutating func layout(_ coder: inout some FrameCoder) {
    coder.field(magnitude: &tick.number)
    account.layout(&coder)
    coder.field(&stepIsUnderWay)
    coder.field(&isStopped)
    coder.field(&isHardStopped)
    coder.field(&interlockDisagreed)
    coder.field(magnitude: &stepsInDoubt)
  }
}
