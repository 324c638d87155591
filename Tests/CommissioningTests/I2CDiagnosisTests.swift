import Hardware
import Quantities
import Testing

@testable import Commissioning
@testable import Documents

private let adapter = I2CAdapter(device: "/dev/i2c-1", name: "bcm2835 (i2c@7e804000)")

@Suite struct I2CDiagnosisTests {
  @Test func adapters() {
    expect(.i2cAdapters([adapter]), .ok, found: "/dev/i2c-1", "bcm2835")
    expect(.i2cAdapters([]), .ok, found: "none")
  }

  private func bus(_ failure: HardwareError?) -> Diagnosis {
    .bus("/dev/i2c-1", among: [adapter], failure: failure)
  }

  @Test func busOpens() {
    expect(bus(nil), .ok, found: "/dev/i2c-1", "bcm2835")
  }

  @Test func busDoesNotOpen() {
    expect(bus(.noPermission), .error, found: "bcm2835", remedy: "group i2c", code: .noPermission)
    expect(bus(.unsupported), .error, found: "blocks", remedy: "adapter", code: .unavailable)
    expect(bus(.busFault), .error, found: "failed", remedy: "dmesg", code: .unavailable)
    expect(
      .bus("/dev/i2c-3", among: [adapter], failure: .missing), .error, found: "no /dev/i2c-3",
      remedy: "i2c-dev", "dtparam=i2c_arm=on", code: .unavailable)
  }

  // MARK: The scan

  /// A bus on which these addresses answer, and these others say something else than all the rest.
  private func scan(
    _ answering: Set<UInt8> = [], _ others: [UInt8: HardwareError] = [:],
    silent: HardwareError = .noAddressAcknowledge,
    each: Nanoseconds = .zero
  ) -> (scan: BusScan, probed: Int) {
    var now = Nanoseconds.zero
    var probed = 0
    let scan = BusScan(
      probe: { address throws(HardwareError) in
        probed += 1
        now = now + each
        if !answering.contains(address) { throw others[address] ?? silent }
      }, now: { now })
    return (scan, probed)
  }

  @Test("every address that belongs to devices is asked once")
  func scansAll() {
    let (scan, probed) = scan([0x2A, 0x36], [0x68: .busy])
    #expect(probed == 0x77 - 0x08 + 1)
    #expect(scan.answering == [0x2A, 0x36])
    #expect(scan.owned == [0x68])
    expect(.scan(scan), .ok, found: "0x2a 0x36 0x68 (a driver of the kernel)")
  }

  @Test(
    "an adapter that says a time-out where nobody answers",
    arguments: [
      HardwareError.timeout, .noAcknowledge, .gone,
    ])
  func nobodyAnswers(silent: HardwareError) {
    let (scan, probed) = scan([0x48], silent: silent, each: .milliseconds(5))
    #expect(probed == 112)
    #expect(scan == self.scan([0x48]).scan)
    expect(.scan(self.scan().scan), .warning, found: "no address", remedy: "supply")
  }

  @Test("a bus whose wires are held is given up, and not asked a hundred times")
  func busHangs() {
    let (scan, probed) = scan(silent: .timeout, each: .milliseconds(100))
    #expect(probed < 30)
    expect(
      .scan(scan), .error, found: "timed out", remedy: "SDA and SCL", code: .unavailable)
    expect(
      .scan(self.scan([], [0x08: .busFault]).scan), .error, found: "adapter failed",
      remedy: "pull-ups",
      code: .unavailable)
  }

  @Test func deviceIsMissing() throws {
    let scan = scan([0x36], [0x48: .busy]).scan
    #expect(Diagnosis.missing("i2c.encoder", address: 0x36, in: scan) == nil)
    expect(
      try #require(Diagnosis.missing("i2c.pressure", address: 0x48, in: scan)), .error,
      found: "driver of the kernel has 0x48", remedy: "overlay", code: .unavailable)
    expect(
      try #require(Diagnosis.missing("i2c.load_cell", address: 0x2A, in: scan)), .error,
      found: "nothing answers at 0x2a", remedy: "supply", code: .unavailable)
  }
}
