/// A load cell behind a 24-bit converter. Registers, bits and times by the NAU7802 data sheet, revision 1.7.
///
/// What the data sheet leaves open is unkind here: reserved conversion rates convert nothing, and the
/// conversions that the filter needs to settle are far off.
public struct NAU7802Model: RegisterDevice {
  public static let address: UInt8 = 0x2A

  /// What the chip may fail to do.
  public struct Faults: Sendable {
    /// The supply of the bridge never gets ready: PUR stays 0.
    public var neverReady = false
    public var neverConverts = false
    public var calibrationFails = false
    /// It is another chip of its family.
    public var isOtherRevision = false
    /// So many of the next reads of the conversion have a conversion end in their midst: the upper byte is
    /// of the old one, the others of the new one, and a conversion is ready again afterwards.
    public var tornReads = 0
  }

  public var pointer: UInt8 = 0
  public var faults = Faults()

  private let countsPerGram: Double
  private let zero: Double
  private var milligrams = 0.0
  private var registers = Self.resetValues
  /// When the digital and analog parts got their supply.
  private var poweredAt: Int64?
  private var calibrationEnd: Int64?
  /// When the last conversion ended, or converting began.
  private var cycleBegin: Int64?
  private var toSettle = 0
  private var conversion: Int32 = 0

  typealias Register = NAU7802Register
  private static let resetValues: [UInt8] =
    [UInt8](repeating: 0, count: Int(Register.revision)) + [0x0F]
  private static let readyNanoseconds: Int64 = 200_000
  private static let calibrationNanoseconds: Int64 = 344_000_000
  /// As many as the kernel's driver discards.
  private static let settlingConversions = 6

  /// - Parameters:
  ///   - countsPerGram: at gain 128.
  ///   - zero: the counts with nothing on the cell, at gain 128.
  public init(countsPerGram: Double, zero: Double) {
    self.countsPerGram = countsPerGram
    self.zero = zero
  }

  public mutating func powerUp(at time: Int64) {
    pointer = 0
    reset()
  }

  /// What lies on the cell from `time` on.
  public mutating func load(milligrams: Double, at time: Int64) {
    advance(to: time)
    self.milligrams = milligrams
  }

  /// Reads on and on through the map; behind its end nobody pulls the bus low.
  public mutating func read(count: Int, at time: Int64) -> [UInt8] {
    advance(to: time)
    let old = conversion
    let range = Int(pointer)..<Int(pointer) + count
    let readsConversion = range.overlaps(Int(Register.conversion)..<Int(Register.conversion) + 3)
    let isTorn = readsConversion && faults.tornReads > 0 && isConverting
    if isTorn {
      faults.tornReads -= 1
      finishConversions(1, at: time)
    }
    let bytes = range.map { register in
      register < registers.count
        ? value(of: UInt8(register), old: isTorn ? old : conversion) : 0xFF
    }
    if readsConversion && !isTorn { registers[0] &= ~PowerUp.conversionReady }
    pointer &+= UInt8(truncatingIfNeeded: count)
    return bytes
  }

  public mutating func write(_ bytes: [UInt8], at time: Int64) -> Bool {
    guard Int(pointer) < registers.count else { return false }
    advance(to: time)
    for byte in bytes {
      guard Int(pointer) < registers.count else { return false }
      write(byte, to: pointer, at: time)
      pointer &+= 1
    }
    return true
  }

  private func value(of register: UInt8, old: Int32) -> UInt8 {
    switch register {
    case Register.conversion: UInt8(truncatingIfNeeded: old >> 16)
    case Register.conversion + 1: UInt8(truncatingIfNeeded: conversion >> 8)
    case Register.conversion + 2: UInt8(truncatingIfNeeded: conversion)
    case Register.revision where faults.isOtherRevision: 0x03
    default: registers[Int(register)]
    }
  }

  private mutating func reset() {
    registers = Self.resetValues
    poweredAt = nil
    calibrationEnd = nil
    cycleBegin = nil
    conversion = 0
  }
}

// MARK: What its registers do

enum NAU7802Register {
  static let powerUp: UInt8 = 0x00
  static let control1: UInt8 = 0x01
  static let control2: UInt8 = 0x02
  static let conversion: UInt8 = 0x12
  static let revision: UInt8 = 0x1F
}

private enum PowerUp {
  static let reset: UInt8 = 0x01
  static let bothPowered: UInt8 = 0x06
  static let ready: UInt8 = 0x08
  static let start: UInt8 = 0x10
  static let conversionReady: UInt8 = 0x20
}

