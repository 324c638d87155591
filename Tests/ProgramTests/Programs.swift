import ChildProcess
import Foundation
import Testing

/// What a program printed and how it ended.
struct Outcome {
  let code: Int32
  let output: String
  let errors: String

  var errorLines: [Substring] { errors.split(separator: "\n") }
}

/// The built programs, as a user runs them.
enum Programs {
  /// The folder of the test bundle is that of the programs.
  static let folder: URL = {
    let bundle = URL(fileURLWithPath: CommandLine.arguments[0]).resolvingSymlinksInPath()
    var folder = bundle.deletingLastPathComponent()
    while folder.path != "/",
      !FileManager.default.isExecutableFile(atPath: folder.appendingPathComponent("pumpd").path)
    {
      folder = folder.deletingLastPathComponent()
    }
    return folder
  }()

  static func path(_ name: String) -> String {
    name.hasPrefix("/") ? name : folder.appendingPathComponent(name).path
  }

  static func run(_ name: String, _ arguments: String...) throws -> Outcome {
    try run(name, arguments)
  }

  static func run(
    _ name: String, _ arguments: [String], input: String = "/dev/null", environment: [String] = []
  ) throws -> Outcome {
    let files = try TemporaryFolder()
    let (output, errors) = (files.path("output"), files.path("errors"))
    let code = try Child(
      path(name), arguments, input: input, output: output, errors: errors, environment: environment
    ).wait()
    return Outcome(
      code: code, output: try String(contentsOfFile: output, encoding: .utf8),
      errors: try String(contentsOfFile: errors, encoding: .utf8))
  }
}

/// A folder that goes with the value.
final class TemporaryFolder {
  let url: URL

  init() throws {
    // Short, since a socket's path may have 107 bytes.
    url = URL(fileURLWithPath: "/tmp/pump-\(UInt32.random(in: 0...UInt32.max))")
    try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(at: url) }

  func path(_ name: String) -> String { url.appendingPathComponent(name).path }

  @discardableResult
  func write(_ name: String, _ text: String) throws -> String {
    try text.write(toFile: path(name), atomically: true, encoding: .utf8)
    return path(name)
  }
}

/// Files that are valid, for tests that change one thing about them.
enum Texts {
  static let rig = """
    rig: {name: bench-1, serial: BP-0001}
    backend: simulated
    tick: 10 ms
    pump: {volume_per_revolution: 50 uL, full_steps: 200, microsteps: 16, min_rate: 0.048 mL/d, max_rate: 24 mL/d}
    reservoir: {volume: 20 mL, low: 3 mL, empty: 1 mL}
    line: {pump_tubing: 0.25 mL, catheter_length: 70 cm, catheter_volume: 2.2 uL/cm}
    limits: {max_volume_1h: 1 mL, max_volume_24h: 5 mL}

    """

  static let encoder = "encoder: {driver: as5600, address: 0x36}"
  static let loadCell =
    "load_cell: {driver: nau7802, address: 0x2a, counts_per_gram: 10000, zero: 0}"
  static let pressure =
    "pressure: {driver: ads1115, address: 0x48, channel: 0, kilopascal_per_volt: 50, occlusion: 70 kPa}"

  /// The rig with sensors on its bus.
  static func rig(with sensors: String...) -> String {
    rig + "i2c:\n  bus: /dev/i2c-1\n" + sensors.map { "  \($0)\n" }.joined()
  }

  static let prescription = """
    patient: BENCH-01
    drug: baclofen
    concentration: 500 ug/mL
    basal: {mode: continuous, dose: 300 ug/d}
    patient_bolus: {dose: 10 ug, duration: 10 min, lockout: 4 h, max_in_24h: 4}
    limits: {max_dose_1h: 60 ug, max_dose_24h: 500 ug}
    safe_basal: 200 ug/d

    """

  static func scenario(_ duration: String, _ events: [String] = []) -> String {
    """
    rig: rig.yaml
    prescription: prescription.yaml
    seed: 1
    start: 2026-03-01T08:00:00
    duration: \(duration)
    events: [\(events.joined(separator: ", "))]

    """
  }
}

extension TemporaryFolder {
  /// Writes a rig, a prescription and a scenario, and says where the scenario is.
  func scenario(_ duration: String, _ events: String...) throws -> String {
    try scenario(duration, events: events)
  }

  func scenario(_ duration: String, events: [String]) throws -> String {
    try write("rig.yaml", Texts.rig)
    try write("prescription.yaml", Texts.prescription)
    return try write("scenario.yaml", Texts.scenario(duration, events))
  }

  /// The summary of a scenario on a rig, with which the oracle is content.
  ///
  /// - Parameter trace: the file for its trace; nil for none.
  func summary(
    _ duration: String, _ events: [String], rig: String, trace: String? = nil
  ) throws -> [String: Any] {
    let scenario = try scenario(duration, events: events)
    try write("rig.yaml", rig)
    let summary = path("summary.json")
    let traced = trace.map { ["--trace", $0] } ?? []
    let outcome = try Programs.run("pumpsim", ["run", scenario, "--summary", summary] + traced)
    try #require(outcome.code == 0, "\(outcome.errors)\(outcome.output)")
    let data = try Data(contentsOf: URL(fileURLWithPath: summary))
    return try #require(try JSONSerialization.jsonObject(with: data) as? [String: Any])
  }
}
