public import Quantities

/// Visits the fields of a frame in order, to write them or to read them.
///
/// A layout is one function over a coder, so that writing and reading cannot disagree. All numbers
/// are little-endian. A reader that meets the end or a forbidden value goes on with zeros and
/// remembers that it failed; it allocates nothing and trusts no length that it has read.
public protocol FrameCoder {
  mutating func field(_ value: inout UInt8)
  /// So many bytes of a number, up to 8, the lowest first.
  mutating func field(bytes: Int, of word: inout UInt64)
  var failed: Bool { get }
  mutating func fail()

  /// The name and the form of the field that comes next.
  mutating func describe(_ name: StaticString, _ form: FieldForm)
  /// The fields up to `end()` stand together; a flag or a count comes before them, by the form.
  mutating func begin(_ name: StaticString, _ form: GroupForm)
  mutating func end()
  #if !hasFeature(Embedded)
    /// The field that comes next is a number out of a list of names.
    ///
    /// - Parameter orNone: it may be 0, which is none of them.
    mutating func describe(_ name: StaticString, word: any Any.Type, orNone: Bool)
  #endif
}

extension FrameCoder {
  // By words of 64 bits: where this is not specialised, each operation on a number of any width is a call.
  @inlinable
  public mutating func field<Number: FixedWidthInteger>(_ value: inout Number) {
    var result: Number = 0
    var bits = 0
    while bits < Number.bitWidth {
      var word = UInt64(truncatingIfNeeded: value &>> Number(truncatingIfNeeded: bits))
      field(bytes: Swift.min(8, (Number.bitWidth - bits) / 8), of: &word)
      result |= Number(truncatingIfNeeded: word) &<< Number(truncatingIfNeeded: bits)
      bits += 64
    }
    value = result
  }

  @inlinable
  public mutating func field(bytes: Int, of word: inout UInt64) {
    var result: UInt64 = 0
    for index in 0..<bytes {
      var byte = UInt8(truncatingIfNeeded: word &>> UInt64(index * 8))
      field(&byte)
      result |= UInt64(byte) &<< UInt64(index * 8)
    }
    word = result
  }

  /// A number that may not be negative.
  @inlinable
  public mutating func field<Number: FixedWidthInteger & SignedInteger>(
    magnitude value: inout Number
  ) {
    field(&value)
    if value < 0 {
      fail()
      value = 0
    }
  }

  /// A tick that an engine can reach, or none at all.
  mutating func field(_ value: inout Tick) {
    field(magnitude: &value.number)
    if value.number > Int64.max / 4 && value != .never {
      fail()
      value = Tick(0)
    }
  }

  public mutating func field(_ value: inout some Quantity) {
    var count = value.baseUnits
    field(magnitude: &count)
    value = .init(baseUnits: count)
  }

  public mutating func field(_ value: inout Bool) {
    var byte: UInt8 = value ? 1 : 0
    field(&byte)
    if byte > 1 { fail() }
    value = byte == 1
  }

  public mutating func field<Word: RawRepresentable<UInt8>>(_ value: inout Word) {
    var raw = value.rawValue
    field(&raw)
    if let word = Word(rawValue: raw) { value = word } else { fail() }
  }

  /// A count that may not exceed the capacity it counts in.
  public mutating func field(count value: inout Int, atMost capacity: Int) {
    var byte = UInt8(truncatingIfNeeded: value)
    field(&byte)
    if Int(byte) > capacity { fail() }
    value = min(Int(byte), capacity)
  }

  /// Bytes whose number is fixed.
  mutating func field<let length: Int>(_ value: inout InlineArray<length, UInt8>) {
    for index in value.indices { field(&value[index]) }
  }

  public mutating func field(_ value: inout Label) {
    var bytes = InlineArray<31, UInt8>(repeating: 0)
    var count = value.count
    for index in 0..<Label.capacity {
      bytes[index] = value[index]
      field(&bytes[index])
    }
    field(count: &count, atMost: Label.capacity)
    if let label = Label(bytes, count: count) { value = label } else { fail() }
  }
}

/// Bytes that are being written: bounded, in fixed memory.
public struct BoundedWriter<let size: Int>: FrameCoder, Sendable {
  public private(set) var bytes = InlineArray<size, UInt8>(repeating: 0)
  public private(set) var count = 0
  public private(set) var failed = false

  public static var capacity: Int { size }

  public init() {}

  public mutating func field(_ value: inout UInt8) {
    guard count < size else { return fail() }
    bytes[count] = value
    count += 1
  }

  public mutating func fail() { failed = true }

  /// What is written next overwrites the last bytes.
  mutating func removeLast(_ length: Int) { count -= length }

  /// Begins anew.
  public mutating func removeAll() {
    count = 0
    failed = false
  }

  /// Writes the whole length into the header, when it is known.
  mutating func setLength() {
    var length = UInt32(count)
    let end = count
    count = FrameHeader.lengthOffset
    field(&length)
    count = end
  }
}

/// Bytes that are being read, in fixed memory.
public struct BoundedReader<let size: Int>: FrameCoder {
  private var bytes = InlineArray<size, UInt8>(repeating: 0)
  private let count: Int
  private var position = 0
  public private(set) var failed = false

  /// - Parameter source: what came in one piece. Longer than it can be, it fails at once.
  public init(_ source: Span<UInt8>) {
    count = min(source.count, size)
    failed = source.count > size
    for index in 0..<count { bytes[index] = source[index] }
  }

  public mutating func field(_ value: inout UInt8) {
    guard position < count else {
      value = 0
      return fail()
    }
    value = bytes[position]
    position += 1
  }

  public mutating func fail() { failed = true }

  /// Whether everything was read and nothing is left.
  public var isComplete: Bool { !failed && position == count }
}

/// A frame: `FrameHeader.frameMax` bytes at the most.
public typealias FrameWriter = BoundedWriter<4096>
public typealias FrameReader = BoundedReader<4096>

/// A record on disk, which has a limit of its own.
public typealias RecordWriter = BoundedWriter<16384>
public typealias RecordReader = BoundedReader<16384>