private enum Control2 {
  static let calibrate: UInt8 = 0x04
  static let calibrationError: UInt8 = 0x08
}

extension NAU7802Model {
  private mutating func write(_ byte: UInt8, to register: UInt8, at time: Int64) {
    switch register {
    case Register.powerUp: writePowerUp(byte, at: time)
    case Register.control2: writeControl2(byte, at: time)
    case Register.conversion..<Register.conversion + 3, Register.revision: break
    default: registers[Int(register)] = byte
    }
  }

  private mutating func writePowerUp(_ byte: UInt8, at time: Int64) {
    if byte & PowerUp.reset != 0 {
      reset()
      registers[0] = PowerUp.reset
      return
    }
    let readOnly = PowerUp.ready | PowerUp.conversionReady
    let before = registers[0]
    registers[0] = before & readOnly | byte & ~readOnly
    guard byte & PowerUp.bothPowered == PowerUp.bothPowered else {
      registers[0] &= ~readOnly
      (poweredAt, calibrationEnd, cycleBegin) = (nil, nil, nil)
      return
    }
    if poweredAt == nil { poweredAt = time }
    if byte & PowerUp.start == 0 {
      cycleBegin = nil
    } else if before & PowerUp.start == 0 {
      startConverting(at: time)
    }
    advance(to: time)
  }

  /// A new gain or rate begins afresh. A calibration ends what is being converted; what was ready is not
  /// reported any more.
  private mutating func writeControl2(_ byte: UInt8, at time: Int64) {
    let kept = registers[2] & Control2.calibrationError
    registers[2] = byte & ~Control2.calibrationError | kept
    if byte & Control2.calibrate != 0, calibrationEnd == nil {
      calibrationEnd = time + Self.calibrationNanoseconds
      registers[0] &= ~PowerUp.conversionReady
      cycleBegin = nil
    } else if calibrationEnd == nil, cycleBegin != nil {
      startConverting(at: time)
    }
  }

  private mutating func startConverting(at time: Int64) {
    cycleBegin = time
    toSettle = Self.settlingConversions
  }
}

// MARK: What time does

extension NAU7802Model {
  /// By CRS, in nanoseconds.
  private var period: Int64? {
    switch registers[2] >> 4 & 7 {
    case 0: 1_000_000_000 / 10
    case 1: 1_000_000_000 / 20
    case 2: 1_000_000_000 / 40
    case 3: 1_000_000_000 / 80
    case 7: 1_000_000_000 / 320
    default: nil
    }
  }

  private var isConverting: Bool { cycleBegin != nil && !faults.neverConverts }

  private mutating func advance(to time: Int64) {
    registers[0] &= ~PowerUp.ready
    guard let poweredAt, time - poweredAt >= Self.readyNanoseconds, !faults.neverReady else {
      return
    }
    registers[0] |= PowerUp.ready
    if let end = calibrationEnd, time >= end { finishCalibration(at: end) }
    guard let begin = cycleBegin, let period, time - begin >= period else { return }
    let count = (time - begin) / period
    if faults.neverConverts {
      cycleBegin = begin + count * period
    } else {
      finishConversions(count, at: begin + count * period)
    }
  }

  private mutating func finishCalibration(at end: Int64) {
    calibrationEnd = nil
    registers[2] &= ~(Control2.calibrate | Control2.calibrationError)
    if faults.calibrationFails { registers[2] |= Control2.calibrationError }
    if registers[0] & PowerUp.start != 0 { startConverting(at: end) }
  }

  private mutating func finishConversions(_ count: Int64, at end: Int64) {
    cycleBegin = end
    let left = Int64(toSettle) - count
    toSettle = Int(max(0, left))
    conversion = left >= 0 ? Self.unsettled(left) : counts
    registers[0] |= PowerUp.conversionReady
  }

  /// Far off, in both directions, and not at the end of the range, where any driver would be suspicious.
  private static func unsettled(_ left: Int64) -> Int32 {
    left % 2 == 0 ? 0x60_0000 : -0x60_0000
  }

  private var counts: Int32 {
    let gain = Double(1 << Int(registers[1] & 7)) / 128
    let exact = ((milligrams / 1000 * countsPerGram + zero) * gain).rounded()
    return Int32(max(-8_388_608, min(8_388_607, exact)))
  }
}
