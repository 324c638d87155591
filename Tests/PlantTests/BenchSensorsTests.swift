import Plant
import Testing

@Suite struct BenchSensorsTests {
  private let clock = HandClock()
  private let bus: SimulatedBus
  private var sensors: BenchSensors

  init() {
    bus = clock.bus()
    sensors = BenchSensors(
      bus: bus, stepsPerRevolution: 3200, encoder: .init(),
      loadCell: .init(countsPerGram: 10_000, zero: 500),
      linePressure: .init(channel: 1, kilopascalsPerVolt: 50))
  }

  private func read(_ address: UInt8, _ register: UInt8, _ count: Int) -> [UInt8]? {
    try? bus.transfer(address, writing: [register], reading: count).get()
  }

  /// Pressure in counts of 125 uV, after the time of a conversion.
  private func pressureCounts() -> Int {
    #expect(bus.transfer(0x48, writing: [1, 0xD3, 0xE3], reading: 0) == .success([]))
    clock.pass(1_162_790)
    let bytes = read(0x48, 0, 2) ?? [0, 0]
    return Int(bytes[0]) << 8 | Int(bytes[1])
  }

  @Test("the encoder turns with the motor, from its offset of a tenth of a turn")
  mutating func encoder() {
    sensors.update(motorSteps: 0, reservoirMicrolitres: 20_000)
    #expect(read(0x36, 0x0C, 2) == [0x01, 0x99])  // 409.6
    sensors.update(motorSteps: 800, reservoirMicrolitres: 19_987.5)
    #expect(read(0x36, 0x0C, 2) == [0x05, 0x99])  // 1433.6
    sensors.update(motorSteps: 3_200, reservoirMicrolitres: 19_950)
    #expect(read(0x36, 0x0C, 2) == [0x01, 0x99])
    sensors.update(motorSteps: -800, reservoirMicrolitres: 19_950)
    #expect(read(0x36, 0x0C, 2) == [0x0D, 0x99])  // 3481.6
  }

  @Test("the load cell weighs a milligram a microlitre")
  mutating func loadCell() {
    #expect(bus.transfer(0x2A, writing: [0x00, 0x16, 0x27], reading: 0) == .success([]))
    sensors.update(motorSteps: 0, reservoirMicrolitres: 18_500)
    clock.pass(1_000_000_000)
    #expect(read(0x2A, 0x12, 3) == [0x02, 0xD4, 0x9C])  // 185500
    sensors.update(motorSteps: 0, reservoirMicrolitres: 0)
    clock.pass(100_000_000)
    #expect(read(0x2A, 0x12, 3) == [0x00, 0x01, 0xF4])  // 500
  }

  @Test("the pressure rises with what is pushed, and falls to the baseline within seconds")
  mutating func pressure() {
    sensors.update(motorSteps: 0, reservoirMicrolitres: 20_000)
    #expect(pressureCounts() == 800)  // 5 kPa / 50 kPa/V / 125 uV
    // 0.145 uL widen the line by 1 kPa, 160 counts.
    sensors.update(motorSteps: 10, reservoirMicrolitres: 19_999.855, deliveredMicrolitres: 0.145)
    #expect(pressureCounts() == 960)
    clock.pass(1_044_000_000 - 1_162_790)
    sensors.update(motorSteps: 10, reservoirMicrolitres: 19_999.855, deliveredMicrolitres: 0.145)
    #expect(pressureCounts() == 859)  // 800 + 160 / e
    clock.pass(60_000_000_000)
    sensors.line.baselineKilopascals = 7.5
    sensors.update(motorSteps: 10, reservoirMicrolitres: 19_999.855, deliveredMicrolitres: 0.145)
    #expect(pressureCounts() == 1200)
    // A refill pulls nothing.
    sensors.update(motorSteps: 10, reservoirMicrolitres: 1_000, deliveredMicrolitres: 0)
    #expect(pressureCounts() == 1200)
  }

  @Test("a bench has only the sensors that it is given")
  mutating func none() {
    let bus = clock.bus()
    var bare = BenchSensors(
      bus: bus, stepsPerRevolution: 3200, encoder: nil, loadCell: nil, linePressure: nil)
    bare.update(motorSteps: 1, reservoirMicrolitres: 1)
    for address in [0x36, 0x2A, 0x48] as [UInt8] {
      #expect(bus.transfer(address, writing: [0], reading: 1) == .failure(.noAddressAcknowledge))
    }
  }
}
