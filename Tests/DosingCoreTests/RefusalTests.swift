import DosingCore
import Quantities
import Testing

/// What a refusal must say.
private struct Told: Equatable {
  var limit: Int64 = 0
  var value: Int64 = 0
  var allowedAt: Int64?
}

extension Refusal {
  fileprivate var told: Told { Told(limit: limit, value: value, allowedAt: allowedAt?.number) }
}

@Suite struct RefusalTests {
  private let basal = microgramsPerDay(300)

  @Test("R-015 Every reason comes with its numbers", arguments: RefusalReason.allCases)
  fileprivate func everyReason(_ reason: RefusalReason) throws {
    let (refusal, told) = try provoke(reason)
    #expect(refusal?.reason == reason)
    #expect(refusal?.told == told)
  }

  private func provoke(_ reason: RefusalReason) throws -> (Refusal?, Told) {
    switch reason {
    case .noTherapy, .stopped, .minimumBasal, .safeBasal, .hardStop, .highAlarm, .notStopped,
      .driveFails, .encoderLost, .occluded, .noHardStop, .noExtraDose,
      .nothingSounds:
      (try provokeByState(reason), Told())
    case .noHistory, .hasHistory, .nothingToAcknowledge, .storageFailed, .requestWaits:
      (try provokeByStorage(reason), Told())
    case .accountUncertain: try provokeByRestart()
    case .orderNotValid: (try provokeByOldOrder(), Told())
    case .deliveredOutOfRange: try provokeByHistoryOutOfRange()
    case .extraDoseRunning, .noPatientBolus, .lockout, .maxIn24h: try provokeByHistory(reason)
    case .bolusTooSmall, .bolusTooLarge, .bolusDurationOutOfRange, .flowAboveMaximum:
      try provokeBySize(reason)
    case .reservoirLow, .reservoirTooSmall: try provokeByReservoir(reason)
    case .doseLimit1h, .volumeLimit1h: try provokeByHour(reason)
    case .doseLimit24h, .volumeLimit24h: try provokeByDay(reason)
    case .otherDrug, .otherConcentration, .programDuringExtraDose: try provokeByProgram(reason)
    case .otherHead, .otherReservoir: try provokeByRig(reason)
    case .otherLine, .lineMixes, .boundaryPasses, .noDrugAtTip, .tooFastForOldDrug, .mixedDose1h,
      .mixedDose24h, .lineFull:
      try provokeByLine(reason)
    case .factorAbove5, .refillOutOfOrder, .concentrationOutOfRange, .moreThanReservoir,
      .moreThanFits, .mixtureOffLabel, .fluidElsewhere:
      try provokeByRefill(reason)
    case .primeRuns, .nothingToPrime, .notConnected, .connected, .primeAboveMaximum, .primeVolume1h,
      .primeVolume24h:
      try provokeByPrime(reason)
    }
  }

  /// A refusal for the state of delivery has no numbers.
  private func provokeByState(_ reason: RefusalReason) throws -> Refusal? {
    let pump: Pump
    switch reason {
    case .noTherapy: pump = try Pump(nil)
    case .minimumBasal: pump = try Pump(.order(.minimum))
    case .occluded: pump = try Pump(.continuous(basal), on: .blocking())
    default: pump = try Pump(.continuous(basal), on: .nearlyEmpty)
    }
    switch reason {
    case .notStopped: return pump.ask(.resume).refusal
    case .noHardStop: return pump.ask(.clear).refusal
    case .noExtraDose: return pump.ask(.cancelBolus).refusal
    case .nothingSounds: return pump.ask(.silence).refusal
    case .driveFails:
      pump.drive = .driveFailed
      pump.run(for: .seconds(20))
    case .encoderLost:
      pump.angle(nil)
      pump.run(for: .seconds(11))
    case .occluded: for _ in 0..<3 { pump.press(80_000) }
    case .stopped: pump.ask(.stop)
    case .hardStop: pump.hardStop()
    case .safeBasal:
      pump.runToStep()
      pump.refuseStepForWindow()
    case .highAlarm: while pump.mode != .reservoirEmpty { pump.run(to: pump.now + 1) }
    default: break
    }
    return pump.bolus(micrograms(1), .minutes(1)).refusal
  }

