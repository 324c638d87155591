import Quantities
import Testing

@testable import DosingCore
@testable import Journal

/// Values of this version for `Fixtures/layout-2`, with something else in every field.
enum GoldenValues {
  static func counted<let count: Int>(from first: UInt8) -> InlineArray<count, UInt8> {
    var bytes = InlineArray<count, UInt8>(repeating: 0)
    for index in bytes.indices { bytes[index] = first &+ UInt8(truncatingIfNeeded: index) }
    return bytes
  }

  private static func label(_ text: String) -> Label { Label(utf8: text.utf8) ?? .none }

  private static var key: KeyRecord {
    KeyRecord(
      id: KeyID(0x1122_3344_5566_7788), role: .technician, name: label("anna"),
      publicKey: counted(from: 3), newestNumber: 17, isRevoked: true)
  }

  private static func account() -> Account {
    var account = Account(perStep: 67_500_000_000_000_000)
    account.accrue(account.perStep * 3 + 7)
    account.accrueExtra(1_234_567)
    for _ in 0..<3 { account.makeStep() }
    for reason in Account.Deficit.allCases {
      account.miss((Int128(reason.rawValue) + 1) << 70 + 5, reason)
    }
    return account
  }

  static func trace() -> TickTrace {
    var faults = FaultSet()
    for code in [FaultCode.stopped, .hardStop, .orderNotValid] { faults[code] = true }
    return TickTrace(
      tick: Tick(30_055), account: account(), stepIsUnderWay: true, stepsInDoubt: 21,
      faults: faults)
  }

  static func safeBasal() -> SafeBasalRecord {
    SafeBasalRecord(
      generation: 5, lineage: Array(1...16), isStopped: true, isHardStopped: false,
      rig: GoldenStates.rigs[1].recordBytes,
      prescription: GoldenStates.order(.flex).recordBytes, tick: 12_345, leaseEnd: 678)
  }

  static func entries() -> [(name: String, content: Entry.Content)] {
    var started = Started()
    started.state = Array(0...99)
    (started.rig, started.prescription) = (Array(1...32), Array(33...64))
    (started.commits, started.stepsInDoubt, started.ticksNotRunning) = (9, 5, 1_234)
    (started.isPlanned, started.discardedExtraDose, started.isSimulated) = (false, true, true)
    var requested = Requested()
    (requested.id, requested.user, requested.process, requested.reason) = (6, 1000, -1, 28)
    requested.frame = frame(.bolus)
    var committed = Committed()
    (committed.commit, committed.leaseEnd, committed.stepsInDoubt) = (9, 192, 4)
    var alone = committed
    committed.account = account()
    alone.commit = 8
    var readings = SensorReadings()
    readings.encoder = SensorReading(.good, value: 2_047)
    readings.loadCell = SensorReading(.stale, value: 19_876_543)
    readings.pressure = SensorReading(.implausible, value: -11)
    var change = KeyChange()
    (change.key, change.byKey, change.byUser) = (key, KeyID(0x8877_6655_4433_2211), 1001)
    return [
      ("started", .started(started)), ("ended", .ended), ("requested", .requested(requested)),
      ("ticks-missed", .ticksMissed(12)), ("steps", .steps([100, 101, 5_000_000_000])),
      ("step-refused", .stepRefused(.notYet)), ("step-drive", .stepRefused(.driveFailed)),
      ("step-window", .stepRefused(.window(hourSteps: 17, daySteps: 18))),
      ("lease-granted", .leaseGranted(commit: 13, end: 1_400)),
      ("committed", .committed(committed)), ("committed-alone", .committed(alone)),
      ("alarms", .alarms(8_277)), ("basal-changed", .basalChanged(8)),
      ("extra-dose-ended", .extraDoseEnded), ("request-taken-back", .requestTakenBack),
      ("clock-trusted", .clockTrusted(late: 15_000_000_007)), ("events-lost", .eventsLost(16)),
      ("sampled", .sampled(readings)), ("key-changed", .keyChanged(change)),
      ("frames-refused", .framesRefused([1, 0, 2, 0, 3, 0, 0, 4, 5])),
      ("fault", .fault(FaultChange(code: 19, priority: 2, raised: 20))),
      ("request-acted", .requestActed), ("suspended", .suspended(21)),
      ("outputs-failed", .outputsFailed(9)),
      (
        "clock-vouched",
        .clockVouched(
          TickFacts.VouchedUTC(
            .battery, atTickZero: 1_772_352_000_000_000_007, wasOff: .hours(31)))
      ),
    ]
  }

