import Documents
import DosingCore
import Quantities
import Testing

private let digest = (0..<32).map { UInt8($0 * 7 + 3) }
private let proposal = """

  proposal  030a 1118 1f26 2d34
  digest    030a11181f262d343b424950575e656c737a81888f969da4abb2b9c0c7ced5dc
  """

private func order(_ text: String) throws -> Prescription {
  let folder = Folder()
  return try PrescriptionDocument(path: folder.write("p.yaml", text)).prescription
}

private func continuous(_ dose: String = "300 ug/d") throws -> Prescription {
  try order(Good.continuous.with("300 ug/d", dose))
}

private func screen(
  _ old: Prescription?, _ new: Prescription, warnings: [String] = []
) -> [String] {
  let lines = ProgramComparison(old: old, new: new, warnings: warnings, digest: digest).lines
  for line in lines {
    #expect(line.count <= 79, "\(line)")
    #expect(line.utf8.allSatisfy { (0x20...0x7e).contains($0) }, "\(line)")
    #expect(line.last != " ", "\(line)")
  }
  return lines
}

private func text(
  _ old: Prescription?, _ new: Prescription, warnings: [String] = []
) -> String {
  screen(old, new, warnings: warnings).joined(separator: "\n")
}

/// What is warned of, without the text that follows the first colon.
private func warnings(_ old: Prescription?, _ new: Prescription) -> [String] {
  screen(old, new).filter { $0.hasPrefix("HIGH") || $0.hasPrefix("MEDIUM") }
    .map { String($0.split(separator: ":")[0]) }
}

