// What libFuzzer calls with every file that it makes up. See scripts/fuzz.

import DosingCore
import Quantities

@testable import Documents

private let rigText = """
  rig: {name: bench-1, serial: BP-0001}
  backend: simulated
  pump: {volume_per_revolution: 50 uL, full_steps: 200, microsteps: 16, min_rate: 0.048 mL/d, max_rate: 24 mL/d}
  reservoir: {volume: 20 mL, low: 3 mL, empty: 1 mL}
  """

private let orderText = """
  patient: BENCH-01
  drug: baclofen
  concentration: 500 ug/mL
  basal: {mode: continuous, dose: 300 ug/d}
  patient_bolus: {dose: 10 ug, duration: 10 min, lockout: 4 h, max_in_24h: 4}
  limits: {max_dose_1h: 60 ug, max_dose_24h: 500 ug}
  safe_basal: 200 ug/d
  """

private func source(_ name: String, _ text: String) throws(DocumentErrors) -> SourceText {
  try SourceText(path: name, bytes: Array(text.utf8)[...])
}

/// What stands in every file that a scenario names.
private func named(_ path: String) throws(DocumentErrors) -> SourceText {
  try source(path, path.hasSuffix("rig.yaml") ? rigText : orderText)
}

private let rig = try! RigDocument(try! source("rig.yaml", rigText)).rig
private let order = try! PrescriptionDocument(try! source("order.yaml", orderText)).prescription

@c(LLVMFuzzerTestOneInput)
public func fuzz(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  let bytes = unsafe Array(UnsafeBufferPointer(start: start, count: count))
  guard let source = read({ try SourceText(path: "fuzz", bytes: bytes[...]) }) else { return 0 }
  // One reader a run, by a word that only its files need.
  if source.text.contains("basal") {
    if let document = read({ try PrescriptionDocument(source) }) { check(document) }
  } else if source.text.contains("pump") {
    if let document = read({ try RigDocument(source) }) { check(document) }
  } else if let document = read({ try ScenarioDocument(source, read: named) }) {
    checkLines(document.warnings)
  }
  return 0
}

/// What a reader gives, or nil where it says what is wrong, in the form that the programs promise.
private func read<Document>(_ body: () throws -> Document) -> Document? {
  do {
    return try body()
  } catch let errors as DocumentErrors {
    if errors.exitCode == .internalError { fatalError("a value is missing without an error") }
    if errors.lines.isEmpty { fatalError("refused without a word") }
    checkLines(errors.lines)
    return nil
  } catch {
    fatalError("another error: \(error)")
  }
}

/// An error is one line, and moves no cursor.
private func checkLines(_ lines: [String]) {
  if lines.contains(where: { $0 != $0.onOneLine }) { fatalError("an error is no plain line") }
}

private func check(_ document: PrescriptionDocument) {
  var findings = Findings()
  _ = Therapy(document.prescription, on: rig, findings: &findings)
  checkLines(document.describe(findings))
  let text = document.prescription.fileText
  guard let again = try? PrescriptionDocument(try source("again", text)),
    again.prescription.fileText == text
  else { fatalError("a prescription is read otherwise than it was written") }
}

private func check(_ document: RigDocument) {
  var findings = Findings()
  _ = Therapy(order, on: document.rig, findings: &findings)
  _ = (document.rig.stepIntervalMin, document.rig.stepsPerMinuteMax)
}