  /// A frame of a kind, with a seal and with something in every field.
  static func frame(_ kind: FrameKind) -> [UInt8] {
    var seal = Seal()
    (seal.serial, seal.key, seal.number) = (label("BP-0001"), KeyID(0x61a2_54a1_df31_fe21), 41)
    seal.challenge = Challenge(nonce: 0x0102_0304_0506_0708, session: 9)
    seal.signature = counted(from: 100)
    func made(_ body: some FrameBody) -> [UInt8] {
      writeFrame(kind, number: 7, body: body, seal: seal).written
    }
    switch kind {
    case .askStatus, .patientBolus, .stop, .resume, .acknowledge, .clear, .askKeys, .relayed:
      return made(EmptyBody())
    case .program: return made(GoldenStates.order(.flex))
    case .bolus: return made(BolusBody(dose: Mass(nanograms: 20_001), duration: .minutes(30)))
    case .new:
      return made(
        NewBody(
          deliveredIn24h: Volume(picolitres: 400_000_001),
          deliveredIn1h: Volume(picolitres: 30_000_002)))
    case .commit: return made(CommitBody(digest: counted(from: 1)))
    case .enroll:
      return made(
        EnrollBody(role: .technician, name: label("anna"), publicKey: counted(from: 3)))
    case .revoke: return made(RevokeBody(key: key.id))
    case .status: return made(status())
    case .answer:
      return made(
        AnswerBody(
          .refused(
            Refusal(.doseLimit1h, limit: 60_000, value: 61_234, allowedAt: Tick(987_654))),
          decidedAt: Tick(123_456), tickPeriod: .milliseconds(10), isDurable: false,
          findings: findings))
    case .findings: return made(findings)
    case .rejected: return made(RejectedBody(.tooOften))
    case .proposal:
      return made(
        ProposalBody(
          digest: counted(from: 9), old: GoldenStates.order(.continuous), findings: findings))
    case .clock:
      return made(
        ClockChange(
          utcOffset: .minutes(-210),
          stated: ClockChange.StatedUTC(utc: 1_772_352_000_000_000_001, tick: Tick(77))))
    case .clockProposal:
      return made(
        ClockProposalBody(
          digest: counted(from: 11), order: GoldenStates.order(.continuous),
          clock: WeekTime(sinceMonday: .hours(17)), utcOffset: .minutes(-210),
          newClock: WeekTime(sinceMonday: .hours(30)), newUTCOffset: .hours(14)))
    case .keys:
      var keys = KeysBody()
      keys.pumpKey = counted(from: 2)
      keys.append(key)
      return made(keys)
    case .askRecords:
      var asked = AskRecordsBody(.newestEvent)
      (asked.event, asked.later, asked.kinds, asked.offset) = (987_654, 3, 1 << 33 | 2, 258)
      asked.digest = counted(from: 7)
      return made(asked)
    case .records:
      var page = RecordsBody()
      (page.mark, page.length) = (0x0102_0304_0506_0708, 70_000)
      for byte in UInt8(50)..<90 { page.append(byte) }
      return made(page)
    }
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
    status.patientBolus = PatientBolusState(
      dose: Mass(nanograms: 906), allowedAt: Tick(907), givenIn24h: 3, maxIn24h: 4)
    status.faults[5] = ShownFault(priority: 3, raised: Tick(908))
    status.faults[19] = ShownFault(priority: 1, raised: Tick(909))
    status.sensors.encoder = SensorReading(.good, value: 910)
    status.sensors.pressure = SensorReading(.stale, value: -911)
    return status
  }
}
