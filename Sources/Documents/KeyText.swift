public import DosingCore

extension KeyID {
  /// 16 hexadecimal digits.
  public var text: String {
    let digits = String(raw, radix: 16)
    return String(repeating: "0", count: 16 - digits.count) + digits
  }

  /// Nil where these are not 16 hexadecimal digits.
  public init?(text: String) {
    guard text.utf8.count == 16, let raw = UInt64(text, radix: 16), !text.hasPrefix("+") else {
      return nil
    }
    self.init(raw)
  }
}

extension Role {
  /// As it is written on the command line.
  public var code: String { "\(self)" }

  public init?(code: String) {
    guard let role = Role.allCases.first(where: { $0.code == code }) else { return nil }
    self = role
  }
}

/// What `hexadecimal` wrote; nil where there is anything but pairs of digits.
public func bytes(hexadecimal text: String) -> [UInt8]? {
  let digits = Array(text.utf8)
  guard digits.count.isMultiple(of: 2) else { return nil }
  var bytes: [UInt8] = []
  for index in stride(from: 0, to: digits.count, by: 2) {
    guard let high = value(ofDigit: digits[index]), let low = value(ofDigit: digits[index + 1])
    else { return nil }
    bytes.append(high << 4 | low)
  }
  return bytes
}

private func value(ofDigit digit: UInt8) -> UInt8? {
  switch digit {
  case UInt8(ascii: "0")...UInt8(ascii: "9"): digit - UInt8(ascii: "0")
  case UInt8(ascii: "a")...UInt8(ascii: "f"): digit - UInt8(ascii: "a") + 10
  case UInt8(ascii: "A")...UInt8(ascii: "F"): digit - UInt8(ascii: "A") + 10
  default: nil
  }
}
