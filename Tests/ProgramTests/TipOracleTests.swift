import Documents
import DosingCore
import Plant
import Quantities
import Simulation
import Testing

@testable import pumpsim

/// What the oracle of a run says of drug that is on its way: histories worked out by hand, right ones and wrong
/// ones. At 300 ug/d a step of 15.625 nL comes c x 4,500 ns after the one before, c in ng/mL being what it
/// is charged with.
@Suite struct TipOracleTests {
  /// 0.04 mL are 2,560 steps, half of them in the catheter.
  private static let length = 2_560
  private static let line = RigLine(
    pumpTubing: Volume(picolitres: 20_000_000), catheter: Volume(picolitres: 20_000_000))

  private static func rig(residue: Int64 = 0) -> Rig {
    var rig = Rig.bench(tick: .milliseconds(10), line: line)
    rig.reservoir.residue = Volume(picolitres: residue * 1_000_000)
    return rig
  }

  /// Steps, each charged with something, in a pump that is told of a refill before the first of them.
  private struct History {
    var oracle: Oracle
    private(set) var time: Int64 = 0

    /// - Parameters:
    ///   - strength: in ug/mL.
    ///   - maxDose1h: in ng.
    init(_ rig: Rig, _ strength: Int64, maxDose1h: Int64 = 100_000) {
      var order = Prescription.blank
      order.concentration = Concentration(nanogramsPerMillilitre: strength * 1_000)
      order.mode = .continuous
      order.setContinuous(DoseRate(nanogramsPerDay: 300_000))
      order.safeBasal = DoseRate(nanogramsPerDay: 300_000)
      order.maxDose1h = Mass(nanograms: maxDose1h)
      order.maxDose24h = Mass(nanograms: 1_000_000)
      oracle = Oracle(rig: rig, prescription: order, clock: WeekTime(weekday: 0, minute: 0))
    }

    /// - Parameters:
    ///   - aspirated: in uL, of 20 mL.
    ///   - filled: in uL.
    mutating func refill(_ strength: Int64, aspirated: Int64 = 20_000, filled: Int64 = 20_000) {
      let new = Concentration(nanogramsPerMillilitre: strength * 1_000)
      tell(SupplyChange(.begin, concentration: new))
      tell(SupplyChange(.aspirated, volume: Volume(picolitres: aspirated * 1_000_000)))
      tell(SupplyChange(.filled, volume: Volume(picolitres: filled * 1_000_000)))
      tell(SupplyChange(.finish))
    }

    mutating func tell(_ change: SupplyChange) { oracle.tell(change, at: time) }

    /// - Parameters:
    ///   - charge: in ng/mL.
    ///   - deficit: what the pump says that it has given up.
    mutating func steps(_ count: Int, each charge: Int64, deficit: Mass = .zero) {
      for _ in 0..<count {
        time += charge * 4_500
        oracle.step(at: time, deficit: deficit)
      }
    }

    mutating func end(deficit: Int64 = 0) -> [String] {
      oracle.end(at: time, deficit: Mass(nanograms: deficit))
      return oracle.violations
    }
  }

  private func has(_ found: [String], _ what: String) -> Bool {
    found.contains { $0.hasPrefix(what) }
  }

  @Test(
    "R-063 R-126 The oracle is content where old drug is paid as old and new as new, both ways",
    arguments: [(500, 1_000), (500, 2_000), (1_000, 500), (2_000, 500)])
  func rightly(old: Int64, new: Int64) {
    var history = History(Self.rig(), old)
    history.steps(100, each: old * 1_000)
    // What was made is gone: 100 steps are 1.5625 uL.
    history.refill(new, aspirated: 19_998, filled: 20_000)
    let before = history.oracle.supply.concentration
    history.steps(Self.length, each: old * 1_000)
    history.steps(3_000, each: before)
    #expect(history.end() == [])
    // 0.4375 uL stayed behind.
    #expect(abs(before - new * 1_000) < 40)
  }