@Suite struct ProgramComparisonTests {
  @Test("R-042 a changed dose is shown beside the old one, with flow and percent")
  func changedDose() throws {
    let shown = text(
      try continuous(), try continuous("360 ug/d"),
      warnings: ["the rig's 1 mL is tighter than 600 ug, and binds"])
    #expect(
      shown == """
        new prescription: 4 of 15 values change, marked with *

          value              now                 NEW                 change
          patient            BENCH-01            BENCH-01
          drug               baclofen            baclofen
          concentration      500 mcg/mL          500 mcg/mL
          basal mode         continuous          continuous
        * daily dose         300 mcg/d           360 mcg/d           +20 %
        * flow               0.6 mL/d            0.72 mL/d           +20 %
        * highest rate       12.5 mcg/h          15 mcg/h            +20 %
        * lowest rate        12.5 mcg/h          15 mcg/h            +20 %
          safe basal         200 mcg/d           200 mcg/d
          max dose 1 h       60 mcg              60 mcg
          max dose 24 h      500 mcg             500 mcg
          bolus dose         10 mcg              10 mcg
          bolus duration     10 min              10 min
          bolus lockout      4 h                 4 h
          bolus max in 24 h  4                   4

           now  --------------------------------- 300 mcg/d
           NEW  ######################################## 360 mcg/d

        MEDIUM  the rig's 1 mL is tighter than 600 ug, and binds
        """ + "\n" + proposal)
  }

  @Test("R-042 a first prescription is shown whole") func firstPrescription() throws {
    #expect(
      text(nil, try order(Good.continuous.with("300 ug/d", "300.001 ug/d"))) == """
        first prescription: there is none to compare it with

          value              now                 NEW                 change
        * patient            none                BENCH-01            new
        * drug               none                baclofen            new
        * concentration      none                500 mcg/mL          new
        * basal mode         none                continuous          new
        * daily dose         none                300.001 mcg/d       new
        * flow               none                0.6 mL/d            new
        * highest rate       none                12.5 mcg/h          new
        * lowest rate        none                12.5 mcg/h          new
        * safe basal         none                200 mcg/d           new
        * max dose 1 h       none                60 mcg              new
        * max dose 24 h      none                500 mcg             new
        * bolus dose         none                10 mcg              new
        * bolus duration     none                10 min              new
        * bolus lockout      none                4 h                 new
        * bolus max in 24 h  none                4                   new

        MEDIUM  nothing to compare with: check each value by itself
        """ + "\n" + proposal)
  }

  @Test("R-042 flex is drawn over the old rate, a chart for each kind of day")
  func flexIsDrawn() throws {
    #expect(
      text(try continuous(), try order(Good.flex)) == """
        new prescription: 12 of 18 values change, marked with *

          value              now                 NEW                 change
          patient            BENCH-01            BENCH-01
          drug               baclofen            baclofen
          concentration      500 mcg/mL          500 mcg/mL
        * basal mode         continuous          flex                changed
        * mean daily dose    300 mcg/d           349.142 mcg/d       +16.4 %
        * lowest day         300 mcg/d           272 mcg/d           -9.4 %
        * highest day        300 mcg/d           380 mcg/d           +26.7 %
        * flow               0.6 mL/d            0.6982 mL/d         +16.4 %
        * highest rate       12.5 mcg/h          18 mcg/h            +44 %
        * lowest rate        12.5 mcg/h          10 mcg/h            -20 %
        * steps in the week  7                   14                  changed
          safe basal         200 mcg/d           200 mcg/d
          max dose 1 h       60 mcg              60 mcg
          max dose 24 h      500 mcg             500 mcg
        * bolus dose         10 mcg              none                ends
        * bolus duration     10 min              none                ends
        * bolus lockout      4 h                 none                ends
        * bolus max in 24 h  4                   none                ends

        ## NEW, -- now, #- both; a row is 2.5 mcg/h, an hour shows its mean

        mon-fri  now 300 mcg/d, NEW 380 mcg/d, +26.7 %
          17.5 |                     ## ## ## ## ## ## ## ## ## ## ## ## ## ## ## ## ##
            15 |                  ## ## ## ## ## ## ## ## ## ## ## ## ## ## ## ## ## ##
          12.5 |-- -- -- -- -- -- #- #- #- #- #- #- #- #- #- #- #- #- #- #- #- #- #- #-
            10 |## ## ## ## ## ## ## ## ## ## ## ## ## ## ## ## ## ## ## ## ## ## ## ##
           7.5 |## ## ## ## ## ## ## ## ## ## ## ## ## ## ## ## ## ## ## ## ## ## ## ##
             5 |## ## ## ## ## ## ## ## ## ## ## ## ## ## ## ## ## ## ## ## ## ## ## ##
           2.5 |## ## ## ## ## ## ## ## ## ## ## ## ## ## ## ## ## ## ## ## ## ## ## ##
          hour  00 01 02 03 04 05 06 07 08 09 10 11 12 13 14 15 16 17 18 19 20 21 22 23
           now  00:00 12.5 mcg/h
           NEW  00:00 10, 06:30 18 mcg/h

        sat-sun  now 300 mcg/d, NEW 272 mcg/d, -9.4 %
          12.5 |-- -- -- -- -- -- -- -- #- #- #- #- #- #- #- #- #- #- #- #- #- #- #- #-
            10 |## ## ## ## ## ## ## ## ## ## ## ## ## ## ## ## ## ## ## ## ## ## ## ##
           7.5 |## ## ## ## ## ## ## ## ## ## ## ## ## ## ## ## ## ## ## ## ## ## ## ##
             5 |## ## ## ## ## ## ## ## ## ## ## ## ## ## ## ## ## ## ## ## ## ## ## ##
           2.5 |## ## ## ## ## ## ## ## ## ## ## ## ## ## ## ## ## ## ## ## ## ## ## ##
          hour  00 01 02 03 04 05 06 07 08 09 10 11 12 13 14 15 16 17 18 19 20 21 22 23
           now  00:00 12.5 mcg/h
           NEW  00:00 10, 08:00 12 mcg/h

        MEDIUM  dose of mon-fri +26.7 %: a change by more than 20 %
        """ + "\n" + proposal)
  }

  @Test("R-042 a dose that is ten times the old one stands out in table, bars and warnings")
  func tenfold() throws {
    let shown = screen(try continuous(), try continuous("3000 ug/d"))
    #expect(
      shown.contains(
        "* daily dose         300 mcg/d           3000 mcg/d          +900 %, x 10"), "\(shown)")
    #expect(shown.contains("   now  ---- 300 mcg/d"))
    #expect(
      shown.contains("HIGH    daily dose +900 %, x 10: up by more than 100 %, can cause overdose"))
    let less = screen(try continuous(), try continuous("30 ug/d"))
    #expect(less.contains { $0.hasSuffix("30 mcg/d            -90 %, / 10") }, "\(less)")
  }

  @Test(
    "R-042 the thresholds of a warning are exact",
    arguments: [
      ("600 ug/d", ["MEDIUM  daily dose +100 %, x 2"]),
      ("600.001 ug/d", ["HIGH    daily dose +100.1 %, x 2"]),
      ("360 ug/d", []), ("360.001 ug/d", ["MEDIUM  daily dose +20.1 %"]),
      ("240 ug/d", []), ("239.7 ug/d", ["MEDIUM  daily dose -20.1 %"]),
      ("150 ug/d", ["MEDIUM  daily dose -50 %, / 2"]),
      ("149.999 ug/d", ["HIGH    daily dose -50.1 %, / 2"]),
      ("149.7 ug/d", ["HIGH    daily dose -50.1 %, / 2"]),
    ])
  func thresholds(_ dose: String, _ expected: [String]) throws {
    #expect(warnings(try continuous(), try continuous(dose)) == expected)
  }

  @Test(
    "R-042 an order that ends treatment is warned of", arguments: [BasalMode.stopped, .minimum])
  func endsTreatment(_ mode: BasalMode) throws {
    for old in [try continuous(), try order(Good.flex)] {
      var new = old
      new.mode = mode
      let shown = screen(old, new)
      let line =
        "HIGH    basal goes from \(old.mode.code) to \(mode.code): withdrawal of baclofen can kill"
      #expect(shown.contains(line), "\(shown)")
      #expect(warnings(new, old).first?.hasPrefix("MEDIUM  basal goes from") == true)
    }
  }

  @Test("R-042 another patient, drug or concentration is warned of")
  func otherIdentity() throws {
    let other = Good.continuous.with("BENCH-01", "BENCH-02").with("baclofen", "saline")
      .with("500 ug/mL", "2000 ug/mL")
    let shown = screen(try continuous(), try order(other))
    #expect(shown.contains("HIGH    another patient: BENCH-02 in place of BENCH-01"))
    #expect(shown.contains("HIGH    another drug: saline in place of baclofen"))
    #expect(shown.contains("HIGH    another concentration: 2000 mcg/mL in place of 500 mcg/mL"))
    #expect(shown.contains { $0.hasPrefix("* flow ") && $0.hasSuffix("-75 %, / 4") }, "\(shown)")
  }

  @Test(
    "R-042 every value of a prescription has a row that is marked when it changes",
    arguments: [
      ("BENCH-01", "bench-01", "patient"), ("baclofen", "baclofen2", "drug"),
      ("500 ug/mL", "500.001 ug/mL", "concentration"),
      ("continuous, dose: 300 ug/d", "minimum", "basal mode"),
      ("dose: 300 ug/d", "dose: 300.001 ug/d", "daily dose"),
      ("safe_basal: 200 ug/d", "safe_basal: 200.001 ug/d", "safe basal"),
      ("max_dose_1h: 60 ug", "max_dose_1h: 60.001 ug", "max dose 1 h"),
      ("max_dose_24h: 500 ug", "max_dose_24h: 500.001 ug", "max dose 24 h"),
      ("dose: 10 ug", "dose: 10.001 ug", "bolus dose"),
      ("duration: 10 min", "duration: 601 s", "bolus duration"),
      ("lockout: 4 h", "lockout: 14401 s", "bolus lockout"),
      ("max_in_24h: 4", "max_in_24h: 5", "bolus max in 24 h"),
    ])
  func everyValue(_ old: String, _ new: String, _ name: String) throws {
    let shown = screen(try continuous(), try order(Good.continuous.with(old, new)))
    #expect(shown.contains { $0.hasPrefix("* \(name) ") }, "\(shown)")
  }

  @Test("R-042 the same prescription changes nothing") func sameOrder() throws {
    for same in [try continuous(), try order(Good.flex)] {
      let shown = screen(same, same)
      #expect(shown.first == "new prescription: nothing changes")
      #expect(!shown.contains { $0.hasPrefix("*") })
      #expect(warnings(same, same).isEmpty)
    }
  }

  @Test("R-042 a slip in one step, limit or bolus is found where the daily dose hides it")
  func slips() throws {
    let flex = try order(Good.flex)
    let peak = try order(
      Good.flex.with(
        "{from: \"06:30\", rate: 18 ug/h}",
        "{from: \"06:30\", rate: 180 ug/h}, {from: \"06:40\", rate: 18 ug/h}"))
    #expect(warnings(flex, peak) == ["HIGH    highest rate +900 %, x 10"])
    let rest = try order(Good.flex.with("rate: 12 ug/h", "rate: 30 ug/h"))
    #expect(
      warnings(flex, rest) == [
        "HIGH    dose of sat-sun +105.9 %, x 2", "MEDIUM  mean daily dose +23.6 %",
      ])
    let bolus = try order(
      Good.continuous.with("dose: 10 ug", "dose: 100 ug").with("lockout: 4 h", "lockout: 24 min")
        .with("max_dose_24h: 500 ug", "max_dose_24h: 1001 ug"))
    let shown = text(try continuous(), bolus)
    #expect(
      shown.contains(
        """
        HIGH    bolus dose +900 %, x 10; bolus lockout -90 %, / 10: is a decimal point
                in the wrong place?
        MEDIUM  max dose 24 h +100.2 %, x 2: more than doubled
        """), "\(shown)")
  }

  @Test("R-042 the same dose at other times is a change") func otherTimes() throws {
    let old = try order(Good.flex)
    var new = old
    new.week[0] = old.week[6]
    new.week[6] = old.week[0]
    let shown = screen(old, new)
    #expect(shown.first == "new prescription: 1 of 15 values change, marked with *", "\(shown)")
    #expect(shown.contains("* steps in the week  14                  14                  changed"))
    for title in [
      "mon  now 380 mcg/d, NEW 272 mcg/d, -28.5 %",
      "tue-fri  now 380 mcg/d, NEW 380 mcg/d, no change",
    ] { #expect(shown.contains(title), "\(shown)") }
  }

  @Test("R-042 the longest names and absurd doses fit the screen, and nothing controls it")
  func fits() throws {
    var new = try order(Good.flex)
    let label = try #require(Label(utf8: String(repeating: "W", count: 31).utf8))
    (new.patient, new.drug) = (label, label)
    new.concentration = Concentration(nanogramsPerMillilitre: 1)
    for index in 0..<24 {
      let rate = DoseRate(nanogramsPerDay: .max - Int64(index))
      new.patterns[0].steps[index] = FlexStep(minute: UInt16(index * 60 + 7), rate: rate)
    }
    new.patterns[0].count = 24
    for day in 0..<7 { new.week[day] = UInt8(day % 2) }
    new.maxDose24h = Mass(nanograms: .max)
    new.safeBasal = DoseRate(nanogramsPerDay: .max)
    new.patientBolus = PatientBolus(
      dose: Mass(nanograms: .max), duration: Nanoseconds(.max), lockout: Nanoseconds(.max),
      maxIn24h: .max)
    let long = [String(repeating: "x", count: 200), "\u{1b}[2Jno control\nand no \u{b5}g"]
    for old in [nil, try continuous("0.001 ug/d"), new] {
      _ = screen(old, new, warnings: long)
      if let old { _ = screen(new, old, warnings: long) }
    }
    #expect(text(nil, new, warnings: long).contains("?[2Jno control?and no ?g"))
    new.setContinuous(DoseRate(nanogramsPerDay: .max))
    new.mode = .continuous
    _ = screen(try continuous("0.001 ug/d"), new)
  }
}
