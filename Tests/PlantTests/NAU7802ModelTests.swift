import Plant
import Testing

@Suite struct NAU7802ModelTests {
  /// 18.5 g at 10000 counts a gram and 500 counts without anything: 185500.
  private static let mass: [UInt8] = [0x02, 0xD4, 0x9C]
  private static let off: [[UInt8]] = [[0x60, 0, 0], [0xA0, 0, 0]]

  /// Powered at 0 and ready, gain 128, at 10 conversions a second from 1 ms on.
  private func running(control2: UInt8 = 0x00) -> Bare<NAU7802Model> {
    let chip = Bare(NAU7802Model(countsPerGram: 10_000, zero: 500))
    chip.device.load(milligrams: 18_500, at: 0)
    #expect(chip.write(register: 0x00, [0x06], at: 0))
    #expect(chip.write(register: 0x01, [0x27, control2], at: 500_000))
    #expect(chip.write(register: 0x00, [0x16], at: millisecond))
    return chip
  }

  private func isReady(_ chip: Bare<NAU7802Model>, at time: Int64) -> Bool {
    chip.read(register: 0x00, count: 1, at: time).map { $0[0] & 0x20 != 0 } ?? false
  }

  @Test("the supply is ready 200 us after both parts are on, and revision is 0xF")
  func powerUp() {
    let chip = Bare(NAU7802Model(countsPerGram: 1, zero: 0))
    #expect(chip.read(register: 0x1F, count: 1, at: 0) == [0x0F])
    #expect(chip.write(register: 0x00, [0x02], at: 0))
    #expect(chip.read(register: 0x00, count: 1, at: 1_000_000) == [0x02])
    #expect(chip.write(register: 0x00, [0x06], at: 1_000_000))
    #expect(chip.read(register: 0x00, count: 1, at: 1_199_999) == [0x06])
    #expect(chip.read(register: 0x00, count: 1, at: 1_200_000) == [0x0E])
    // What is read only stays as it is.
    #expect(chip.write(register: 0x00, [0xA6], at: 2_000_000))
    #expect(chip.read(register: 0x00, count: 1, at: 2_000_000) == [0x8E])
    #expect(chip.write(register: 0x00, [0x00], at: 3_000_000))
    #expect(chip.read(register: 0x00, count: 1, at: 3_000_000) == [0x00])
  }

  @Test("a reset, and a lost supply, bring the reset values")
  func reset() {
    var chip = running()
    #expect(chip.write(register: 0x00, [0x17], at: 900 * millisecond))
    #expect(chip.read(register: 0x00, count: 3, at: 901 * millisecond) == [0x01, 0, 0])
    #expect(chip.write(register: 0x00, [0x00], at: 902 * millisecond))
    #expect(chip.read(register: 0x00, count: 3, at: 903 * millisecond) == [0, 0, 0])
    chip = running()
    chip.powerUp(at: 900 * millisecond)
    #expect(chip.read(register: 0x00, count: 3, at: 5_000 * millisecond) == [0, 0, 0])
    #expect(chip.read(register: 0x12, count: 3, at: 5_000 * millisecond) == [0, 0, 0])
  }

  @Test(
    "a conversion ends once a period, is ready until it is read, and the first six are far off",
    arguments: [(0x00, 100.0), (0x10, 50), (0x20, 25), (0x30, 12.5), (0x70, 3.125)]
      as [(UInt8, Double)])
  func conversions(control2: UInt8, periodMilliseconds: Double) {
    let chip = running(control2: control2)
    let period = Int64(periodMilliseconds * 1e6)
    for number in Int64(1)...9 {
      let end = millisecond + number * period
      #expect(!isReady(chip, at: end - 1))
      #expect(isReady(chip, at: end))
      let bytes = chip.read(register: 0x12, count: 3, at: end)
      #expect(number > 6 ? bytes == Self.mass : Self.off.contains(bytes ?? []), "\(number)")
      #expect(!isReady(chip, at: end))
    }
  }

  @Test("one that is looked at late has converted as often")
  func late() {
    var chip = running()
    #expect(chip.read(register: 0x12, count: 3, at: 700 * millisecond) != Self.mass)
    chip = running()
    #expect(chip.read(register: 0x12, count: 3, at: 701 * millisecond) == Self.mass)
    #expect(!isReady(chip, at: 800 * millisecond))
    #expect(isReady(chip, at: 801 * millisecond))
  }

