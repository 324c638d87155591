import ProgrammerLink
import Quantities

@testable import DosingCore

/// A frame of each kind for the vectors, with something else in every field.
enum FrameSamples {
  static let serial = label("BP-0001")

  /// The key with which they are sealed, and which every implementation of Ed25519 makes of these bytes.
  static let secret: [UInt8] = Array(1...32)

  static func bodies(_ kind: FrameKind) -> [(change: ChangeKind?, body: any FrameBody)] {
    switch kind {
    case .propose: ChangeKind.allCases.map { ($0, proposed($0)) }
    case .proposal:
      ChangeKind.allCases.map { change in
        var generations = Generations()
        (generations.order, generations.clock) = (0x8877_6655_4433_2211, 6)
        (generations.rig, generations.history) = (7, 8)
        return (
          change,
          ProposalBody(digest: counted(from: 9), generations: generations, shown: shown(change))
        )
      }
    default: [(nil, body(kind))]
    }
  }

  private static func body(_ kind: FrameKind) -> any FrameBody {
    switch kind {
    case .bolus: BolusBody(dose: Mass(nanograms: 20_001), duration: .minutes(30))
    case .commit: CommitBody(digest: counted(from: 1))
    case .enroll: EnrollBody(role: .technician, name: label("anna"), publicKey: counted(from: 3))
    case .revoke: RevokeBody(key: key.id)
    case .status: status()
    case .answer:
      AnswerBody(
        .refused(Refusal(.doseLimit1h, limit: 60_000, value: 61_234, allowedAt: Tick(987_654))),
        decidedAt: Tick(123_456), tickPeriod: .milliseconds(10), isDurable: false,
        findings: findings)
    case .findings: findings
    case .rejected: RejectedBody(.tooOften)
    case .keys: keys
    case .askRecords: asked
    case .records: page
    default: kind.blank()
    }
  }

  private static func proposed(_ change: ChangeKind) -> ProposedChange {
    switch change {
    case .program: .program(order(.flex))
    case .clock:
      .clock(
        ClockChange(
          utcOffset: .minutes(-210),
          stated: ClockChange.StatedUTC(utc: 1_772_352_000_000_000_001, tick: Tick(77))))
    case .rig: .rig(rig)
    case .new:
      .new(
        NewBody(
          deliveredIn24h: Volume(picolitres: 400_000_001),
          deliveredIn1h: Volume(picolitres: 30_000_002)))
    case .supply:
      .supply(
        SupplyChange(
          .filled, concentration: Concentration(nanogramsPerMillilitre: 500_001),
          volume: Volume(picolitres: 19_500_000_002), lot: label("A-7"), overrides: true))
    case .clear: .clear
    }
  }

  private static func shown(_ change: ChangeKind) -> ShownChange {
    switch change {
    case .program: return .program(old: order(.continuous), findings: findings)
    case .clock:
      var clock = ShownClock()
      (clock.order, clock.clock) = (order(.continuous), WeekTime(sinceMonday: .hours(17)))
      (clock.utcOffset, clock.newClock) = (.minutes(-210), WeekTime(sinceMonday: .hours(30)))
      clock.newUTCOffset = .hours(14)
      return .clock(clock)
    case .rig: return .rig(old: rig, findings: findings)
    case .new:
      var history = ShownHistory()
      (history.isCorrection, history.mostIn24h) = (true, Volume(picolitres: 5_000_000_001))
      history.mostIn1h = Volume(picolitres: 1_000_000_002)
      return .new(history)
    case .supply:
      var supply = ShownSupply()
      supply.refill = refill
      (supply.contents, supply.held) = (Volume(picolitres: 11), Concentration(baseUnits: 12))
      (supply.holds, supply.flow) = (Concentration(baseUnits: 13), FlowRate(baseUnits: 14))
      (supply.flowAfter, supply.arrivesAfter) = (FlowRate(baseUnits: 15), .seconds(16))
      return .supply(supply)
    case .clear:
      var stop = ShownHardStop()
      (stop.interlockRefused, stop.raised) = (true, Tick(77))
      (stop.engineHourSteps, stop.engineDaySteps) = (11, 12)
      (stop.interlockHourSteps, stop.interlockDaySteps) = (13, 14)
      return .clear(stop)
    }
  }

