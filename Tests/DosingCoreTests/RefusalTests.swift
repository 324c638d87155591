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
      .driveFails, .noHardStop, .noExtraDose:
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
    case .otherHead, .otherReservoir, .otherLine: try provokeByRig(reason)
    }
  }

  /// A refusal for the state of delivery has no numbers.
  private func provokeByState(_ reason: RefusalReason) throws -> Refusal? {
    let pump: Pump
    switch reason {
    case .noTherapy: pump = try Pump(nil)
    case .minimumBasal: pump = try Pump(.order(.minimum))
    default: pump = try Pump(.continuous(basal), on: .bench(reservoir: .nearlyEmpty))
    }
    switch reason {
    case .notStopped: return pump.ask(.resume).refusal
    case .noHardStop: return pump.ask(.clear).refusal
    case .noExtraDose: return pump.ask(.cancelBolus).refusal
    case .driveFails:
      pump.drive = .driveFailed
      pump.run(for: .seconds(20))
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
    let pump = try Pump(.continuous(basal), on: .bench(reservoir: .nearlyEmpty))
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
    case .otherLine:
      other.line.catheter = microlitres(150)
      told = Told(limit: 404_000_000, value: 400_000_000)
    default:
      other.reservoir.volume = microlitres(30_000)
      told = Told(limit: 20_000_000_000, value: 30_000_000_000)
    }
    let change = try #require(
      RigChange(other, order: .continuous(basal), findings: &findings))
    return (pump.ask(.propose(.rig(change))).refusal, told)
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
