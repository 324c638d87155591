import Glibc
import Testing

@testable import Documents

/// A folder that goes with the value.
final class Folder {
  let path: String

  init() {
    path = "/tmp/documents-\(UInt64.random(in: 0...UInt64.max))"
    _ = unsafe mkdir(path, 0o700)
  }

  deinit {
    for name in names { _ = unsafe unlink("\(path)/\(name)") }
    _ = unsafe rmdir(path)
  }

  private var names: [String] = []

  /// Writes a file and gives its path.
  @discardableResult
  func write(_ name: String, _ bytes: [UInt8]) -> String {
    let file = "\(path)/\(name)"
    let descriptor = unsafe open(file, O_WRONLY | O_CREAT | O_TRUNC, 0o600)
    var rest = bytes[...]
    while !rest.isEmpty {
      let count = unsafe rest.withUnsafeBytes {
        unsafe Glibc.write(descriptor, $0.baseAddress, $0.count)
      }
      precondition(count > 0)
      rest = rest.dropFirst(count)
    }
    _ = close(descriptor)
    names.append(name)
    return file
  }

  @discardableResult
  func write(_ name: String, _ text: String) -> String { write(name, Array(text.utf8)) }
}

/// The lines of the errors that `read` throws, with the folder cut off, and its exit code.
func errors(in folder: Folder, _ read: () throws -> Void) -> (code: ExitCode, lines: [String]) {
  do {
    try read()
    return (.done, [])
  } catch let errors as DocumentErrors {
    let cut = errors.lines.map { line in
      line.hasPrefix(folder.path) ? String(line.dropFirst(folder.path.count + 1)) : line
    }
    return (errors.exitCode, cut)
  } catch {
    Issue.record("another error: \(error)")
    return (.internalError, [])
  }
}

extension String {
  /// The text with one part replaced, which has to be there.
  func with(_ old: String, _ new: String) -> String {
    let parts = split(separator: old, maxSplits: 1, omittingEmptySubsequences: false)
    precondition(parts.count == 2, "'\(old)' is not in the text")
    return parts[0] + new + parts[1]
  }
}

enum Good {
  static let rig = """
    rig: {name: bench-1, serial: BP-0001}
    backend: simulated
    tick: 10 ms
    pump: {volume_per_revolution: 50 uL, full_steps: 200, microsteps: 16, min_rate: 0.048 mL/d, max_rate: 24 mL/d}
    reservoir: {volume: 20 mL, low: 3 mL, empty: 1 mL}
    limits: {max_volume_1h: 1 mL, max_volume_24h: 5 mL}

    """
  static let continuous = """
    patient: BENCH-01
    drug: baclofen
    concentration: 500 ug/mL
    basal: {mode: continuous, dose: 300 ug/d}
    patient_bolus: {dose: 10 ug, duration: 10 min, lockout: 4 h, max_in_24h: 4}
    limits: {max_dose_1h: 60 ug, max_dose_24h: 500 ug}
    safe_basal: 200 ug/d

    """
  static let flex = """
    patient: BENCH-01
    drug: baclofen
    concentration: 500 ug/mL
    basal:
      mode: flex
      patterns:
        workday: [{from: "00:00", rate: 10 ug/h}, {from: "06:30", rate: 18 ug/h}]
        rest:
          - {from: "00:00", rate: 10 ug/h}
          - {from: "08:00", rate: 12 ug/h}
      week: {mon: workday, tue: workday, wed: workday, thu: workday, fri: workday, sat: rest, sun: rest}
    limits: {max_dose_1h: 60 ug, max_dose_24h: 500 ug}
    safe_basal: 200 ug/d

    """
  static let scenario = """
    rig: rig.yaml
    prescription: prescription.yaml
    seed: 7
    start: 2026-03-01T08:00:00
    duration: 48 h
    events:
      - {at: 6 h, do: patient-bolus}
      - {at: 7 h, do: bolus, dose: 20 ug, duration: 30 min}
      - {at: 7 h, do: stop}
      - {at: 5 h, do: resume}
      - {at: 8 h, fault: late-tick, for: 2 s}

    """
}