  private func provokeByStorage(_ reason: RefusalReason) throws -> Refusal? {
    let pump = try Pump(reason == .noHistory ? nil : .continuous(basal))
    switch reason {
    case .hasHistory:
      return pump.ask(.new(deliveredIn24h: microlitres(1), deliveredIn1h: .zero)).refusal
    case .nothingToAcknowledge: return pump.ask(.acknowledge).refusal
    case .noHistory: pump.loseHistory()
    case .requestWaits:
      pump.beginLeases()
      pump.ask(.bolus(dose: micrograms(1), duration: .minutes(1)))
    default:
      pump.beginLeases()
      pump.run(to: pump.now + 1)
      _ = pump.propose()
      pump.run(for: .seconds(11))
      return try pump.program(.continuous(basal)).refusal
    }
    return pump.bolus(micrograms(1), .minutes(1)).refusal
  }

  /// An order that was accepted when it did not matter that safe basal fits the limit, too.
  private func provokeByOldOrder() throws -> Refusal? {
    let pump = try Pump(.continuous(basal))
    var order = Prescription.continuous(basal)
    order.maxDose1h = micrograms(1)
    try pump.comeBack(from: pump.record(), inForce: order)
    return pump.bolus(micrograms(1), .minutes(1)).refusal
  }

  private func provokeByHistoryOutOfRange() throws -> (Refusal?, Told) {
    let pump = try Pump(nil)
    pump.loseHistory()
    let all = microlitres(20_001)
    return (
      pump.ask(.new(deliveredIn24h: all, deliveredIn1h: .zero)).refusal,
      Told(
        limit: min(microlitres(20_000), pump.rig.maxVolume24h).picolitres, value: all.picolitres)
    )
  }

  private func provokeByRestart() throws -> (Refusal?, Told) {
    let pump = try Pump(.continuous(basal))
    var facts = Restart(at: Tick(10_000), leaseEnd: 0)
    facts.mayHaveRun = TickCount(pump.ticks(.minutes(11)))
    pump.restart(facts)
    return (pump.bolus(micrograms(1), .minutes(1)).refusal, Told(allowedAt: 874_000))
  }

  private func provokeByHistory(_ reason: RefusalReason) throws -> (Refusal?, Told) {
    let pump = try Pump(.continuous(basal, patientBolus: .usual(maxIn24h: 1)))
    if reason == .noPatientBolus {
      return (try Pump(.continuous(basal)).ask(.patientBolus).refusal, Told())
    }
    // In tick 1; it ends in tick 6,001.
    pump.ask(.patientBolus)
    switch reason {
    case .extraDoseRunning:
      return (pump.bolus(micrograms(1), .minutes(1)).refusal, Told(allowedAt: 6_001))
    case .lockout:
      // 101 ticks into the lockout of 36,000; but then the allotment binds.
      let told = Told(limit: 3_600_000_000_000, value: 10_100_000_000, allowedAt: 864_001)
      return (pump.ask(.patientBolus, at: 6_102).refusal, told)
    default:
      let told = Told(limit: 1, value: 1, allowedAt: 864_001)
      return (pump.ask(.patientBolus, at: 42_001).refusal, told)
    }
  }

  private func provokeBySize(_ reason: RefusalReason) throws -> (Refusal?, Told) {
    let pump = try Pump(.continuous(basal))
    switch reason {
    case .bolusTooSmall:
      // 10 steps are 78.125 ng.
      let refusal = pump.bolus(Mass(nanograms: 78), .minutes(1)).refusal
      return (refusal, Told(limit: 79, value: 78))
    case .bolusTooLarge:
      let refusal = pump.bolus(Mass(nanograms: 500_001), .hours(24)).refusal
      return (refusal, Told(limit: 500_000, value: 500_001))
    case .bolusDurationOutOfRange:
      let refusal = pump.bolus(micrograms(1), .hours(25)).refusal
      return (refusal, Told(limit: 86_400_000_000_000, value: 90_000_000_000_000))
    default:
      let refusal = pump.bolus(micrograms(10), .minutes(1)).refusal
      return (refusal, Told(limit: 12_000_000_000, value: 10_000))
    }
  }