  @Test(
    "the conversion is mass times counts a gram, by the gain, in two's complement, and limited",
    arguments: [
      (milligrams: 0.0, gain: 0x27, bytes: [0x00, 0x01, 0xF4]),  // 500
      (-50, 0x27, [0x00, 0x00, 0x00]),
      (-250, 0x27, [0xFF, 0xF8, 0x30]),  // -2000
      (18_500, 0x20, [0x00, 0x05, 0xA9]),  // 185500 / 128 = 1449.2
      (1_000_000, 0x27, [0x7F, 0xFF, 0xFF]), (-1_000_000, 0x27, [0x80, 0x00, 0x00]),
    ] as [(Double, UInt8, [UInt8])])
  func values(milligrams: Double, gain: UInt8, bytes: [UInt8]) {
    let chip = running()
    #expect(chip.write(register: 0x01, [gain], at: 2 * millisecond))
    chip.device.load(milligrams: milligrams, at: 2 * millisecond)
    #expect(chip.read(register: 0x12, count: 3, at: 5_000 * millisecond) == bytes)
  }

  @Test("what is laid on the cell after a conversion is not in it")
  func loadedAfterwards() {
    let chip = running()
    chip.device.load(milligrams: 0, at: 1_002 * millisecond)
    #expect(chip.read(register: 0x12, count: 3, at: 1_003 * millisecond) == Self.mass)
    #expect(chip.read(register: 0x12, count: 3, at: 1_101 * millisecond) == [0x00, 0x01, 0xF4])
  }

  @Test("a calibration takes 344 ms, in which nothing is converted, and then it settles again")
  func calibration() {
    let chip = running()
    let begin = 1_050 * millisecond
    #expect(chip.write(register: 0x02, [0x04], at: begin))
    #expect(!isReady(chip, at: begin))
    #expect(chip.read(register: 0x02, count: 1, at: begin + 344 * millisecond - 1) == [0x04])
    #expect(chip.read(register: 0x02, count: 1, at: begin + 344 * millisecond) == [0x00])
    #expect(!isReady(chip, at: begin + 444 * millisecond - 1))
    for number in Int64(1)...7 {
      let time = begin + (344 + 100 * number) * millisecond
      #expect((chip.read(register: 0x12, count: 3, at: time) == Self.mass) == (number == 7))
    }
  }

  @Test("a failed calibration says so until one goes well")
  func failedCalibration() {
    let chip = running()
    chip.device.faults.calibrationFails = true
    #expect(chip.write(register: 0x02, [0x04], at: 2 * millisecond))
    #expect(chip.read(register: 0x02, count: 1, at: 346 * millisecond) == [0x08])
    #expect(chip.write(register: 0x02, [0x00], at: 347 * millisecond))
    #expect(chip.read(register: 0x02, count: 1, at: 348 * millisecond) == [0x08])
    chip.device.faults.calibrationFails = false
    #expect(chip.write(register: 0x02, [0x04], at: 400 * millisecond))
    #expect(chip.read(register: 0x02, count: 1, at: 744 * millisecond) == [0x00])
  }

  @Test("a chip that is never ready, and one that never converts")
  func neverReady() {
    var chip = running()
    chip.device.faults.neverReady = true
    #expect(chip.read(register: 0x00, count: 1, at: 9_000 * millisecond) == [0x16])
    chip = running()
    chip.device.faults.neverConverts = true
    #expect(chip.read(register: 0x00, count: 1, at: 9_000 * millisecond) == [0x1E])
    #expect(chip.read(register: 0x12, count: 3, at: 9_000 * millisecond) == [0, 0, 0])
    chip.device.faults.neverConverts = false
    #expect(!isReady(chip, at: 9_001 * millisecond - 1))
    #expect(isReady(chip, at: 9_001 * millisecond))
  }

  @Test("a torn read has the upper byte of the old conversion and the others of the new one")
  func tornRead() {
    let chip = running()
    chip.device.load(milligrams: 6_500, at: 2 * millisecond)  // 65500 = 0x00FFDC
    #expect(chip.read(register: 0x12, count: 3, at: 701 * millisecond) == [0x00, 0xFF, 0xDC])
    chip.device.load(milligrams: 6_510, at: 702 * millisecond)  // 65600 = 0x010040
    chip.device.faults.tornReads = 1
    #expect(chip.read(register: 0x12, count: 3, at: 703 * millisecond) == [0x00, 0x00, 0x40])
    #expect(isReady(chip, at: 703 * millisecond))
    #expect(chip.read(register: 0x12, count: 3, at: 704 * millisecond) == [0x01, 0x00, 0x40])
    #expect(!isReady(chip, at: 704 * millisecond))
    #expect(chip.device.faults.tornReads == 0)
  }

  @Test("reserved rates convert nothing, and there are no registers behind the last")
  func beyondTheMap() {
    let chip = running(control2: 0x40)
    #expect(!isReady(chip, at: 9_000 * millisecond))
    #expect(chip.read(register: 0x1F, count: 2, at: 9_001 * millisecond) == [0x0F, 0xFF])
    #expect(chip.read(register: 0x20, count: 1, at: 9_001 * millisecond) == nil)
    #expect(!chip.write(register: 0x20, [1], at: 9_001 * millisecond))
    #expect(chip.write(register: 0x1F, [0x00], at: 9_001 * millisecond))
    #expect(chip.read(register: 0x1F, count: 1, at: 9_001 * millisecond) == [0x0F])
  }
}
