/// An analog-to-digital converter with four inputs, in single-shot mode. Registers, bits and reset values by
/// the ADS1115 data sheet.
///
/// In continuous mode, and for the comparator, it does nothing.
public struct ADS1115Model: RegisterDevice {
  /// With ADDR at ground.
  public static let address: UInt8 = 0x48

  public var pointer: UInt8 = 0
  /// A conversion that was started never ends.
  public var neverConverts = false

  /// Of AIN0 to AIN3 against ground.
  private var microvolts: [Double] = [0, 0, 0, 0]
  private var registers: [UInt16] = Self.resetValues
  private var running: (configuration: UInt16, until: Int64)?

  private enum Register {
    static let conversion = 0
    static let configuration = 1
  }
  private enum Bits {
    /// Written: start. Read: no conversion runs.
    static let operational: UInt16 = 0x8000
    static let singleShot: UInt16 = 0x0100
  }
  private static let resetValues: [UInt16] = [0x0000, 0x8583, 0x8000, 0x7FFF]
  /// By DR.
  private static let conversionsPerSecond: [Int64] = [8, 16, 32, 64, 128, 250, 475, 860]
  /// Microvolts of one count, by PGA: the range, 6.144 V to 0.256 V, over 32768.
  private static let microvoltsPerCount = [187.5, 125, 62.5, 31.25, 15.625, 7.8125, 7.8125, 7.8125]

  public init() {}

  public mutating func powerUp(at time: Int64) {
    pointer = 0
    registers = Self.resetValues
    running = nil
  }

  /// What is at an input from `time` on, in microvolts against ground.
  public mutating func apply(microvolts: Double, to channel: Int, at time: Int64) {
    advance(to: time)
    self.microvolts[channel] = microvolts
  }

  /// The pointer does not move: the two bytes of its register come again and again.
  public mutating func read(count: Int, at time: Int64) -> [UInt8] {
    advance(to: time)
    let register = Int(pointer) % registers.count
    var word = registers[register]
    if register == Register.configuration {
      word &= ~Bits.operational
      if running == nil { word |= Bits.operational }
    }
    return (0..<count).map { UInt8($0 % 2 == 0 ? word >> 8 : word & 0xFF) }
  }

  /// A register takes its word with the second byte.
  public mutating func write(_ bytes: [UInt8], at time: Int64) -> Bool {
    guard Int(pointer) < registers.count else { return false }
    advance(to: time)
    guard bytes.count >= 2, Int(pointer) != Register.conversion else { return true }
    let word = UInt16(bytes[0]) << 8 | UInt16(bytes[1])
    registers[Int(pointer)] = word
    if Int(pointer) == Register.configuration { start(word, at: time) }
    return true
  }

  /// Starting has no effect while a conversion runs: that one ends with the settings it began with.
  private mutating func start(_ configuration: UInt16, at time: Int64) {
    let starts = Bits.operational | Bits.singleShot
    guard running == nil, configuration & starts == starts else { return }
    let rate = Self.conversionsPerSecond[Int(configuration >> 5 & 7)]
    running = (configuration, time + 1_000_000_000 / rate)
  }

  private mutating func advance(to time: Int64) {
    guard let running, time >= running.until, !neverConverts else { return }
    let step = Self.microvoltsPerCount[Int(running.configuration >> 9 & 7)]
    let counts = (voltage(mux: running.configuration >> 12 & 7) / step).rounded()
    let limited = Int16(max(Double(Int16.min), min(Double(Int16.max), counts)))
    registers[Register.conversion] = UInt16(bitPattern: limited)
    self.running = nil
  }

  private func voltage(mux: UInt16) -> Double {
    switch mux {
    case 0: microvolts[0] - microvolts[1]
    case 1: microvolts[0] - microvolts[3]
    case 2: microvolts[1] - microvolts[3]
    case 3: microvolts[2] - microvolts[3]
    default: microvolts[Int(mux) - 4]
    }
  }
}
