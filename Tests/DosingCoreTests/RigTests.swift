import DosingCore
import Quantities
import Testing

@Suite struct RigTests {
  private func findings(_ rig: Rig) -> [Finding.Rule] {
    var findings = Findings()
    rig.check(into: &findings)
    return findings.rules
  }

  private func changed(_ change: (inout Rig) -> Void) -> Rig {
    var rig = Rig.bench()
    change(&rig)
    return rig
  }

  @Test("R-016 The bench rig is sound at every tick that is allowed")
  func sound() {
    for tick in [1, 2, 3, 4, 5, 6, 8, 10, 12, 15, 16, 20, 25, 30, 50, 60, 75, 80, 96, 100] {
      #expect(findings(.bench(tick: Int64(tick))).isEmpty, "\(tick) ms")
    }
  }

  @Test("R-016 Every rule about a rig is found where it is broken")
  func everyRule() {
    #expect(findings(changed { $0.tick = .zero }) == [.tickOutOfRange])
    #expect(findings(changed { $0.tick = Nanoseconds(999_999) }) == [.tickOutOfRange])
    #expect(findings(changed { $0.tick = Nanoseconds(100_000_001) }) == [.tickOutOfRange])
    #expect(findings(changed { $0.tick = Nanoseconds(7_000_000) }) == [.tickDoesNotDivideMinute])
    #expect(findings(changed { $0.pump.stepsPerRevolution = 0 }) == [.stepVolumeOutOfRange])
    #expect(
      findings(changed { $0.pump.volumePerRevolution = Volume(picolitres: 3_199) })
        == [.stepVolumeOutOfRange])
    #expect(findings(changed { $0.pump.minRate = $0.pump.maxRate }) == [.ratesOutOfOrder])
    #expect(findings(changed { $0.pump.keepOpenRate = .zero }) == [.ratesOutOfOrder])
    #expect(
      findings(changed { $0.pump.keepOpenRate = $0.pump.minRate + FlowRate(picolitresPerDay: 1) })
        == [.ratesOutOfOrder])
    // A step of 15.625 nL in every tick of 100 ms is 13.5 mL/d.
    #expect(
      findings(changed { $0.pump.maxRate = FlowRate(picolitresPerDay: 13_500_000_001) })
        == [.maxRateAboveOneStepPerTick])
    #expect(
      findings(changed { $0.pump.maxRate = FlowRate(picolitresPerDay: 13_500_000_000) }).isEmpty)
    #expect(findings(changed { $0.reservoir.empty = .zero }) == [.reservoirOutOfOrder])
    #expect(findings(changed { $0.reservoir.low = $0.reservoir.empty }) == [.reservoirOutOfOrder])
    #expect(findings(changed { $0.reservoir.low = $0.reservoir.volume }) == [.reservoirOutOfOrder])
    #expect(
      findings(changed { $0.maxVolume1h = Volume(picolitres: 15_624) }) == [.rigLimitBelowOneStep])
    #expect(
      findings(changed { $0.maxVolume1h = $0.maxVolume24h + Volume(picolitres: 1) })
        == [.rigHourLimitAboveDayLimit])
  }

  @Test("R-016 Every rule about the line of a rig is found where it is broken")
  func everyRuleOfTheLine() {
    func line(_ tubing: Int64, _ catheter: Int64) -> [Finding.Rule] {
      findings(
        changed {
          $0.line.pumpTubing = Volume(picolitres: tubing)
          $0.line.catheter = Volume(picolitres: catheter)
        })
    }
    // 20 steps of 15.625 nL; 10 mL.
    #expect(line(0, 0) == [.lineBelowLeast])
    #expect(line(0, 312_499) == [.lineBelowLeast])
    #expect(line(0, 312_500).isEmpty && line(312_500, 0).isEmpty)
    #expect(line(-1, 1_000_000) == [.lineBelowLeast] && line(1_000_000, -1) == [.lineBelowLeast])
    #expect(line(5_000_000_000, 5_000_000_000).isEmpty)
    #expect(line(5_000_000_000, 5_000_000_001) == [.lineAboveMost])
    #expect(line(.max, .max) == [.lineAboveMost])
    #expect(
      findings(changed { $0.reservoir = .nearlyEmpty }).isEmpty
        && findings(
          changed {
            $0.reservoir = .nearlyEmpty
            $0.line.pumpTubing = $0.reservoir.volume - $0.line.catheter
          }) == [.lineNotBelowReservoir]
    )
  }

  @Test("R-016 So is what head and line may be off by, a prime, and what stays behind")
  func everyRuleOfThePrime() {
    #expect(findings(changed { $0.pump.accuracyPermille = -1 }) == [.accuracyOutOfRange])
    #expect(findings(changed { $0.pump.accuracyPermille = 501 }) == [.accuracyOutOfRange])
    #expect(findings(changed { $0.line.tolerancePermille = -1 }) == [.lineToleranceOutOfRange])
    #expect(findings(changed { $0.line.tolerancePermille = 501 }) == [.lineToleranceOutOfRange])
    // 5 % and 5 %.
    #expect(findings(changed { $0.line.mixingPermille = 99 }) == [.lineMixingOutOfRange])
    #expect(findings(changed { $0.line.mixingPermille = 100 }).isEmpty)
    #expect(findings(changed { $0.line.mixingPermille = 1_001 }) == [.lineMixingOutOfRange])
    let least = changed {
      ($0.pump.accuracyPermille, $0.line.tolerancePermille) = (0, 0)
      $0.line.mixingPermille = 0
    }
    let most = changed {
      ($0.pump.accuracyPermille, $0.line.tolerancePermille) = (500, 500)
      $0.line.mixingPermille = 1_000
    }
    #expect(findings(least).isEmpty && findings(most).isEmpty)
    let one = FlowRate(picolitresPerDay: 1)
    #expect(findings(changed { $0.line.primeRate = $0.pump.minRate }).isEmpty)
    #expect(findings(changed { $0.line.primeRate = $0.pump.maxRate }).isEmpty)
    #expect(
      findings(changed { $0.line.primeRate = $0.pump.minRate - one }) == [.primeRateOutOfRange])
    #expect(
      findings(changed { $0.line.primeRate = $0.pump.maxRate + one }) == [.primeRateOutOfRange])
    #expect(Rig.bench().primeRate == Rig.bench().pump.maxRate)
    #expect(findings(changed { $0.reservoir.residue = .zero }).isEmpty)
    #expect(
      findings(changed { $0.reservoir.residue = $0.reservoir.volume }) == [.residueOutOfRange])
    #expect(findings(changed { $0.reservoir.residue.picolitres = -1 }) == [.residueOutOfRange])
    // 10 L of 4 mg/mL hold 40 g.
    #expect(findings(changed { $0.maxPrimeDose = .zero }) == [.maxPrimeDoseOutOfRange])
    #expect(findings(changed { $0.maxPrimeDose.nanograms = 40_000_000_000 }).isEmpty)
    #expect(
      findings(changed { $0.maxPrimeDose.nanograms = 40_000_000_001 })
        == [.maxPrimeDoseOutOfRange])
    for (error, drift) in [(1, 0), (100_000, 100_000)] as [(Int64, Int64)] {
      let cell = Weighing(errorMilligrams: error, driftMilligramsPerDay: drift)
      #expect(findings(changed { $0.weighing = cell }).isEmpty)
    }
    let worse = Weighing(errorMilligrams: 0, driftMilligramsPerDay: -1)
    let worst = Weighing(errorMilligrams: 100_001, driftMilligramsPerDay: 100_001)
    for cell in [worse, worst] {
      #expect(
        findings(changed { $0.weighing = cell })
          == [.weighingErrorOutOfRange, .weighingDriftOutOfRange])
    }
  }

  @Test(
    "R-016 From what pressure on a line is blocked has bounds",
    arguments: [
      (1_000, 500, nil), (1_000_000, 1_000_000, nil), (70_000, 70_000, nil),
      (999, 500, .occlusionOutOfRange), (1_000_001, 10_000, .occlusionOutOfRange),
      (70_000, 499, .occlusionRiseOutOfRange), (70_000, 70_001, .occlusionRiseOutOfRange),
    ] as [(Int64, Int64, Finding.Rule?)])
  func occlusion(threshold: Int64, rise: Int64, wrong: Finding.Rule?) {
    let limits = OcclusionLimits(
      threshold: Pressure(pascals: threshold), rise: Pressure(pascals: rise))
    #expect(findings(changed { $0.occlusion = limits }) == [wrong].compactMap { $0 })
  }

  @Test("R-016 Several faults of a rig are listed together")
  func severalAtOnce() {
    let rig = changed {
      $0.tick = Nanoseconds(7_000_000)
      $0.pump.minRate = $0.pump.maxRate
      $0.reservoir.low = .zero
      $0.maxVolume24h = .zero
    }
    #expect(
      findings(rig) == [
        .tickDoesNotDivideMinute, .ratesOutOfOrder, .reservoirOutOfOrder, .rigLimitBelowOneStep,
        .rigHourLimitAboveDayLimit,
      ])
  }

  @Test("R-010 Without volume limits a rig has those that its highest rate just needs")
  func defaultLimits() {
    // 12 mL/d in 61 min are 508,333,333.3 pL, and in 24 h 15 min 12,125 uL; then the pending step,
    // and the part of a step that counting in whole steps cuts off.
    let rig = Rig.bench()
    #expect(rig.maxVolume1h.picolitres >= 508_333_334 + 15_625)
    #expect(rig.maxVolume1h.picolitres <= 508_333_334 + 2 * 15_625)
    #expect(rig.maxVolume24h.picolitres >= 12_125_000_000 + 15_625)
    #expect(rig.maxVolume24h.picolitres <= 12_125_000_000 + 2 * 15_625)
    var order = Prescription.continuous(
      microgramsPerDay(6_000), maxDose1h: micrograms(900), maxDose24h: micrograms(9_000))
    order.safeBasal = microgramsPerDay(24)
    #expect(judge(order, on: rig).0 != nil)
  }

  @Test("Steps and volumes convert, whole steps down and picolitres down")
  func stepsAndVolumes() {
    let rig = Rig.bench()
    #expect(rig.steps(in: Volume(picolitres: 15_624)) == 0)
    #expect(rig.steps(in: Volume(picolitres: 15_625)) == 1)
    #expect(rig.steps(in: microlitres(50)) == 3_200)
    #expect(rig.volume(ofSteps: 3_200) == microlitres(50))
    var odd = rig
    odd.pump.stepsPerRevolution = 3_000
    #expect(odd.volume(ofSteps: 1).picolitres == 16_666)
    #expect(odd.volume(ofSteps: 3).picolitres == 50_000)
  }

  @Test("What the interlock is sealed with leaves room for the highest rate and a late tick")
  func sealedWith() {
    // At 12 mL/d a step takes 1.125 ticks of 100 ms: no interval can be kept.
    #expect(Rig.bench().stepIntervalMin == .zero)
    // At 24 mL/d it takes 5.625 ticks of 10 ms: 5 whole ones, less one.
    let fast = Rig.bench(tick: 10, maxRate: microlitresPerDay(24_000))
    #expect(fast.stepIntervalMin == Nanoseconds(40_000_000))
    // 24 mL/d are 1,066.67 steps a minute.
    #expect(fast.stepsPerMinuteMax == 1_067 + 2)
  }
}
