/// Whether 32 bytes are a public key that somebody can have made: RFC 8032, section 5.1.3, and no point of
/// small order.
///
/// A library that verifies takes more than that: under a point of small order one signature fits every
/// message, and a number that is not below the prime is a second spelling of another key.
enum CurvePoint {
  static func isSound(_ bytes: InlineArray<32, UInt8>) -> Bool {
    guard let y = FieldElement(bytes) else { return false }
    let (one, d) = (FieldElement.one, FieldElement.d)
    let square = y * y
    // y of a point whose order divides 8: 0, 1, -1, and where its double has y = 0.
    let smallOrder = y * (square - one) * (d * square * square + square + square - one)
    if smallOrder.isZero { return false }
    // x^2 = (y^2 - 1) / (d y^2 + 1), which is a square where the product of both is.
    return ((square - one) * (d * square + one)).isSquare
  }
}

/// A number modulo 2^255 - 19, not for secrets: what it takes depends on the number.
private struct FieldElement {
  /// The lowest first; below the prime.
  private var words: InlineArray<4, UInt64>

  private init(words: InlineArray<4, UInt64>) { self.words = words }

  static let one = FieldElement(words: [1, 0, 0, 0])
  private static let prime: InlineArray<4, UInt64> = [
    0xffff_ffff_ffff_ffed, .max, .max, 0x7fff_ffff_ffff_ffff,
  ]
  /// Of the curve: -121665 / 121666.
  static let d = FieldElement(words: [
    0x75eb_4dca_1359_78a3, 0x0070_0a4d_4141_d8ab, 0x8cc7_4079_7779_e898, 0x5203_6cee_2b6f_fe73,
  ])

  /// Of the bytes of a key, without the sign in the highest bit. Nil where it is not below the prime.
  init?(_ bytes: InlineArray<32, UInt8>) {
    words = [0, 0, 0, 0]
    for index in bytes.indices {
      let byte = index == 31 ? bytes[index] & 0x7f : bytes[index]
      words[index / 8] |= UInt64(byte) << UInt64(8 * (index % 8))
    }
    if !Self.difference(words, Self.prime).borrows { return nil }
  }

  var isZero: Bool { words[0] | words[1] | words[2] | words[3] == 0 }

  /// By Euler: to the power of (p - 1) / 2 = 2^254 - 10 it is 1, or 0.
  var isSquare: Bool {
    // 2^254 - 10 in bits: 250 ones, then 0, 1, 1, 0.
    var power = Self.one
    for bit in (0..<254).reversed() {
      power = power * power
      if bit > 3 || bit == 2 || bit == 1 { power = power * self }
    }
    return (power - .one).isZero || isZero
  }

  static func + (left: Self, right: Self) -> Self {
    var (sum, carry) = (left.words, UInt64(0))
    // Both are below 2^255: nothing is carried out of the last word.
    for index in sum.indices {
      let part = UInt128(sum[index]) + UInt128(right.words[index]) + UInt128(carry)
      (sum[index], carry) = (UInt64(truncatingIfNeeded: part), UInt64(part >> 64))
    }
    return Self(reducing: sum)
  }

  static func - (left: Self, right: Self) -> Self {
    left + Self(reducing: difference(prime, right.words).words)
  }

  static func * (left: Self, right: Self) -> Self {
    var product = InlineArray<8, UInt64>(repeating: 0)
    for i in 0..<4 {
      var carry: UInt128 = 0
      for j in 0..<4 {
        let part =
          UInt128(left.words[i]) * UInt128(right.words[j]) + UInt128(product[i + j]) + carry
        (product[i + j], carry) = (UInt64(truncatingIfNeeded: part), part >> 64)
      }
      product[i + 4] = UInt64(carry)
    }
    return Self(folding: product)
  }

  /// 2^256 is 38 modulo the prime.
  private init(folding product: InlineArray<8, UInt64>) {
    var (folded, carry): (InlineArray<4, UInt64>, UInt128) = ([0, 0, 0, 0], 0)
    for index in folded.indices {
      let part = UInt128(product[index]) + 38 * UInt128(product[index + 4]) + carry
      (folded[index], carry) = (UInt64(truncatingIfNeeded: part), part >> 64)
    }
    while carry > 0 {
      carry *= 38
      for index in folded.indices {
        let part = UInt128(folded[index]) + carry
        (folded[index], carry) = (UInt64(truncatingIfNeeded: part), part >> 64)
      }
    }
    self.init(reducing: folded)
  }

  private init(reducing number: InlineArray<4, UInt64>) {
    words = number
    while true {
      let rest = Self.difference(words, Self.prime)
      if rest.borrows { return }
      words = rest.words
    }
  }

  private static func difference(
    _ left: InlineArray<4, UInt64>, _ right: InlineArray<4, UInt64>
  ) -> (words: InlineArray<4, UInt64>, borrows: Bool) {
    var (rest, borrows) = (left, false)
    for index in rest.indices {
      let (part, first) = rest[index].subtractingReportingOverflow(right[index])
      let (whole, second) = part.subtractingReportingOverflow(borrows ? 1 : 0)
      (rest[index], borrows) = (whole, first || second)
    }
    return (rest, borrows)
  }
}
