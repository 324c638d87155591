internal import ChildProcess
internal import Conformance
internal import Glibc
internal import Hardware
internal import Quantities

/// Registers that keep what is written, behind the kernel's own stub adapter.
///
/// The stub keeps a word for each register, and a byte is the lower half of it: unlike any chip, it
/// shows which transfers a driver makes.
struct StubCases {
  private static let module = "/lib/modules/i2c-stub.ko"

  var all: [Case] {
    [
      Case("R-070 bytes and words go to the registers that they are meant for") {
        try withStub { bus in
          try bus.write([0x5A], to: 0x10, of: 0x36)
          try expect(bus.read(1, from: 0x10, of: 0x36), is: [0x5A], "a byte")
          try bus.write([0x12, 0x34], to: 0x20, of: 0x36)
          try expect(bus.read(2, from: 0x20, of: 0x36), is: [0x12, 0x34], "a word")
          // The first byte of the wire is the lower one of the stub's word.
          try expect(bus.read(1, from: 0x20, of: 0x36), is: [0x12], "the first byte of the word")
        }
      },
      Case("R-070 a block is read register by register") {
        try withStub { bus in
          for (index, byte) in [0x11, 0x22, 0x33].enumerated() {
            try bus.write([UInt8(byte)], to: 0x40 + UInt8(index), of: 0x36)
          }
          try expect(bus.read(3, from: 0x40, of: 0x36), is: [0x11, 0x22, 0x33], "a block")
        }
      },
      Case("R-072 the encoder's registers are where its data sheet has them") {
        try withStub { bus in
          var encoder = AS5600(address: 0x36)
          for (register, byte) in [(0x0B, 0x20), (0x0C, 0xF9), (0x0D, 0x87)] {
            try bus.write([UInt8(byte)], to: UInt8(register), of: 0x36)
          }
          try expect(encoder.poll(bus, at: RealTime.now)?.value, is: 0x987, "the angle")
        }
      },
      Case("R-072 the converter of the pressure gets its words high byte first") {
        try withStub { bus in
          var sensor = ADS1115(address: 0x48, channel: 2, pascalsPerVolt: 1_000_000)
          // 0x0102 is 258 counts of 125 uV, 32250 uV.
          try bus.write([0x01, 0x02], to: 0, of: 0x48)
          try expect(sensor.poll(bus, at: RealTime.now) == nil, "a value before a conversion")
          // Start, A2 against ground, 4.096 V, single shot, 128 a second, no comparator.
          try expect(bus.read(2, from: 1, of: 0x48), is: [0xE3, 0x83], "the configuration")
          try expect(sensor.poll(bus, at: RealTime.now)?.value, is: 32_250, "pascals")
        }
      },
      Case("R-075 an address that a driver of the kernel owns is busy, and is left to it") {
        try withStub { bus in
          let adapter = "/sys/bus/i2c/devices/i2c-\(try stubNumber())"
          TextFile.write("dummy 0x48", to: adapter + "/new_device")
          defer { TextFile.write("0x48", to: adapter + "/delete_device") }
          let found = try failure(of: "reading") { _ = try bus.read(1, from: 0, of: 0x48) }
          try expect(found as? HardwareError, is: .busy, "the error")
        }
      },
    ]
  }

  private func withStub(_ body: (I2CBus) throws -> Void) throws {
    try busybox("insmod", Self.module, "chip_addr=0x36,0x2a,0x48")
    defer { try? busybox("rmmod", "i2c_stub") }
    let path = "/dev/i2c-\(try stubNumber())"
    try waitUntil("\(path) is there") { unsafe access(path, R_OK | W_OK) == 0 }
    try body(I2CBus(.linux(path: path), deadline: .milliseconds(50)))
  }

  private func stubNumber() throws -> Int {
    for name in TextFile.entries(of: "/sys/class/i2c-dev") {
      let adapter = TextFile.read("/sys/class/i2c-dev/\(name)/name")
      if adapter.hasPrefix("SMBus stub"), let number = Int(name.dropFirst(4)) { return number }
    }
    throw Violation("the stub has no adapter")
  }

  private func busybox(_ words: String...) throws {
    let child = try Child("/bin/busybox", words, output: "/dev/null", errors: "/tmp/busybox")
    try expect(child.wait(), is: 0, "busybox \(words): \(TextFile.read("/tmp/busybox"))")
  }
}
