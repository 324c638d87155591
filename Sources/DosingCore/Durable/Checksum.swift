/// CRC-32 as in IEEE 802.3: finds what a torn or a foreign record is, not what somebody forged.
public enum Checksum {
  private static let byNibble: InlineArray<16, UInt32> = [
    0x0000_0000, 0x1DB7_1064, 0x3B6E_20C8, 0x26D9_30AC, 0x76DC_4190, 0x6B6B_51F4, 0x4DB2_6158,
    0x5005_713C, 0xEDB8_8320, 0xF00F_9344, 0xD6D6_A3E8, 0xCB61_B38C, 0x9B64_C2B0, 0x86D3_D2D4,
    0xA00A_E278, 0xBDBD_F21C,
  ]

  public static func of(_ bytes: Span<UInt8>) -> UInt32 {
    let table = byNibble.span
    var sum: UInt32 = 0xFFFF_FFFF
    for index in bytes.indices {
      sum ^= UInt32(bytes[index])
      sum = (sum >> 4) ^ table[Int(sum & 15)]
      sum = (sum >> 4) ^ table[Int(sum & 15)]
    }
    return ~sum
  }

  /// The same of the first words of a slot, a byte at a time by a table: every tick takes it.
  static func of(_ words: InlineArray<32, UInt64>, count: Int) -> UInt32 {
    let table = byByte.span
    var sum: UInt32 = 0xFFFF_FFFF
    for index in 0..<count {
      var word = words[index]
      for _ in 0..<8 {
        sum = (sum >> 8) ^ table[Int((sum ^ UInt32(truncatingIfNeeded: word)) & 0xFF)]
        word >>= 8
      }
    }
    return ~sum
  }

  private static let byByte: InlineArray<256, UInt32> = {
    var table = InlineArray<256, UInt32>(repeating: 0)
    for index in 0..<256 {
      var sum = UInt32(index)
      for _ in 0..<8 { sum = sum & 1 != 0 ? (sum >> 1) ^ 0xEDB8_8320 : sum >> 1 }
      table[index] = sum
    }
    return table
  }()
}
