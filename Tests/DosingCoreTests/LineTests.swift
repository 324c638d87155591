import DosingCore
import Quantities
import SeededNumbers
import Testing

/// What is at the tip, in tests of its own arithmetic: a queue of steps, each with what it holds.
private struct PlugFlow {
  /// From the tip on, in ng/mL.
  private(set) var steps: [Int64]
  private var first = 0
  var reservoir: Int64
  /// What the tip gave, in what a step moves at 1 ng/mL.
  private(set) var given: Int128 = 0
  private(set) var gifts: [Int64] = []

  init(length: Int, _ concentration: Int64) {
    steps = Array(repeating: concentration, count: length)
    reservoir = concentration
  }

  mutating func step() {
    let gift = steps[first]
    steps[first] = reservoir
    first = (first + 1) % steps.count
    given += Int128(gift)
    gifts.append(gift)
  }

  mutating func empty(_ count: Int) {
    for index in 0..<count { steps[(first + index) % steps.count] = 0 }
  }

  var held: Int128 { steps.reduce(0) { $0 + Int128($1) } }
}

@Suite struct LineTests {
  private let basal = microgramsPerDay(300)
  /// 0.45 mL are 28,800 steps of 15.625 nL.
  private let line = RigLine(pumpTubing: microlitres(250), catheter: microlitres(200))

  private func pump(_ strength: Int64, on rig: Rig) throws -> Pump {
    var order = Prescription.continuous(basal, maxDose1h: micrograms(200))
    order.concentration = Concentration(nanogramsPerMillilitre: strength * 1_000)
    return try Pump(order, on: rig)
  }

  @Test("R-126 Old drug is paid as old drug: 0.45 mL of 500 ug/mL at 300 ug/d take 0.75 d")
  func bridge() throws {
    let pump = try pump(500, on: .bench(residue: .zero, line: line))
    pump.refill(2_000)
    let begun = pump.account.steps
    #expect(begun == 0)
    // 300 / 500 = 0.6 mL/d; 0.45 / 0.6 = 0.75 d = 648,000 ticks, and the tick 0 that accrues nothing.
    pump.run(to: 648_000 - 1)
    #expect(pump.account.steps == 28_799)
    #expect(pump.report().flow == microlitresPerDay(600))
    pump.run(to: 648_000 + 1)
    #expect(pump.account.steps == 28_800)
    #expect(pump.report().flow == microlitresPerDay(150))
    // The dose is what is ordered, before and after: in a day of the new drug 300 ug, in 9,600 steps.
    let before = pump.account
    pump.run(for: .hours(24))
    #expect(pump.account.steps == before.steps + 9_600)
    let perNanogram = try #require(pump.therapy).scale.perNanogram
    #expect(pump.account.delivered - before.delivered == 300_000 * perNanogram)
    #expect(pump.account.deficit == 0)
  }

  @Test("R-126 And back: 0.45 mL of 2,000 ug/mL take 3 d, at the same dose")
  func bridgeBack() throws {
    let pump = try pump(2_000, on: .bench(residue: .zero, line: line))
    pump.refill(500)
    pump.run(to: 3 * 864_000 - 1)
    #expect(pump.account.steps == 28_799 && pump.report().flow == microlitresPerDay(150))
    pump.run(to: 3 * 864_000 + 1)
    #expect(pump.account.steps == 28_800 && pump.report().flow == microlitresPerDay(600))
    let before = pump.account
    pump.run(for: .hours(24))
    #expect(pump.account.steps == before.steps + 38_400)
  }

  @Test("R-127 0.5 mL of 2,000 ug/mL under 20 mL of 500 ug/mL are 536.585 ug/mL")
  func residue() throws {
    let rig = Rig.bench(
      reservoir: Reservoir(
        volume: microlitres(21_000), low: microlitres(3_000), empty: microlitres(1_000)))
    let pump = try pump(2_000, on: rig)
    pump.begin(500)
    pump.tell(SupplyChange(.aspirated, volume: microlitres(20_500)))
    pump.tell(SupplyChange(.filled, volume: microlitres(20_000)))
    // (0.5 x 2,000 + 20 x 500) / 20.5, rounded to a ng/mL; 7.3 % off the label.
    #expect(pump.report().refill.mixed.nanogramsPerMillilitre == 536_585)
    #expect(pump.tell(SupplyChange(.finish))?.reason == .mixtureOffLabel)
    #expect(pump.tell(SupplyChange(.finish, overrides: true)) == nil)
    let line = pump.report().line
    #expect(line[line.count - 1].concentration.nanogramsPerMillilitre == 536_585)
    #expect(pump.report().refill == ShownRefill())
  }