  static var refill: ShownRefill {
    var refill = ShownRefill()
    refill.stage = .filled
    (refill.announced, refill.before) = (Concentration(baseUnits: 1), Concentration(baseUnits: 2))
    (refill.expected, refill.aspirated) = (Volume(picolitres: 3), Volume(picolitres: 4))
    (refill.filled, refill.mixed) = (Volume(picolitres: 5), Concentration(baseUnits: 6))
    return refill
  }

  private static let rig = Rig(
    tick: .milliseconds(10),
    pump: PumpHead(
      volumePerRevolution: Volume(picolitres: 50_000_001), stepsPerRevolution: 3_200,
      minRate: FlowRate(picolitresPerDay: 48_000_002),
      maxRate: FlowRate(picolitresPerDay: 24_000_000_003),
      keepOpenRate: FlowRate(picolitresPerDay: 6_000_004), accuracyPermille: 41),
    reservoir: Reservoir(
      volume: Volume(picolitres: 20_000_000_005), low: Volume(picolitres: 3_000_000_006),
      empty: Volume(picolitres: 1_000_000_007), residue: Volume(picolitres: 400_000_010)),
    line: RigLine(
      pumpTubing: Volume(picolitres: 250_000_011), catheter: Volume(picolitres: 154_000_012),
      mixingPermille: 213, tolerancePermille: 54,
      primeRate: FlowRate(picolitresPerDay: 12_000_000_015)),
    maxVolume1h: Volume(picolitres: 1_000_000_008), maxVolume24h: Volume(picolitres: 5_000_000_009),
    maxPrimeDose: Mass(nanograms: 600_016))

  private static func order(_ mode: BasalMode) -> Prescription {
    var order = Prescription(
      patient: label("BENCH-01"), drug: label("baclofen"),
      concentration: Concentration(nanogramsPerMillilitre: 500_000), mode: mode,
      maxDose1h: Mass(nanograms: 60_001), maxDose24h: Mass(nanograms: 500_002))
    func step(_ minute: UInt16, _ nanogramsPerDay: Int64) -> FlexStep {
      FlexStep(minute: minute, rate: DoseRate(nanogramsPerDay: nanogramsPerDay))
    }
    if mode == .flex {
      order.patternCount = 2
      order.patterns[0] = DayPattern()
      _ = order.patterns[0].append(step(0, 240_003))
      _ = order.patterns[0].append(step(390, 432_004))
      _ = order.patterns[1].append(step(0, 144_005))
      for day in 5..<7 { order.week[day] = 1 }
    } else {
      order.setContinuous(DoseRate(nanogramsPerDay: 300_006))
    }
    order.patientBolus = PatientBolus(
      dose: Mass(nanograms: 10_007), duration: .minutes(10), lockout: .hours(4), maxIn24h: 4)
    order.safeBasal = DoseRate(nanogramsPerDay: 200_008)
    return order
  }

  private static var key: KeyRecord {
    KeyRecord(
      id: KeyID(0x1122_3344_5566_7788), role: .technician, name: label("anna"),
      publicKey: counted(from: 3), newestNumber: 17, isRevoked: true)
  }

  private static var keys: KeysBody {
    var keys = KeysBody()
    keys.pumpKey = counted(from: 2)
    keys.append(key)
    return keys
  }

  private static var asked: AskRecordsBody {
    var asked = AskRecordsBody(.newestEvent)
    (asked.event, asked.later, asked.kinds, asked.offset) = (987_654, 3, 1 << 33 | 2, 258)
    asked.digest = counted(from: 7)
    return asked
  }

  private static var page: RecordsBody {
    var page = RecordsBody()
    (page.mark, page.length) = (0x0102_0304_0506_0708, 70_000)
    for byte in UInt8(50)..<90 { page.append(byte) }
    return page
  }

  private static func counted(from first: UInt8) -> InlineArray<32, UInt8> {
    var bytes = InlineArray<32, UInt8>(repeating: 0)
    for index in 0..<32 { bytes[index] = first &+ UInt8(truncatingIfNeeded: index) }
    return bytes
  }