  private func provokeByReservoir(_ reason: RefusalReason) throws -> (Refusal?, Told) {
    let pump = try Pump(.continuous(basal), on: .nearlyEmpty)
    guard reason == .reservoirLow else {
      // 640 steps, 10 uL, are left above the empty mark. 5 ug are 640 steps, and there is basal.
      let refusal = pump.bolus(micrograms(5), .minutes(2)).refusal
      // In 1,200 ticks basal brings 53.3 steps.
      return (refusal, Told(limit: 10_000_000, value: 694 * 15_625))
    }
    while pump.alarms[.reservoirLow] == nil { pump.run(to: pump.now + 1) }
    let refusal = pump.bolus(micrograms(1), .minutes(1)).refusal
    return (refusal, Told(limit: 1_005_000_000, value: 1_005_000_000))
  }

  /// Room beside basal, with the reserve of 61 min and a step: 60,000 - 12,716.15 ng.
  private func provokeByHour(_ reason: RefusalReason) throws -> (Refusal?, Told) {
    let pump = try pumpBound(byVolume: reason == .volumeLimit1h)
    pump.ask(.bolus(dose: micrograms(36), duration: .minutes(10)), at: 600)
    let refusal = pump.ask(.bolus(dose: micrograms(20), duration: .minutes(10)), at: 7_000).refusal
    // From minute 57 on, the first dose leaves the window faster than the second would enter it.
    return (refusal, Told(limit: 60_000, value: 68_717, allowedAt: 57 * 600))
  }

  /// Room beside basal, with the reserve of 24 h 15 min and a step: 400,000 - 303,132.81 ng.
  private func provokeByDay(_ reason: RefusalReason) throws -> (Refusal?, Told) {
    let pump = try pumpBound(byVolume: reason == .volumeLimit24h)
    for hour in 0..<2 {
      pump.ask(
        .bolus(dose: micrograms(36), duration: .minutes(10)), at: 600 + Int64(hour) * 72_000)
    }
    let refusal =
      pump.ask(.bolus(dose: micrograms(36), duration: .minutes(10)), at: 150_000).refusal
    // The first dose lies in the first quarter of an hour, which is forgotten after 24 h 15 min.
    return (refusal, Told(limit: 400_000, value: 411_133, allowedAt: 97 * 9_000))
  }

  /// 60 ug an hour and 400 ug a day, or as much by volume.
  private func pumpBound(byVolume: Bool) throws -> Pump {
    let order = Prescription.continuous(
      basal, maxDose1h: micrograms(byVolume ? 100 : 60),
      maxDose24h: micrograms(byVolume ? 900 : 400))
    let rig = Rig.bench(
      maxVolume1h: byVolume ? microlitres(120) : nil,
      maxVolume24h: byVolume ? microlitres(800) : nil)
    return try Pump(order, on: rig)
  }

