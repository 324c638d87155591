/// A short name in fixed memory: printable UTF-8, at most 31 bytes.
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

  /// Nil where `utf8` is empty, longer than 31 bytes, or holds anything but printable characters.
  public init?(utf8: some Sequence<UInt8>) {
    var bytes = InlineArray<31, UInt8>(repeating: 0)
    var length = 0
    for byte in utf8 {
      guard length < Self.capacity else { return nil }
      bytes[length] = byte
      length += 1
    }
    self.init(bytes, count: length)
  }

  /// The first `count` of `bytes`; nil under the same conditions, and where a byte behind them is
  /// not zero, so that one label has one layout.
  init?(_ bytes: InlineArray<31, UInt8>, count: Int) {
    guard (1...Self.capacity).contains(count) else { return nil }
    var text = PrintableText()
    for index in 0..<Self.capacity {
      guard index < count ? text.takes(bytes[index]) : bytes[index] == 0 else { return nil }
    }
    guard text.isWhole else { return nil }
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

/// Reads UTF-8 byte by byte and takes only characters that somebody can see, each in its one spelling.
private struct PrintableText {
  private var scalar: UInt32 = 0
  /// Bytes of a character that are still to come.
  private var missing = 0
  private var least: UInt32 = 0

  var isWhole: Bool { missing == 0 }

  mutating func takes(_ byte: UInt8) -> Bool {
    if missing > 0 {
      guard byte & 0xc0 == 0x80 else { return false }
      scalar = scalar << 6 | UInt32(byte & 0x3f)
      missing -= 1
      return missing > 0 || (scalar >= least && Self.isPrintable(scalar))
    }
    switch byte {
    case 0x20...0x7e: return true
    case 0xc2...0xdf: begin(byte & 0x1f, followedBy: 1, atLeast: 0x80)
    case 0xe0...0xef: begin(byte & 0x0f, followedBy: 2, atLeast: 0x800)
    case 0xf0...0xf4: begin(byte & 0x07, followedBy: 3, atLeast: 0x10000)
    default: return false
    }
    return true
  }

  private mutating func begin(_ bits: UInt8, followedBy count: Int, atLeast least: UInt32) {
    (scalar, missing, self.least) = (UInt32(bits), count, least)
  }

  /// No control, no space but the plain one, nothing invisible or that turns the direction of what follows,
  /// and nothing that means something to nobody or to a few.
  private static func isPrintable(_ scalar: UInt32) -> Bool {
    switch scalar {
    case 0x80...0xa0, 0xad, 0x34f, 0x600...0x605, 0x61c, 0x6dd, 0x115f...0x1160, 0x1680,
      0x17b4...0x17b5, 0x180b...0x180f, 0x2000...0x200f, 0x2028...0x202f, 0x205f...0x206f, 0x3000,
      0x3164, 0xd800...0xf8ff, 0xfe00...0xfe0f, 0xfeff, 0xffa0, 0xfff0...0xffff, 0x1d173...0x1d17a,
      0xe0000...0x10ffff:
      false
    default: scalar & 0xfffe != 0xfffe && scalar <= 0x10ffff
    }
  }
}
