import Documents
import DosingCore
import Quantities
import Testing

@Suite struct DocumentTests {
  @Test("R-041 a prescription holds exactly what is written")
  func prescription() throws {
    let folder = Folder()
    let read = try PrescriptionDocument(path: folder.write("p.yaml", Good.flex)).prescription
    #expect(read.patient.text == "BENCH-01")
    #expect(read.concentration.nanogramsPerMillilitre == 500_000)
    #expect(read.mode == .flex)
    #expect(read.patternCount == 2)
    #expect(read.patterns[0].count == 2)
    #expect(read.patterns[0].steps[1].minute == 390)
    #expect(read.patterns[0].steps[1].rate.nanogramsPerDay == 432_000)
    #expect((0..<7).map { read.week[$0] } == [0, 0, 0, 0, 0, 1, 1])
    #expect(read.maxDose1h.nanograms == 60_000)
    #expect(read.safeBasal?.nanogramsPerDay == 200_000)
  }

  @Test("R-041 a rig holds exactly what is written, and the documented defaults")
  func rig() throws {
    let folder = Folder()
    let read = try RigDocument(path: folder.write("rig.yaml", Good.rig))
    #expect(read.serial.text == "BP-0001")
    #expect(read.rig.pump.stepsPerRevolution == 3200)
    #expect(read.rig.pump.keepOpenRate.picolitresPerDay == 6_000_000)
    #expect(read.rig.maxVolume24h.picolitres == 5_000_000_000)
    let bare = Good.rig.with("tick: 10 ms\n", "")
      .with("limits: {max_volume_1h: 1 mL, max_volume_24h: 5 mL}\n", "")
    let defaults = try RigDocument(path: folder.write("bare.yaml", bare)).rig
    #expect(defaults.tick.count == 10_000_000)
    // What 24 mL/d bring in 61 min, and two steps of 15.625 nL.
    #expect(defaults.maxVolume1h.picolitres == 1_016_666_667 + 2 * 15_625)
  }

  @Test("R-040 a rig that cannot work names the section and what is accepted")
  func badRig() {
    let folder = Folder()
    let changes = [
      ("10 ms", "7 ms", "rig.yaml:3: tick: a tick of 7 ms does not divide a minute"),
      (
        "24 mL/d", "200 mL/d", "rig.yaml:4: pump: max_rate 200 mL/d needs more than one step a tick"
      ),
      ("low: 3 mL", "low: 30 mL", "rig.yaml:5: reservoir: volumes have to be 0 < empty < low"),
      (
        "max_volume_1h: 1 mL", "max_volume_1h: 6 mL",
        "rig.yaml:6: limits: max_volume_1h 6 mL is above"
      ),
      ("simulated", "real", "rig.yaml:2: backend: 'real' is not known; accepted: simulated, linux"),
    ]
    for (old, new, line) in changes {
      let path = folder.write("rig.yaml", Good.rig.with(old, new))
      let outcome = errors(in: folder) { _ = try RigDocument(path: path) }
      #expect(outcome.code == .badConfiguration)
      #expect(outcome.lines.count == 1)
      #expect(outcome.lines.first?.hasPrefix(line) == true, "\(outcome.lines)")
    }
  }

