import Documents
import Testing

@testable import Commissioning

private let head = """
  rig: {name: bench-1, serial: BP-0001}
  tick: 10 ms
  pump: {volume_per_revolution: 50 uL, full_steps: 200, microsteps: 16, min_rate: 0.048 mL/d, max_rate: 24 mL/d}
  reservoir: {volume: 20 mL, low: 3 mL, empty: 1 mL}

  """
private let wires = """
  gpio: {chip: no-such-chip, step: 1, dir: 2, enable: 3, heartbeat: 4, buzzer: 5, lamp: 6}
  i2c: {bus: /dev/i2c-none, encoder: {driver: as5600, address: 0x36}}

  """

@Suite struct ExaminationTests {
  private let folder = Folder()

  private func examine(_ rig: String?) throws -> [String: Diagnosis] {
    let document = try rig.map { try RigDocument(path: folder.write("rig.yaml", $0)) }
    let findings = Examination(
      document: document, statePath: folder.path, socketPath: folder.path + "/pumpd.sock",
      priority: 1, isLogin: false, connect: { _ in .nobodyListens }
    ).findings()
    let names = findings.map(\.name)
    #expect(Set(names).count == names.count, "\(names)")
    return Dictionary(uniqueKeysWithValues: zip(names, findings))
  }

  private let machine = [
    "rig", "user", "real-time", "memory lock", "kernel", "clock source", "cpu governor",
    "gpio library", "gpio chips", "i2c adapters", "state directory", "socket", "stop group",
  ]

  @Test("without a rig file only the machine is looked at")
  func machineAlone() throws {
    let findings = try examine(nil)
    #expect(Set(findings.keys) == Set(machine))
    expect(try #require(findings["rig"]), .warning, remedy: "--rig")
    #expect(Array(findings.values).exitCode == .done)
  }

  @Test("a simulated rig needs no line and no bus, and no permission")
  func simulated() throws {
    let findings = try examine("backend: simulated\n" + head + wires)
    #expect(Set(findings.keys) == Set(machine + ["gpio", "i2c"]))
    expect(try #require(findings["gpio"]), .ok, found: "simulated")
    expect(try #require(findings["i2c"]), .ok, found: "simulated")
    #expect(Array(findings.values).exitCode == .done)
  }

  @Test("a rig on a machine without its chip and its bus")
  func real() throws {
    let findings = try examine("backend: linux\n" + head + wires)
    expect(
      try #require(findings["gpio.chip"]), .error, found: "no-such-chip", remedy: "label",
      code: .unavailable)
    expect(
      try #require(findings["i2c.bus"]), .error, found: "/dev/i2c-none", remedy: "i2c-dev",
      code: .unavailable)
    expect(
      try #require(findings["heartbeat gate"]), .warning, found: "no program can see",
      remedy: "kill -STOP", "page Rig")
    #expect(Array(findings.values).exitCode == .unavailable)
  }
}
