/// CRC-32 as in IEEE 802.3: finds what a torn or a foreign record is, not what somebody forged.
public struct Checksum: Sendable {
  private static let byNibble: InlineArray<16, UInt32> = [
    0x0000_0000, 0x1DB7_1064, 0x3B6E_20C8, 0x26D9_30AC, 0x76DC_4190, 0x6B6B_51F4, 0x4DB2_6158,
    0x5005_713C, 0xEDB8_8320, 0xF00F_9344, 0xD6D6_A3E8, 0xCB61_B38C, 0x9B64_C2B0, 0x86D3_D2D4,
    0xA00A_E278, 0xBDBD_F21C,
  ]
  private var state: UInt32 = 0xFFFF_FFFF

  public init() {}

  public mutating func add(_ byte: UInt8) {
    let table = Self.byNibble.span
    state ^= UInt32(byte)
    state = (state >> 4) ^ table[Int(state & 15)]
    state = (state >> 4) ^ table[Int(state & 15)]
  }

  public var value: UInt32 { ~state }

  public static func of(_ bytes: Span<UInt8>) -> UInt32 {
    var sum = Checksum()
    for index in bytes.indices { sum.add(bytes[index]) }
    return sum.value
  }
}
