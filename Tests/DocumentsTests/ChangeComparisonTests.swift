import Documents
import DosingCore
import Quantities
import Testing

@Suite struct ChangeComparisonTests {
  private func comparison(
    _ proposed: ProposedChange, _ shown: ShownChange, _ warnings: [String] = []
  ) -> ChangeComparison? {
    ChangeComparison(proposed, ProposalBody(shown: shown), warnings: warnings)
  }

  @Test("R-042 R-122 Every kind of change has roles, a proposal, and words in which it is shown")
  func everyKind() throws {
    for kind in ChangeKind.allCases {
      #expect(Role.allCases.contains { kind.row.roles.contains($0) })
      #expect(!kind.row.roles.contains(.patient))
      #expect(kind.row.diesWith.contains(.commits) && kind.row.diesWith.contains(.history))
      #expect(ProposedChange.blank(kind).kind == kind && ShownChange.blank(kind).kind == kind)
      let lines = try #require(comparison(.blank(kind), .blank(kind))).lines
      #expect(lines.count > 3 && lines.joined().contains(String(repeating: "0", count: 20)))
      #expect(lines.allSatisfy { $0.utf8.count <= 79 && $0.allSatisfy(\.isASCII) }, "\(lines)")
      for other in ChangeKind.allCases where other != kind {
        #expect(comparison(.blank(kind), .blank(other)) == nil)
      }
    }
  }

  @Test("R-122 A rig is compared by value, whatever its file spells out, and says what follows")
  func rigs() throws {
    let old = Rig(
      tick: .milliseconds(10),
      pump: PumpHead(
        volumePerRevolution: Volume(picolitres: 50_000_000), stepsPerRevolution: 3_200,
        minRate: FlowRate(picolitresPerDay: 48_000_000),
        maxRate: FlowRate(picolitresPerDay: 24_000_000_000),
        keepOpenRate: FlowRate(picolitresPerDay: 6_000_000)),
      reservoir: Reservoir(
        volume: Volume(picolitres: 20_000_000_000), low: Volume(picolitres: 3_000_000_000),
        empty: Volume(picolitres: 1_000_000_000)), maxVolume1h: nil, maxVolume24h: nil)
    let same = Rig(
      tick: old.tick, pump: old.pump, reservoir: old.reservoir, maxVolume1h: old.maxVolume1h,
      maxVolume24h: old.maxVolume24h)
    let nothing = try #require(comparison(.rig(same), .rig(old: old, findings: Findings())))
    #expect(nothing.lines[0] == "the rig in force: nothing changes")
    var other = old
    other.pump.maxRate = FlowRate(picolitresPerDay: 12_000_000_000)
    other.reservoir.low = Volume(picolitres: 4_000_000_000)
    let changed = try #require(
      comparison(.rig(other), .rig(old: old, findings: Findings()), ["a warning"]))
    #expect(changed.lines[0] == "another rig: 2 of 11 values change, marked with *")
    let text = changed.lines.joined(separator: "\n")
    #expect(text.contains("24 mL/d") && text.contains("12 mL/d") && text.contains("4 mL"))
    #expect(text.contains("a warning") && text.contains("next start of pumpd"))
  }
}
