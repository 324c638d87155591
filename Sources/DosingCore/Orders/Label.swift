/// A short name in fixed memory: printable ASCII, at most 31 bytes.
public struct Label: Equatable, Sendable, BitwiseCopyable {
  public static let capacity = 31

  private var bytes: InlineArray<31, UInt8>
  public let count: Int

  /// What is shown where nothing is named.
  public static let none = Label()

  private init() {
    bytes = InlineArray(repeating: 0)
    bytes[0] = UInt8(ascii: "-")
    count = 1
  }

  /// Nil where `utf8` is empty, longer than 31 bytes, or holds anything but printable ASCII.
  public init?(utf8: some Sequence<UInt8>) {
    bytes = InlineArray(repeating: 0)
    var length = 0
    for byte in utf8 {
      guard length < Self.capacity, (0x20...0x7e).contains(byte) else { return nil }
      bytes[length] = byte
      length += 1
    }
    guard length > 0 else { return nil }
    count = length
  }

  /// The first `count` of `bytes`; nil under the same conditions, and where a byte behind them is
  /// not zero, so that one label has one layout.
  init?(_ bytes: InlineArray<31, UInt8>, count: Int) {
    guard (1...Self.capacity).contains(count) else { return nil }
    for index in 0..<Self.capacity {
      let isText = (0x20...0x7e).contains(bytes[index])
      guard index < count ? isText : bytes[index] == 0 else { return nil }
    }
    self.bytes = bytes
    self.count = count
  }

  /// The byte at `index`; 0 behind the end.
  public subscript(index: Int) -> UInt8 { bytes[index] }

  public static func == (left: Label, right: Label) -> Bool {
    for index in 0..<capacity where left.bytes[index] != right.bytes[index] { return false }
    return true
  }
}