  @Test("R-063 R-126 It finds the concentration of the head taken for that of the tip, both ways")
  func swapped() {
    var up = History(Self.rig(), 500)
    up.refill(1_000)
    up.steps(100, each: 1_000_000)
    #expect(has(up.end(), "more is missing"))
    var down = History(Self.rig(), 1_000)
    down.refill(500)
    down.steps(100, each: 500_000)
    #expect(has(down.end(), "delivered more"))
  }

  @Test("R-063 R-126 It finds a boundary that is off by one step, either way, from that step on")
  func offByOne() {
    for (off, complaint) in [(1, "delivered more"), (-1, "more is missing after"), (0, "")] {
      var history = History(Self.rig(), 500)
      history.refill(1_000)
      history.steps(Self.length + off, each: 500_000)
      history.steps(10, each: 1_000_000)
      let found = history.end()
      #expect(off == 0 ? found == [] : has(found, complaint), "\(off): \(found)")
    }
  }

  @Test("R-063 R-127 It finds a residue that is forgotten, and works one out to the ng/mL")
  func residue() {
    // (0.5 x 2,000 + 19.5 x 500) / 20 = 537.5 ug/mL.
    for (charge, complaint) in [
      (537_500, ""), (537_501, "more is missing"), (537_499, "delivered more"),
      (500_000, "delivered more"),
    ] as [(Int64, String)] {
      var history = History(Self.rig(residue: 500), 2_000)
      history.refill(500, aspirated: 19_500, filled: 19_500)
      history.steps(Self.length, each: 2_000_000)
      // 1 ng/mL is 15.6 fg a step.
      history.steps(250_000, each: charge)
      let found = history.end()
      #expect(complaint.isEmpty ? found == [] : has(found, complaint), "\(charge): \(found)")
    }
    // All of it is said to have come out: what stays at the least is reckoned with.
    var all = History(Self.rig(residue: 500), 2_000)
    all.refill(500)
    #expect(all.oracle.supply.concentration == 536_585)
  }

  @Test("R-063 R-128 It counts liquid without drug as nothing, and wants it told as a deficit")
  func withoutDrug() {
    for told in [true, false] {
      var history = History(Self.rig(), 500)
      history.steps(10, each: 500_000)
      history.tell(SupplyChange(.catheterEmptied))
      for count in 1...1_280 {
        // 7.8125 ng a step.
        let lost = Mass(nanograms: told ? Int64(count) * 125 / 16 + 1 : 0)
        history.steps(1, each: 500_000, deficit: lost)
      }
      history.steps(10, each: 500_000, deficit: Mass(nanograms: told ? 10_000 : 0))
      let found = history.end(deficit: told ? 10_000 : 0)
      #expect(told ? found == [] : has(found, "more is missing"), "\(found)")
      #expect(history.oracle.supply.given == 20 * 7_812_500_000)
    }
    // A deficit that nothing explains is no excuse.
    var lazy = History(Self.rig(), 500)
    lazy.steps(10, each: 500_000)
    lazy.steps(1, each: 50_000_000, deficit: Mass(nanograms: 774))
    #expect(has(lazy.end(deficit: 774), "basal was kept back"))
  }

  @Test("R-063 R-126 Its windows hold what left the tip, whatever left the head")
  func windows() {
    func judged(old: Int64, new: Int64, maxDose1h: Int64, each charge: Int64) -> [String] {
      var history = History(Self.rig(), old, maxDose1h: maxDose1h)
      history.refill(new)
      history.steps(Self.length, each: old * 1_000)
      history.steps(3_000, each: charge)
      return history.end()
    }
    // 12.5 ug an hour, and twice that.
    #expect(judged(old: 500, new: 1_000, maxDose1h: 13_000, each: 1_000_000) == [])
    let doubled = judged(old: 500, new: 1_000, maxDose1h: 20_000, each: 500_000)
    #expect(has(doubled, "above the dose limit of 1 h"))
    // Half the drug in as many steps is no violation of a limit in mass.
    let halved = judged(old: 1_000, new: 500, maxDose1h: 13_000, each: 500_000)
    #expect(halved == [])
  }

