import Plant
import Testing

@Suite struct ADS1115ModelTests {
  @Test("the supply brings the reset values")
  func resetValues() {
    let chip = Bare(ADS1115Model())
    #expect(chip.read(register: 0, count: 2, at: 0) == [0x00, 0x00])
    #expect(chip.read(register: 1, count: 2, at: 0) == [0x85, 0x83])
    #expect(chip.read(register: 2, count: 2, at: 0) == [0x80, 0x00])
    #expect(chip.read(register: 3, count: 2, at: 0) == [0x7F, 0xFF])
    #expect(chip.read(register: 4, count: 2, at: 0) == nil)
    #expect(!chip.write(register: 4, [0, 0], at: 0))
    #expect(chip.write(register: 1, [0x43, 0x83], at: 0))
    chip.powerUp(at: 0)
    #expect(chip.read(register: 1, count: 2, at: 0) == [0x85, 0x83])
  }

  @Test(
    "a conversion takes the time of its data rate",
    arguments: [
      // 1 s over 8, 128 and 860.
      (configuration: [0xC3, 0x03], idle: [0xC3, 0x03], busy: [0x43, 0x03], time: 125_000_000),
      ([0xC3, 0x83], [0xC3, 0x83], [0x43, 0x83], 7_812_500),
      ([0xC3, 0xE3], [0xC3, 0xE3], [0x43, 0xE3], 1_162_790),
    ] as [([UInt8], [UInt8], [UInt8], Int64)])
  func time(configuration: [UInt8], idle: [UInt8], busy: [UInt8], time: Int64) {
    let chip = Bare(ADS1115Model())
    chip.device.apply(microvolts: 2_500_000, to: 0, at: 0)
    #expect(chip.write(register: 1, configuration, at: 1_000))
    #expect(chip.read(register: 1, count: 2, at: 1_000 + time - 1) == busy)
    #expect(chip.read(register: 0, count: 2, at: 1_000 + time - 1) == [0, 0])
    #expect(chip.read(register: 1, count: 2, at: 1_000 + time) == idle)
    #expect(chip.read(register: 0, count: 4, at: 1_000 + time) == [0x4E, 0x20, 0x4E, 0x20])
  }

  /// Converts once, with 2.5 V, 1 V, 5 V and -0.1 V at the inputs.
  private func convert(_ configuration: [UInt8]) -> [UInt8]? {
    let chip = Bare(ADS1115Model())
    for (channel, microvolts) in [2_500_000.0, 1_000_000, 5_000_000, -100_000].enumerated() {
      chip.device.apply(microvolts: microvolts, to: channel, at: 0)
    }
    #expect(chip.write(register: 1, configuration, at: 0))
    return chip.read(register: 0, count: 2, at: 1_000_000_000)
  }

  @Test(
    "inputs and ranges",
    arguments: [
      ([0x83, 0x83], [0x2E, 0xE0]),  // A0-A1: 1.5 V / 125 uV = 12000
      ([0x93, 0x83], [0x51, 0x40]),  // A0-A3: 2.6 V = 20800
      ([0xA3, 0x83], [0x22, 0x60]),  // A1-A3: 1.1 V = 8800
      ([0xB3, 0x83], [0x7F, 0xFF]),  // A2-A3: 5.1 V is beyond 4.096 V
      ([0xD3, 0x83], [0x1F, 0x40]),  // A1: 1 V = 8000
      ([0xE1, 0x83], [0x68, 0x2B]),  // A2 in 6.144 V: 5 V / 187.5 uV = 26666.7
      ([0xF3, 0x83], [0xFC, 0xE0]),  // A3: -0.1 V = -800
      ([0xFB, 0x83], [0xCE, 0x00]),  // A3 in 0.256 V: -0.1 V / 7.8125 uV = -12800
      ([0xF9, 0x83], [0xE7, 0x00]),  // A3 in 0.512 V: -0.1 V / 15.625 uV = -6400
      ([0xCB, 0x83], [0x7F, 0xFF]),
    ] as [([UInt8], [UInt8])])
  func inputs(configuration: [UInt8], conversion: [UInt8]) {
    #expect(convert(configuration) == conversion)
  }

  @Test("nothing is converted without a start, in continuous mode, or by half a word")
  func noStart() {
    #expect(convert([0x43, 0x83]) == [0, 0])
    #expect(convert([0xC2, 0x83]) == [0, 0])
    #expect(convert([0xC3]) == [0, 0])
  }

  @Test("a running conversion ends with the settings and at the time that it began with")
  func startWhileBusy() {
    let chip = Bare(ADS1115Model())
    chip.device.apply(microvolts: 2_500_000, to: 0, at: 0)
    chip.device.apply(microvolts: 1_000_000, to: 1, at: 0)
    #expect(chip.write(register: 1, [0xC3, 0x83], at: 0))
    #expect(chip.write(register: 1, [0xD3, 0x03], at: 5_000_000))
    #expect(chip.read(register: 0, count: 2, at: 7_812_500) == [0x4E, 0x20])
    #expect(chip.read(register: 1, count: 2, at: 7_812_500) == [0xD3, 0x03])
  }

  @Test("what comes to the input after the conversion is not in it")
  func inputAfterwards() {
    let chip = Bare(ADS1115Model())
    chip.device.apply(microvolts: 1_000_000, to: 0, at: 0)
    #expect(chip.write(register: 1, [0xC3, 0x83], at: 0))
    chip.device.apply(microvolts: 2_000_000, to: 0, at: 7_812_501)
    #expect(chip.read(register: 0, count: 2, at: 8_000_000) == [0x1F, 0x40])
  }

  @Test("a chip that never converts stays busy")
  func neverConverts() {
    let chip = Bare(ADS1115Model())
    chip.device.neverConverts = true
    #expect(chip.write(register: 1, [0xC3, 0x83], at: 0))
    #expect(chip.read(register: 1, count: 2, at: .max) == [0x43, 0x83])
  }
}
