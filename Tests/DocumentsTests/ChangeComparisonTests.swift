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
    let old = Rig.bench
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
    // A prime is as fast as the head where nothing is said of it.
    #expect(changed.lines[0] == "another rig: 3 of 23 values change, marked with *")
    let text = changed.lines.joined(separator: "\n")
    #expect(text.contains("24 mL/d") && text.contains("12 mL/d") && text.contains("4 mL"))
    #expect(text.contains("a warning") && text.contains("next start of pumpd"))
  }

  @Test("R-122 Every value of the line and of a prime is compared, with the defaults filled in")
  func lines() throws {
    func changes(_ alter: (inout Rig) -> Void) throws -> [String] {
      var other = Rig.bench
      alter(&other)
      let shown = try #require(
        comparison(.rig(other), .rig(old: .bench, findings: Findings())))
      return shown.lines.filter { $0.hasPrefix("* ") }
        .map { $0.split(separator: " ").dropFirst().joined(separator: " ") }
    }
    #expect(try changes { $0.line.primeRate = $0.pump.maxRate } == [])
    #expect(try changes { $0.pump.accuracyPermille = 25 } == ["accuracy 5 % 2.5 % changed"])
    #expect(
      try changes { $0.reservoir.residue = .zero } == ["residue 0.5 mL 0 mL changed"])
    #expect(
      try changes { $0.line.pumpTubing = Volume(picolitres: 300_000_000) }
        == ["pump tubing 0.25 mL 0.3 mL changed"])
    #expect(
      try changes { $0.line.catheter = Volume(picolitres: 132_000_000) }
        == ["catheter 0.154 mL 0.132 mL changed"])
    #expect(
      try changes { $0.line.mixingPermille = 100 } == ["mixing in the line 20 % 10 % changed"])
    #expect(try changes { $0.line.tolerancePermille = 0 } == ["tolerance of it 5 % 0 % changed"])
    #expect(
      try changes { $0.line.primeRate = $0.pump.minRate }
        == ["prime rate 24 mL/d 0.048 mL/d changed"])
    #expect(
      try changes { $0.maxPrimeDose = Mass(nanograms: 500_000) }
        == ["limit of a prime 600 ug 500 ug changed"])
  }
}

extension Rig {
  /// What a file says that says no more than it has to.
  fileprivate static let bench = Rig(
    tick: .milliseconds(10),
    pump: PumpHead(
      volumePerRevolution: Volume(picolitres: 50_000_000), stepsPerRevolution: 3_200,
      minRate: FlowRate(picolitresPerDay: 48_000_000),
      maxRate: FlowRate(picolitresPerDay: 24_000_000_000),
      keepOpenRate: FlowRate(picolitresPerDay: 6_000_000)),
    reservoir: Reservoir(
      volume: Volume(picolitres: 20_000_000_000), low: Volume(picolitres: 3_000_000_000),
      empty: Volume(picolitres: 1_000_000_000)), maxVolume1h: nil, maxVolume24h: nil)
}