  @Test("R-063 R-130 It finds a mixed boundary that has no room beside basal")
  func mixed() {
    // Until the boundary has come 0.4 sigma of 1.56 uL bring 1,500 ng/uL more than is paid: 0.94 ug.
    for (maxDose1h, isFound) in [(13_300, true), (13_600, false)] as [(Int64, Bool)] {
      var history = History(Self.rig(), 500, maxDose1h: maxDose1h)
      history.refill(2_000)
      history.steps(Self.length, each: 500_000)
      history.steps(500, each: 2_000_000)
      let found = history.end()
      #expect(has(found, "dispersed, above the dose limit of 1 h") == isFound, "\(found)")
      #expect(!has(found, "above"))
    }
  }

  @Test("R-063 R-083 Steps that no restart could count move a boundary by as many, and by no more")
  func doubt() {
    for (late, isFound) in [(8, false), (12, true)] {
      var history = History(Self.rig(), 500)
      history.refill(1_000)
      history.steps(1_000, each: 500_000)
      _ = history.end()
      history.oracle.begin(at: history.time, tickZero: 0, doubt: 8)
      history.steps(Self.length - 1_000 + late, each: 500_000)
      // A fraction of a step may have come twice: 15.6 ng.
      history.steps(10, each: 1_000_000)
      #expect(has(history.end(), "delivered more") == isFound)
    }
  }

  @Test("R-063 R-083 Where no restart knows the place of a boundary it lets less come, and no more")
  func lostPlaces() {
    func judged(_ old: Int64, _ new: Int64, each charge: Int64, isLost: Bool = true) -> [String] {
      var history = History(Self.rig(), old)
      history.refill(new)
      history.steps(1_000, each: old * 1_000)
      _ = history.end()
      history.oracle.begin(at: history.time, tickZero: 0, counted: isLost ? 900 : nil)
      history.steps(Self.length, each: charge)
      return history.end()
    }
    for (old, new) in [(500, 2_000), (2_000, 500)] as [(Int64, Int64)] {
      #expect(judged(old, new, each: 2_000_000) == [])
      #expect(has(judged(old, new, each: 2_000_000, isLost: false), "more is missing"))
      #expect(has(judged(old, new, each: 500_000), "delivered more"))
    }
    // All of it is known to have left: no boundary is anywhere.
    var gone = History(Self.rig(), 500)
    gone.refill(2_000)
    gone.steps(Self.length, each: 500_000)
    gone.steps(10, each: 2_000_000)
    _ = gone.end()
    gone.oracle.begin(at: gone.time, tickZero: 0, counted: Int64(Self.length))
    gone.steps(10, each: 4_000_000)
    #expect(has(gone.end(), "more is missing"))
  }

  @Test(
    "R-063 R-129 It knows when the pump has to find the reservoir empty, to the step and with its doubt"
  )
  func empty() {
    // The mark is at 1,000 uL, a step 0.015625.
    func isEmpty(_ left: Int64, uncounted: Int64 = 0) -> Bool {
      supply(left: left, uncounted: uncounted).isEmpty()
    }
    func supply(left picolitres: Int64, uncounted: Int64 = 0) -> ToldSupply {
      var supply = ToldSupply(Self.rig(), Concentration(nanogramsPerMillilitre: 500_000))
      supply.tell(
        SupplyChange(.begin, concentration: Concentration(nanogramsPerMillilitre: 500_000)))
      supply.tell(
        SupplyChange(.aspirated, volume: Volume(picolitres: 19_500_000_000)),
        expected: Volume(picolitres: 20_000_000_000 - uncounted))
      supply.tell(SupplyChange(.filled, volume: Volume(picolitres: picolitres - 500_000_000)))
      return supply
    }
    var last = supply(left: 1_000_031_249)
    #expect(!last.isEmpty())
    _ = last.step()
    #expect(last.isEmpty())
    #expect(!isEmpty(1_000_015_625) && isEmpty(1_000_015_624))
    // A step that turned nothing is one that the pump counts.
    #expect(!supply(left: 1_000_031_249).isEmpty(lost: 0))
    #expect(supply(left: 1_000_031_249).isEmpty(lost: 1))
    // Two steps that were in doubt are gone for the pump.
    #expect(!isEmpty(1_000_046_875, uncounted: 31_250))
    #expect(isEmpty(1_000_046_874, uncounted: 31_250))
  }
}