  private func provokeByRig(_ reason: RefusalReason) throws -> (Refusal?, Told) {
    let pump = try Pump(.continuous(basal))
    var (other, told, findings) = (pump.rig, Told(), Findings())
    switch reason {
    case .otherHead: other.pump.stepsPerRevolution /= 2
    default:
      other.reservoir.volume = microlitres(30_000)
      told = Told(limit: 20_000_000_000, value: 30_000_000_000)
    }
    let change = try #require(
      RigChange(other, order: .continuous(basal), findings: &findings))
    return (pump.ask(.propose(.rig(change))).refusal, told)
  }

  /// 500 ug/mL in the line of 404 uL, 2,000 or what is said in the reservoir.
  private func pumpWithOldDrug(
    _ strength: Int64 = 2_000, hour: Int64 = 60, day: Int64 = 500
  ) throws -> Pump {
    let order = Prescription.continuous(
      basal, maxDose1h: micrograms(hour), maxDose24h: micrograms(day))
    let pump = try Pump(order, on: .bench(residue: .zero))
    pump.refill(strength)
    return pump
  }

  private func provokeByLine(_ reason: RefusalReason) throws -> (Refusal?, Told) {
    switch reason {
    case .mixedDose1h:
      // 61 min are 12,708.3 ng, which 1,627 steps of the old drug pay, each of which may be 1,500 ug/mL more.
      let pump = try Pump(.continuous(basal, maxDose1h: micrograms(40)))
      return (pump.begin(2_000), Told(limit: 40_000, value: 50_873))
    case .mixedDose24h:
      // 303,125 ng, and the 2,586 steps of half a zone.
      let pump = try Pump(.continuous(basal, maxDose24h: micrograms(350)))
      return (pump.begin(2_000), Told(limit: 350_000, value: 363_766))
    case .tooFastForOldDrug:
      let pump = try Pump(.continuous(basal), on: .bench(residue: .zero))
      pump.refill(2_000)
      var fast = Prescription.continuous(
        microgramsPerDay(6_500), maxDose1h: micrograms(900), maxDose24h: micrograms(9_000))
      fast.concentration = Concentration(nanogramsPerMillilitre: 2_000_000)
      return (
        try pump.program(fast).refusal, Told(limit: 12_000_000_000, value: 13_000_000_000)
      )
    default: break
    }
    let pump = try pumpWithOldDrug(1_000)
    switch reason {
    case .lineFull:
      for strength in 2...6 {
        pump.runToStep()
        pump.refill(1_000 + Int64(strength))
      }
      pump.runToStep()
      return (pump.begin(500), Told())
    case .noDrugAtTip:
      pump.ask(.supply(SupplyChange(.lineReplaced)))
      return (pump.bolus(micrograms(10), .hours(1)).refusal, Told())
    case .lineMixes:
      while pump.account.steps < 25_856 - 2_586 { pump.run(to: pump.now + 1) }
      return (pump.bolus(micrograms(10), .minutes(10)).refusal, Told())
    case .boundaryPasses: return (pump.bolus(micrograms(10), .hours(20)).refusal, Told())
    default:
      var (other, findings) = (pump.rig, Findings())
      other.line.catheter = microlitres(150)
      let change = try #require(
        RigChange(other, order: pump.therapy?.prescription, findings: &findings))
      return (
        pump.ask(.propose(.rig(change))).refusal, Told(limit: 404_000_000, value: 400_000_000)
      )
    }
  }

  /// 154 uL of 500 ug/mL are 77 ug, of which 37 % are 28.49 ug.
  private func provokeByPrime(_ reason: RefusalReason) throws -> (Refusal?, Told) {
    var rig = Rig.bench(
      maxVolume1h: reason == .primeVolume1h ? microlitres(160) : nil,
      maxVolume24h: reason == .primeVolume24h ? microlitres(700) : nil)
    if reason == .primeAboveMaximum { rig.maxPrimeDose = micrograms(28) }
    let pump = try Pump(.continuous(basal), on: rig)
    switch reason {
    case .nothingToPrime: return (pump.tell(SupplyChange(.prime)), Told())
    case .connected: return (pump.tell(SupplyChange(.purge)), Told())
    case .notConnected:
      pump.tell(SupplyChange(.lineReplaced))
      return (pump.tell(SupplyChange(.prime)), Told())
    default: pump.tell(SupplyChange(.catheterEmptied))
    }
    let refusal = pump.tell(SupplyChange(.prime))
    switch reason {
    case .primeRuns: return (pump.tell(SupplyChange(.prime)), Told())
    case .primeAboveMaximum: return (refusal, Told(limit: 28_000, value: 28_490))
    default:
      // What basal may need beside it, 300 ug/d with a bucket and a step, is the caller's sum.
      return (refusal, Told(limit: refusal?.limit ?? 0, value: 154_000_000))
    }
  }

  /// The load cell does not move.
  private func provokeByWeight() throws -> (Refusal?, Told) {
    var rig = Rig.bench()
    rig.weighing = Weighing()
    let pump = try Pump(.continuous(basal), on: rig)
    pump.weigh(20_000)
    pump.begin(500)
    pump.tell(SupplyChange(.aspirated, volume: microlitres(19_500)))
    pump.tell(SupplyChange(.filled, volume: microlitres(5_000)))
    return (pump.tell(SupplyChange(.finish)), Told(limit: 5_000_000_000, value: 0))
  }

  private func provokeByRefill(_ reason: RefusalReason) throws -> (Refusal?, Told) {
    let pump = try Pump(.continuous(basal))
    switch reason {
    case .fluidElsewhere: return try provokeByWeight()
    case .factorAbove5: return (pump.begin(2_600), Told(limit: 500_000, value: 2_600_000))
    case .concentrationOutOfRange: return (pump.begin(5), Told(limit: 4_000_000, value: 5_000))
    case .refillOutOfOrder:
      return (pump.tell(SupplyChange(.filled, volume: microlitres(1))), Told())
    default: pump.begin(2_000)
    }
    let most: Int64 = 20_000_000_000
    if reason == .moreThanReservoir {
      return (
        pump.tell(SupplyChange(.aspirated, volume: microlitres(20_001))),
        Told(limit: most, value: 20_001_000_000)
      )
    }
    pump.tell(SupplyChange(.aspirated, volume: microlitres(19_500)))
    if reason == .moreThanFits {
      return (
        pump.tell(SupplyChange(.filled, volume: microlitres(19_501))),
        Told(limit: 19_500_000_000, value: 19_501_000_000)
      )
    }
    pump.tell(SupplyChange(.filled, volume: microlitres(5_000)))
    // 0.5 mL of 500 under 5 mL of 2,000.
    return (pump.tell(SupplyChange(.finish)), Told(limit: 2_000_000, value: 1_863_636))
  }

  private func provokeByProgram(_ reason: RefusalReason) throws -> (Refusal?, Told) {
    let pump = try Pump(.continuous(basal))
    var other = Prescription.continuous(basal)
    switch reason {
    case .otherDrug:
      other.drug = Label("saline")
      return (try pump.program(other).refusal, Told())
    case .otherConcentration:
      other.concentration = Concentration(nanogramsPerMillilitre: 1_000_000)
      return (try pump.program(other).refusal, Told(limit: 500_000, value: 1_000_000))
    default:
      pump.ask(.bolus(dose: micrograms(10), duration: .minutes(10)), at: 10)
      // One that is nowhere above is accepted.
      other.setContinuous(microgramsPerDay(301))
      return (try pump.program(other).refusal, Told(allowedAt: 6_010))
    }
  }

  @Test("R-015 A patient bolus that is asked for during a dose is told the end of the lockout")
  func promiseBehindADose() throws {
    let pumps = try (0..<2).map { _ in
      let pump = try Pump(.continuous(basal, patientBolus: .usual()))
      pump.bolus(micrograms(10), .minutes(10))
      return pump
    }
    let refusal = try #require(pumps[0].ask(.patientBolus).refusal)
    #expect(refusal.reason == .extraDoseRunning && refusal.allowedAt == Tick(42_001))
    #expect(pumps[0].patientBolusAllowedAt == Tick(42_001))
    #expect(pumps[0].ask(.patientBolus, at: 42_000).reason == .lockout)
    #expect(pumps[1].ask(.patientBolus, at: 42_001).isAccepted)
  }

  @Test("R-015 A bolus that no wait would make possible is told no time")
  func waitingDoesNotHelp() throws {
    let pump = try Pump(.continuous(basal))
    // 47,284 ng beside basal are too much in any hour.
    let refusal = try #require(pump.bolus(Mass(nanograms: 47_284), .minutes(30)).refusal)
    #expect(refusal.reason == .doseLimit1h && refusal.allowedAt == nil)
    #expect(refusal.value == 60_001)
    #expect(pump.bolus(Mass(nanograms: 47_283), .minutes(30)).isAccepted)
  }
}
