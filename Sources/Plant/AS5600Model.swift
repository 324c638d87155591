/// A magnetic rotary encoder. Registers, bits and the behaviour of the pointer by the AS5600 data sheet,
/// v1-06.
///
/// Settings are stored and change nothing: a zero position does not move the angle.
public struct AS5600Model: RegisterDevice {
  /// The magnet over the chip.
  public enum Magnet: Sendable {
    case absent, weak, good, strong
  }

  /// By the factory.
  public static let address: UInt8 = 0x36

  public var pointer: UInt8 = 0
  /// The angle of the shaft in turns. Whole turns cannot be seen.
  public var turns = 0.0
  public var magnet = Magnet.good

  /// ZMCO, ZPOS, MPOS, MANG and CONF.
  private var settings = [UInt8](repeating: 0, count: 9)
  private var noise: UInt16 = 0

  private enum Register {
    static let zeroPosition: UInt8 = 0x01
    static let configuration: UInt8 = 0x08
    static let status: UInt8 = 0x0B
    static let rawAngle: UInt8 = 0x0C
    static let angle: UInt8 = 0x0E
    static let gain: UInt8 = 0x1A
    static let magnitude: UInt8 = 0x1B
    static let burn: UInt8 = 0xFF
  }

  public init() {}

  public mutating func powerUp(at time: Int64) {
    pointer = 0
    settings = [UInt8](repeating: 0, count: 9)
  }

  public mutating func read(count: Int, at time: Int64) -> [UInt8] {
    if magnet == .absent { noise = noise &* 25_173 &+ 13_849 }
    // A pointer that was set to the high byte of one of these stays there, so that it can be read again
    // and again. One that comes by from an earlier register moves on.
    let again: Set<UInt8> = [Register.rawAngle, Register.angle, Register.magnitude]
    let first = pointer
    return (0..<count).map { index in
      if again.contains(first) { return value(of: first &+ UInt8(index % 2)) }
      defer { pointer &+= 1 }
      return value(of: pointer)
    }
  }

  public mutating func write(_ bytes: [UInt8], at time: Int64) -> Bool {
    guard Self.isKnown(pointer) else { return false }
    for byte in bytes {
      guard Self.isKnown(pointer) else { return false }
      if (Register.zeroPosition...Register.configuration).contains(pointer) {
        settings[Int(pointer)] = byte
      }
      pointer &+= 1
    }
    return true
  }

  private static func isKnown(_ register: UInt8) -> Bool {
    switch register {
    case ...Register.configuration, Register.status...0x0F, Register.gain...0x1C, Register.burn:
      true
    default: false
    }
  }

  private func value(of register: UInt8) -> UInt8 {
    switch register {
    case ...Register.configuration: settings[Int(register)]
    case Register.status: status
    case Register.rawAngle, Register.angle: UInt8(counts >> 8)
    case Register.rawAngle + 1, Register.angle + 1: UInt8(counts & 0xFF)
    case Register.gain: field.gain
    case Register.magnitude: UInt8(field.magnitude >> 8)
    case Register.magnitude + 1: UInt8(field.magnitude & 0xFF)
    default: 0
    }
  }

  /// MD 0x20: detected, ML 0x10: too weak, MH 0x08: too strong.
  private var status: UInt8 {
    switch magnet {
    case .absent: 0x10
    case .weak: 0x30
    case .good: 0x20
    case .strong: 0x28
    }
  }

  /// 12 bit. Without a magnet the chip reports whatever its amplifier picks up.
  private var counts: UInt16 {
    if magnet == .absent { return noise >> 4 }
    return UInt16((turns - turns.rounded(.down)) * 4096) & 0xFFF
  }

  /// The gain runs from 0 to 128 at a supply of 3.3 V. The magnitudes are merely plausible.
  private var field: (gain: UInt8, magnitude: UInt16) {
    switch magnet {
    case .absent: (128, 0)
    case .weak: (128, 800)
    case .good: (64, 2000)
    case .strong: (0, 3600)
    }
  }
}
