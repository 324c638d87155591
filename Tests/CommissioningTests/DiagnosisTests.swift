import Documents
import Testing

@testable import Commissioning

@Suite struct DiagnosisTests {
  private let good = Diagnosis.ok("a", "is good")
  private let poor = Diagnosis.warning("b", "is poor", remedy: "mend it")
  private let broken = Diagnosis.error("c", "is broken", remedy: "mend it")
  private let closed = Diagnosis.error("d", "is closed", remedy: "ask", code: .noPermission)

  @Test("R-064 only an error ends with a code, and 77 says that nothing else is missing")
  func exitCodes() {
    #expect([good, poor].exitCode == .done)
    #expect([good, closed, poor].exitCode == .noPermission)
    #expect([closed, closed].exitCode == .noPermission)
    #expect([broken].exitCode == .unavailable)
    #expect([closed, broken].exitCode == .unavailable)
    #expect([Diagnosis]().exitCode == .done)
  }

  @Test func counts() {
    let findings = [good, poor, broken, closed, poor]
    #expect(findings.errors == 2)
    #expect(findings.warnings == 2)
  }
}
