import Conformance
import Testing

/// The suite that every backend runs, on the simulated one. The others run it in the guest and on a rig.
@Suite(.serialized) struct ConformanceTests {
  @Test("simulated lines", arguments: lineCases(SimulatedLines()))
  func lines(_ check: Case) throws { try check.run() }

  @Test("simulated bus", arguments: busCases(SimulatedBusWorld()))
  func bus(_ check: Case) throws { try check.run() }
}
