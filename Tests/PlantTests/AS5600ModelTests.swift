import Plant
import Testing

@Suite struct AS5600ModelTests {
  @Test(
    "the raw angle is a turn in 4096 parts, high byte first",
    arguments: [
      (turns: 0.0, bytes: [0x00, 0x00]), (0.25, [0x04, 0x00]), (0.1, [0x01, 0x99]),
      (1.5, [0x08, 0x00]), (-0.25, [0x0C, 0x00]), (0.9999, [0x0F, 0xFF]), (-1e-20, [0x00, 0x00]),
    ] as [(Double, [UInt8])])
  func angle(turns: Double, bytes: [UInt8]) {
    let chip = Bare(AS5600Model())
    chip.device.turns = turns
    #expect(chip.read(register: 0x0C, count: 2, at: 0) == bytes)
    #expect(chip.read(register: 0x0E, count: 2, at: 0) == bytes)
  }

  @Test(
    "status, gain and magnitude say how the magnet is",
    arguments: [
      (AS5600Model.Magnet.absent, status: 0x10, gain: 128, magnitude: [0x00, 0x00]),
      (.weak, 0x30, 128, [0x03, 0x20]), (.good, 0x20, 64, [0x07, 0xD0]),
      (.strong, 0x28, 0, [0x0E, 0x10]),
    ] as [(AS5600Model.Magnet, UInt8, UInt8, [UInt8])])
  func magnet(magnet: AS5600Model.Magnet, status: UInt8, gain: UInt8, magnitude: [UInt8]) {
    let chip = Bare(AS5600Model())
    chip.device.magnet = magnet
    #expect(chip.read(register: 0x0B, count: 1, at: 0) == [status])
    #expect(chip.read(register: 0x1A, count: 3, at: 0) == [gain] + magnitude)
  }

  @Test("without a magnet the angle is noise")
  func noise() {
    let chip = Bare(AS5600Model())
    chip.device.turns = 0.25
    chip.device.magnet = .absent
    let angles = (0..<8).map { _ in chip.read(register: 0x0C, count: 2, at: 0) }
    #expect(Set(angles).count == 8)
    #expect(angles.allSatisfy { ($0?[0] ?? 0xFF) <= 0x0F })
  }

  @Test("a pointer set to the high byte of the angle stays there; one from before moves on")
  func pointer() {
    let chip = Bare(AS5600Model())
    chip.device.turns = 0.1
    #expect(chip.read(register: 0x0C, count: 5, at: 0) == [0x01, 0x99, 0x01, 0x99, 0x01])
    #expect(chip.read(count: 2, at: 0) == [0x01, 0x99])
    #expect(chip.read(register: 0x0B, count: 5, at: 0) == [0x20, 0x01, 0x99, 0x01, 0x99])
    // Behind the angle there is nothing, and nothing is read as 0.
    #expect(chip.read(count: 2, at: 0) == [0, 0])
    #expect(chip.read(register: 0x0D, count: 2, at: 0) == [0x99, 0x01])
  }

  @Test("settings are kept until the supply goes; what is read only is not written")
  func settings() {
    let chip = Bare(AS5600Model())
    #expect(chip.write(register: 0x07, [0x12, 0x34], at: 0))
    #expect(chip.write(register: 0x0B, [0xFF], at: 0))
    #expect(chip.read(register: 0x07, count: 2, at: 0) == [0x12, 0x34])
    #expect(chip.read(register: 0x0B, count: 1, at: 0) == [0x20])
    chip.powerUp(at: 0)
    #expect(chip.read(register: 0x07, count: 2, at: 0) == [0, 0])
  }

  @Test(
    "a register that does not exist is not acknowledged", arguments: [0x09, 0x10, 0x1D] as [UInt8])
  func unknown(register: UInt8) {
    let chip = Bare(AS5600Model())
    #expect(chip.read(register: register, count: 1, at: 0) == nil)
    #expect(!chip.write(register: register, [1], at: 0))
  }
}