  private static var findings: Findings {
    var findings = Findings()
    findings.append(Finding(.rateBelowMinimum, pattern: 3, step: 4, value: 5, bound: 6))
    findings.append(Finding(.tickOutOfRange, pattern: -1, step: -1, value: -7, bound: 8))
    return findings
  }

  /// Every number another one.
  private static func status() -> Status {
    var status = Status(serial: .none)
    var last: Int64 = 0
    func next() -> Int64 {
      last += 1
      return last
    }
    func mass() -> Mass { Mass(nanograms: next()) }
    func volume() -> Volume { Volume(picolitres: next()) }
    func time() -> Nanoseconds { Nanoseconds(next()) }
    status.now = Tick(next())
    (status.tickPeriod, status.clock) = (time(), time())
    (status.utcOffset, status.clockSource) = (.minutes(-90), .battery)
    (status.clockBehind, status.utc) = (.seconds(-912), 1_772_352_000_000_000_913)
    status.concentration = Concentration(nanogramsPerMillilitre: next())
    (status.health.ticks, status.health.missed) = (next(), next())
    (status.health.latenessMedian, status.health.lateness99) = (time(), time())
    status.health.latenessMax = time()
    (status.health.interlockSteps, status.health.interlockRefusals) = (next(), next())
    (status.health.interlockLapses, status.health.interlockHourSteps) = (next(), next())
    (status.health.interlockDaySteps, status.health.realTimePriority) = (next(), 50)
    status.health.memoryLocked = true
    status.basalRate = DoseRate(nanogramsPerDay: next())
    status.extraRate = DoseRate(nanogramsPerDay: next())
    status.flow = FlowRate(picolitresPerDay: next())
    (status.steps, status.stepsInDoubt, status.massInDoubt) = (next(), next(), mass())
    (status.hourSteps, status.daySteps, status.deliveredVolume) = (next(), next(), volume())
    (status.deliveredMass, status.prescribedMass) = (mass(), mass())
    for index in 0..<Account.Deficit.count { status.deficits[index] = mass() }
    (status.deliveredToday, status.prescribedToday) = (mass(), mass())
    (status.reservoir, status.reservoirLow) = (volume(), volume())
    (status.reservoirEmpty, status.reservoirVolume) = (volume(), volume())
    (status.usedHour, status.limitHour) = (mass(), mass())
    (status.usedDay, status.limitDay) = (mass(), mass())
    (status.durableCommit, status.newestNumber, status.framesRefused) = (next(), next(), next())
    status.challenge = Challenge(nonce: UInt64(next()), session: UInt64(next()))
    (status.mode, status.simulated) = (.flex, true)
    (status.serial, status.patient, status.drug) = (label("BP-1"), label("P"), label("drug"))
    status.nextChange = ScheduledChange(at: Tick(901), rate: DoseRate(nanogramsPerDay: 902))
    status.extraDose = RunningExtraDose(
      kind: .patientBolus, dose: Mass(nanograms: 903), left: Mass(nanograms: 904), end: Tick(905))
    status.lastDose = ShownEndedDose(
      kind: .bolus, dose: Mass(nanograms: 911), cancelled: Mass(nanograms: 912), end: Tick(913))
    (status.rigLimitHour, status.rigLimitDay) = (
      Volume(picolitres: 914), Volume(picolitres: 915)
    )
    status.patientBolus = PatientBolusState(
      dose: Mass(nanograms: 906), allowedAt: Tick(907), givenIn24h: 3, maxIn24h: 4)
    status.faults[5] = ShownFault(priority: 3, raised: Tick(908))
    status.faults[19] = ShownFault(priority: 1, raised: Tick(909))
    status.refill = refill
    status.line.isMixing = true
    for index in 0..<Int64(2) {
      var part = ShownLine.Part()
      part.concentration = Concentration(nanogramsPerMillilitre: 920 + index)
      (part.volume, part.uncertain) = (
        Volume(picolitres: 930 + index), Volume(picolitres: 940 + index)
      )
      part.leaves = index == 0 ? Tick(950) : nil
      status.line.append(part)
    }
    status.sensors.encoder = SensorReading(.good, value: 910)
    status.sensors.pressure = SensorReading(.stale, value: -911)
    return status
  }
}
