import Hardware
import Plant
import Quantities
import Testing

@Suite struct SensorTests {
  /// An encoder that sets the four bits of the angle which its data sheet reserves. The model does not.
  private struct NoisyEncoder: RegisterDevice {
    var pointer: UInt8 = 0

    mutating func powerUp(at time: Int64) {}

    mutating func read(count: Int, at time: Int64) -> [UInt8] {
      Array([0x20, 0xF1, 0x99].prefix(count))
    }

    mutating func write(_ bytes: [UInt8], at time: Int64) -> Bool { true }
  }

  @Test("R-072 The angle has 12 bits, whatever the chip says in those that are reserved")
  func reservedBits() throws {
    let bus = try I2CBus(.simulated, deadline: .milliseconds(50))
    let devices = SimulatedBus()
    devices.connect(NoisyEncoder(), at: AS5600Model.address)
    unsafe devices.attach(to: bus.world)
    var encoder = AS5600(address: AS5600Model.address)
    let angle = try encoder.poll(bus, at: .zero)?.value
    #expect(angle == 0x199)
    withExtendedLifetime(devices) {}
  }
}