  @Test("R-128 An emptied catheter gives nothing until it has filled: a deficit, and a high alarm")
  func emptied() throws {
    let pump = try pump(500, on: .bench())
    pump.tell(SupplyChange(.catheterEmptied))
    #expect(pump.bolus(micrograms(10), .minutes(10)).reason == .noDrugAtTip)
    #expect(pump.alarms[.noDrugAtTip]?.priority == .high)
    // 154 uL at 0.6 mL/d are 6.16 h, and 77 ug of 500 ug/mL.
    pump.run(to: 221_760 - 1)
    #expect(pump.account.delivered == 0 && pump.alarms.on[.noDrugAtTip])
    pump.run(to: 221_760 + 30)
    #expect(!pump.alarms.on[.noDrugAtTip])
    let perNanogram = try #require(pump.therapy).scale.perNanogram
    #expect(pump.account.deficit(.noDrug) == 77_000 * perNanogram)
    #expect(pump.account.deficit == 77_000 * perNanogram)
    // Behind it is what was in the tubing.
    #expect(pump.account.delivered == pump.account.perStep)
  }

  @Test("R-129 Between aspirated and finished the reservoir is dosed as the stronger, and alarms")
  func unknown() throws {
    let pump = try pump(500, on: .bench(residue: .zero))
    pump.begin(1_000)
    pump.tell(SupplyChange(.aspirated, volume: microlitres(20_000)))
    #expect(pump.alarms[.reservoirUnknown]?.priority == .high)
    // It is empty by count, and nothing stops: somebody is filling it.
    #expect(!pump.alarms.on[.reservoirEmpty] && pump.mode == .continuous)
    pump.run(for: .minutes(20))
    #expect(pump.mode == .continuous && pump.account.steps > 0)
    #expect(pump.report().line[1].concentration.nanogramsPerMillilitre == 1_000_000)
    // Nobody comes back: what is counted holds again, whatever is done to the line meanwhile.
    pump.run(for: .minutes(1))
    #expect(pump.tell(SupplyChange(.catheterEmptied)) == nil)
    pump.run(for: .minutes(10))
    #expect(pump.mode == .reservoirEmpty && pump.alarms.on[.reservoirUnknown])
    let steps = pump.account.steps
    pump.tell(SupplyChange(.filled, volume: microlitres(19_500)))
    pump.tell(SupplyChange(.finish))
    #expect(!pump.alarms.on[.reservoirUnknown] && pump.mode == .continuous)
    // What the head took meanwhile is gone: 15.625 nL each.
    #expect(
      pump.reservoirContents == microlitres(19_500) - Volume(picolitres: steps * 15_625))
  }

  @Test("R-129 What comes out is held against what should: 2 mL, or the head's accuracy")
  func discrepancy() throws {
    for (aspirated, differs) in [(20_000, false), (19_401, false), (19_399, true), (17_999, true)] {
      let pump = try pump(500, on: .bench())
      pump.begin(500)
      pump.tell(SupplyChange(.aspirated, volume: microlitres(Int64(aspirated))))
      #expect(pump.alarms.on[.refillDiffers] == differs, "\(aspirated)")
      #expect(pump.report().refill.expected == microlitres(20_000))
    }
  }

  @Test("R-129 A refill that only began is over after 30 min, and nothing has changed")
  func left() throws {
    let pump = try pump(500, on: .bench())
    pump.begin(1_000)
    pump.run(for: .minutes(30))
    #expect(pump.report().refill.stage == .none && pump.report().line.count == 1)
    #expect(pump.begin(1_000) == nil && pump.begin(1_000)?.reason == .refillOutOfOrder)
    #expect(pump.tell(SupplyChange(.leave)) == nil)
    #expect(pump.report().refill.stage == .none)
  }

  @Test("R-126 An order names what the reservoir holds, or what its label says")
  func names() throws {
    let pump = try pump(500, on: .bench())
    pump.refill(1_000)
    // 0.5 mL of 500 stay behind at the least: 20 x 1,000 + 0.5 x 500 over 20.5.
    let held = pump.report().line[1].concentration.nanogramsPerMillilitre
    #expect(held == 987_805)
    for (named, reason) in [
      (987_805, nil), (1_000_000, nil), (500_000, RefusalReason.otherConcentration),
    ] as [(Int64, RefusalReason?)] {
      var order = Prescription.continuous(basal, maxDose1h: micrograms(200))
      order.concentration = Concentration(nanogramsPerMillilitre: named)
      #expect(try pump.program(order).reason == reason, "\(named)")
    }
  }

  private static let strengths: [Int64] = [50, 100, 250, 500, 1_000, 2_000]

  /// Every ordered pair within a factor of 5.
  private static var pairs: [(old: Int64, new: Int64)] {
    strengths.flatMap { old in
      strengths.filter { $0 != old && max($0, old) <= 5 * min($0, old) }.map { (old, $0) }
    }
  }

  @Test(
    "R-126 R-130 Through a change of concentration the tip gives what is prescribed, to the step",
    arguments: 0..<6)
  func plugFlow(seed: Int) throws {
    for (index, pair) in Self.pairs.enumerated() where index % 6 == seed {
      try follow(pair, seed: UInt64(index))
    }
  }

  @Test("R-130 Pairs beyond a factor of 5 are refused")
  func farPairs() throws {
    for old in Self.strengths {
      for new in Self.strengths where max(new, old) > 5 * min(new, old) {
        let pump = try Pump(Self.order(old, dose: 100_000), on: Self.smallRig)
        #expect(pump.begin(new)?.reason == .factorAbove5, "\(old) to \(new)")
      }
    }
  }

  private static let smallRig = Rig.bench(
    minRate: microlitresPerDay(10), residue: .zero,
    line: RigLine(pumpTubing: microlitres(20), catheter: microlitres(20)))

  private static func order(_ strength: Int64, dose: Int64) -> Prescription {
    var order = Prescription.continuous(
      DoseRate(nanogramsPerDay: dose), maxDose1h: Mass(nanograms: 2 * dose),
      maxDose24h: Mass(nanograms: 6 * dose))
    order.concentration = Concentration(nanogramsPerMillilitre: strength * 1_000)
    return order
  }

  /// Random boluses, stops and orders on the way; a kill now and then, which leaves what was written down.
  private func follow(_ pair: (old: Int64, new: Int64), seed: UInt64) throws {
    var numbers = SplitMix64(seed: seed)
    let dose = pair.old * 1_000 * Int64(numbers.number(1...2))
    let pump = try Pump(Self.order(pair.old, dose: dose), on: Self.smallRig)
    let length = 2_560
    var truth = PlugFlow(length: length, pair.old * 1_000)
    var seen = 0
    func follow(_ ticks: Int64) {
      pump.run(to: pump.now + ticks)
      while seen < pump.stepTicks.count {
        truth.step()
        seen += 1
      }
    }
    follow(Int64(numbers.number(1...20_000)))
    #expect(pump.begin(pair.new) == nil, "\(pair)")
    follow(0)
    // What is told acts in the tick of which the step comes after it.
    truth.reservoir = max(pair.old, pair.new) * 1_000
    pump.tell(SupplyChange(.aspirated, volume: pump.reservoirContents))
    follow(Int64(numbers.number(0...500)))
    pump.tell(SupplyChange(.filled, volume: microlitres(19_000)))
    follow(0)
    truth.reservoir = pair.new * 1_000
    pump.tell(SupplyChange(.finish))
    follow(0)
    let scale = try #require(pump.therapy).scale
    for _ in 0..<60 {
      follow(Int64(numbers.number(1...9_000)))
      switch numbers.number(0...5) {
      case 0: pump.ask(.stop)
      case 1, 2: pump.ask(.resume)
      case 3: pump.bolus(Mass(nanograms: dose / 50), .minutes(10))
      case 4 where numbers.number(0...3) == 0:
        // It is told in a tick that then makes its step.
        if pump.tell(SupplyChange(.catheterEmptied)) == nil { truth.empty(length / 2) }
        follow(0)
        // Whoever primes pushes what the tip has to give without being charged.
        if numbers.number(0...1) == 0 { pump.tell(SupplyChange(.prime)) }
      default: break
      }
      follow(0)
      let account = pump.account
      #expect(account.delivered == truth.given * scale.perStepAtOne, "\(pair), \(seed)")
      let due = account.prescribed - account.deficit - account.delivered
      #expect(due >= 0 && due <= account.perStep, "\(pair), \(seed)")
      #expect(pump.windowsOfTip(now: pump.now).day <= 6 * dose)
    }
    #expect(truth.given > 0)
  }
}

extension Pump {
  /// What the status says that the windows hold, in ng.
  fileprivate func windowsOfTip(now: Int64) -> (hour: Int64, day: Int64) {
    let status = report()
    return (status.usedHour.nanograms, status.usedDay.nanograms)
  }
}