  @Test("R-040 a finding of the core is told with its place in the file")
  func findings() throws {
    let folder = Folder()
    let rig = try RigDocument(path: folder.write("rig.yaml", Good.rig)).rig
    let text = Good.flex.with("rate: 18 ug/h", "rate: 0 ug/h").with("06:30", "00:00")
      .with("rate: 12 ug/h", "rate: 0.9 ug/h")
    let document = try PrescriptionDocument(path: folder.write("p.yaml", text))
    var found = Findings()
    #expect(Therapy(document.prescription, on: rig, findings: &found) == nil)
    let lines = document.describe(found).map { $0.dropFirst(folder.path.count + 1) }
    #expect(
      lines.contains {
        $0.hasPrefix("p.yaml:7: basal.patterns.workday[2]: the step from 00:00 does not come after")
      }, "\(lines)")
    var rates = Findings()
    let second = Good.flex.with("rate: 18 ug/h", "rate: 0 ug/h").with(
      "rate: 12 ug/h", "rate: 0.9 ug/h")
    let other = try PrescriptionDocument(path: folder.write("p.yaml", second))
    #expect(Therapy(other.prescription, on: rig, findings: &rates) == nil)
    let rateLines = other.describe(rates).map { $0.dropFirst(folder.path.count + 1) }
    #expect(
      rateLines == [
        "p.yaml:7: basal.patterns.workday[2]: a rate of zero; to deliver nothing use basal mode "
          + "minimum or stopped",
        "p.yaml:10: basal.patterns.rest[2]: 21.6 ug/d is below the pump's least, 24 ug/d at this "
          + "concentration",
      ])
  }

  @Test("R-040 a scenario is read in order of time, equal times in the order of the file")
  func scenario() throws {
    let folder = Folder()
    folder.write("rig.yaml", Good.rig)
    folder.write("prescription.yaml", Good.continuous)
    let read = try ScenarioDocument(path: folder.write("s.yaml", Good.scenario))
    let scenario = read.scenario
    #expect(scenario.seed == 7)
    // 1 March 2026 is a Sunday.
    #expect(scenario.start == WeekTime(weekday: 6, minute: 480))
    #expect(scenario.duration == .hours(48))
    #expect(scenario.events.map(\.at) == [.hours(5), .hours(6), .hours(7), .hours(7), .hours(8)])
    guard case .ask(.bolus(let dose, _)) = scenario.events[2].action,
      case .ask(.stop) = scenario.events[3].action
    else {
      Issue.record("\(scenario.events)")
      return
    }
    #expect(dose.nanograms == 20_000)
  }

  @Test("R-040 a scenario with a wrong word names the accepted ones")
  func badScenario() {
    let folder = Folder()
    let changes = [
      (
        "do: stop", "do: empty",
        "s.yaml:9: events[3].do: 'empty' is not known; accepted: patient-bolus, "
      ),
      (
        "late-tick", "flood",
        "s.yaml:11: events[5].fault: 'flood' is not known; accepted: late-tick, suspend, drive-fails, "
      ),
      ("2026-03-01", "2026-02-29", "s.yaml:4: start: '2026-02-29T08:00:00' is no date and time"),
      ("48 h", "7 h", "s.yaml:11: events[5]: comes after the end of the scenario"),
      ("dose: 20 ug, ", "", "s.yaml:8: events[2]: key 'dose' is missing"),
    ]
    for (old, new, line) in changes {
      let path = folder.write("s.yaml", Good.scenario.with(old, new))
      let outcome = errors(in: folder) { _ = try ScenarioDocument(path: path) }
      #expect(outcome.code == .badData)
      #expect(outcome.lines.contains { $0.hasPrefix(line) }, "\(outcome.lines)")
    }
  }

  private static let refill =
    "do: refill, aspirated: 3.2 mL, filled: 20 mL, concentration: 1000 ug/mL"

  /// What stands in the place of a stop.
  private func scenario(with event: String, in folder: Folder) throws -> Scenario {
    folder.write("rig.yaml", Good.rig)
    folder.write("prescription.yaml", Good.continuous)
    let text = Good.scenario.with("do: stop", event)
    return try ScenarioDocument(path: folder.write("s.yaml", text)).scenario
  }

  @Test("R-040 a refill is what the pump is told, and what is really done")
  func refill() throws {
    let folder = Folder()
    let plain = try scenario(with: Self.refill, in: folder)
    guard case .refill(let refill) = plain.events[3].action else {
      Issue.record("\(plain.events)")
      return
    }
    #expect(refill.reallyAspirated == nil && refill.reallyFilled == nil && !plain.needsJournal)
    let told = refill.requests.compactMap { request -> SupplyChange? in
      guard case .commit(.supply(let change)) = request else { return nil }
      return change
    }
    #expect(
      told == [
        SupplyChange(.begin, concentration: Concentration(nanogramsPerMillilitre: 1_000_000)),
        SupplyChange(.aspirated, volume: Volume(picolitres: 3_200_000_000)),
        SupplyChange(.filled, volume: Volume(picolitres: 20_000_000_000)),
        SupplyChange(.finish),
      ])
    let all = try scenario(
      with: Self.refill + ", lot: A-7, override: yes, really_aspirated: 3 mL, really_filled: 0 mL",
      in: folder)
    guard case .refill(let other) = all.events[3].action else {
      Issue.record("\(all.events)")
      return
    }
    #expect(other.lot.text == "A-7" && other.overrides)
    #expect(other.reallyAspirated == Volume(picolitres: 3_000_000_000))
    #expect(other.reallyFilled == .zero)
    for (name, step) in [
      ("catheter-emptied", .catheterEmptied), ("line-replaced", .lineReplaced),
    ] as [(String, SupplyChange.Step)] {
      let scenario = try scenario(with: "do: \(name)", in: folder)
      guard case .ask(.commit(.supply(let change))) = scenario.events[3].action else {
        Issue.record("\(scenario.events)")
        continue
      }
      #expect(change == SupplyChange(step))
    }
  }

  @Test("R-040 what a refill lacks, or has too much, is named with its line")
  func badRefill() throws {
    let folder = Folder()
    folder.write("rig.yaml", Good.rig)
    folder.write("prescription.yaml", Good.continuous)
    let line = "s.yaml:9: events[3]"
    for (event, complaint) in [
      ("do: refill, aspirated: 3 mL, filled: 20 mL", "\(line): key 'concentration' is missing"),
      ("do: refill, filled: 2 mL, concentration: 500 ug/mL", "\(line): key 'aspirated' is missing"),
      (Self.refill + ", dose: 1 ug", "\(line).dose: does not belong to refill; leave it out"),
      (
        Self.refill + ", override: maybe", "\(line).override: 'maybe' is not known; accepted: yes, "
      ),
      (Self.refill + ", lot: ''", "\(line).lot: '' is no name; accepted: 1 to 31 of "),
      (Self.refill.with("20 mL", "20 ug"), "\(line).filled: '20 ug' "),
      (Self.refill.with("3.2 mL", "-3.2 mL"), "\(line).aspirated: '-3.2 mL' "),
      (Self.refill + ", really_filled: 20", "\(line).really_filled: '20' "),
      ("do: catheter-emptied, lot: A", "\(line).lot: does not belong to catheter-emptied; "),
      ("do: line-replaced, for: 1 h", "\(line).for: does not belong to line-replaced; "),
    ] {
      let path = folder.write("s.yaml", Good.scenario.with("do: stop", event))
      let outcome = errors(in: folder) { _ = try ScenarioDocument(path: path) }
      #expect(outcome.code == .badData)
      #expect(outcome.lines.contains { $0.hasPrefix(complaint) }, "\(outcome.lines)")
    }
  }

  @Test(
    "R-040 the examples are good", arguments: ["continuous", "flex", "patient-bolus", "refill"])
  func examples(_ name: String) throws {
    let here = #filePath.split(separator: "/").dropLast(3).joined(separator: "/")
    let read = try ScenarioDocument(path: "/\(here)/scripts/examples/scenario-\(name).yaml")
    #expect(read.warnings.isEmpty)
  }
}
