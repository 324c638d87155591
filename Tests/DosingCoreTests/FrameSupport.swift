import DosingCore
import Quantities
import Testing

extension FrameWriter {
  var written: [UInt8] { (0..<count).map { bytes[$0] } }
}

/// A frame of any kind with something in every field.
func sample(_ kind: FrameKind) throws -> [UInt8] {
  let writer =
    switch kind {
    case .askStatus, .patientBolus, .cancelBolus, .stop, .resume, .acknowledge, .silence, .askKeys,
      .relayed:
      writeFrame(kind, number: 7, body: EmptyBody())
    case .commit: writeFrame(kind, number: 7, body: CommitBody(digest: counted(from: 1)))
    case .enroll:
      writeFrame(
        kind, number: 7,
        body: EnrollBody(role: .technician, name: Label("anna"), publicKey: counted(from: 3)))
    case .revoke: writeFrame(kind, number: 7, body: RevokeBody(key: KeyID(0x1122_3344_5566_7788)))
    case .proposal:
      writeFrame(
        kind, number: 7,
        body: ProposalBody(
          digest: counted(from: 1), generations: richGenerations,
          shown: .program(old: richOrder, findings: fullFindings)))
    case .keys: writeFrame(kind, number: 7, body: fullKeys)
    case .askRecords: writeFrame(kind, number: 7, body: askedRecords)
    case .records: writeFrame(kind, number: 7, body: fullPage)
    case .propose: writeFrame(kind, number: 7, body: ProposedChange.program(richOrder))
    case .bolus:
      writeFrame(kind, number: 7, body: BolusBody(dose: micrograms(20), duration: .minutes(30)))
    case .status: writeFrame(kind, number: 7, body: try busyPump().report())
    case .answer:
      writeFrame(
        kind, number: 7,
        body: AnswerBody(
          try busyPump().bolus(micrograms(1), .minutes(1)), decidedAt: Tick(5),
          tickPeriod: Nanoseconds(100_000_000), isDurable: false))
    case .findings: writeFrame(kind, number: 7, body: fullFindings)
    case .rejected: writeFrame(kind, number: 7, body: RejectedBody(.otherVersion))
    case .program, .new, .clear, .clock: throw FrameFault.unknownKind
    }
  #expect(!writer.failed)
  return writer.written
}

extension FrameKind {
  /// What this version sends.
  static let sent = allCases.filter { !$0.isOfRecordsOnly }
}

/// A proposal of each kind, and what is shown beside it, with something in every field.
var proposals: [(proposed: ProposedChange, shown: ShownChange)] {
  get throws {
    var clock = ShownClock()
    (clock.order, clock.clock) = (richOrder, WeekTime(sinceMonday: .hours(17)))
    (clock.utcOffset, clock.newClock) = (.hours(-12), WeekTime(sinceMonday: .hours(30)))
    clock.newUTCOffset = .hours(14)
    var history = ShownHistory()
    (history.isCorrection, history.mostIn24h) = (true, microlitres(5_000))
    history.mostIn1h = microlitres(1_000)
    var stop = ShownHardStop()
    (stop.interlockRefused, stop.raised) = (true, Tick(77))
    (stop.engineHourSteps, stop.engineDaySteps) = (1, 2)
    (stop.interlockHourSteps, stop.interlockDaySteps) = (3, 4)
    var supply = ShownSupply()
    supply.refill.stage = .filled
    (supply.refill.announced, supply.refill.before) = (supply.held, Concentration(baseUnits: 2))
    (supply.refill.expected, supply.refill.aspirated) = (microlitres(3), microlitres(4))
    (supply.refill.filled, supply.refill.mixed) = (microlitres(5), Concentration(baseUnits: 6))
    (supply.contents, supply.held) = (microlitres(7), Concentration(baseUnits: 8))
    (supply.holds, supply.flow) = (Concentration(baseUnits: 9), microlitresPerDay(10))
    (supply.flowAfter, supply.arrivesAfter) = (microlitresPerDay(11), .hours(12))
    return [
      (.program(richOrder), .program(old: richOrder, findings: fullFindings)),
      (
        .clock(
          ClockChange(
            utcOffset: .minutes(-210),
            stated: ClockChange.StatedUTC(utc: -1_772_352_000_000_000_001, tick: Tick(77)))),
        .clock(clock)
      ),
      (.rig(richRig), .rig(old: .bench(), findings: fullFindings)),
      (
        .new(NewBody(deliveredIn24h: microlitres(400), deliveredIn1h: microlitres(30))),
        .new(history)
      ),
      (.clear, .clear(stop)),
      (
        .supply(
          SupplyChange(
            .filled, concentration: Concentration(nanogramsPerMillilitre: 500_001),
            volume: microlitres(19_500), lot: Label("A-7"), overrides: true)),
        .supply(supply)
      ),
    ]
  }
}

var richGenerations: Generations {
  var generations = Generations()
  (generations.order, generations.clock) = (1 << 63 | 5, 6)
  (generations.rig, generations.history) = (7, 8)
  return generations
}

/// Nothing in it is usual.
var richRig: Rig {
  var rig = Rig.bench()
  rig.pump.accuracyPermille = 41
  rig.reservoir.residue = microlitres(400)
  rig.line = RigLine(
    pumpTubing: microlitres(251), catheter: microlitres(155), mixingPermille: 213,
    tolerancePermille: 54, primeRate: microlitresPerDay(6_000))
  rig.maxPrimeDose = micrograms(601)
  return rig
}

/// Every field set.
var richOrder: Prescription {
  var order = Prescription.flex(
    [
      [(minute: 0, rate: microgramsPerDay(240)), (minute: 390, rate: microgramsPerDay(432))],
      [(minute: 0, rate: microgramsPerDay(144))],
    ], week: [0, 0, 0, 0, 0, 1, 1], safeBasal: microgramsPerDay(100), patientBolus: .usual())
  order.maxDose1h = Mass(nanograms: 60_001)
  return order
}

/// 32 bytes that count up.
func counted(from first: UInt8) -> InlineArray<32, UInt8> {
  var bytes = InlineArray<32, UInt8>(repeating: 0)
  for index in 0..<32 { bytes[index] = first + UInt8(index) }
  return bytes
}

/// As many keys as a pump can know.
private var fullKeys: KeysBody {
  var body = KeysBody()
  body.pumpKey = counted(from: 2)
  for index in 0..<KeyRecord.countMax {
    body.append(
      KeyRecord(
        id: KeyID(UInt64(index)), role: .patient, name: Label("key"), publicKey: counted(from: 4),
        newestNumber: 17, isRevoked: index % 2 == 0))
  }
  return body
}

private var askedRecords: AskRecordsBody {
  var body = AskRecordsBody(.newestEvent)
  (body.event, body.later, body.kinds, body.offset) = (1 << 40, 258, 1 << 63 | 2, 1 << 20)
  body.digest = counted(from: 5)
  return body
}

private var fullPage: RecordsBody {
  var body = RecordsBody()
  (body.mark, body.length) = (1 << 63 | 1, 16_385)
  for index in 0..<RecordsBody.capacity { body.append(UInt8(truncatingIfNeeded: index)) }
  return body
}

private var fullFindings: Findings {
  var findings = Findings()
  for index in 0..<Findings.capacity {
    findings.append(
      Finding(.rateBelowMinimum, pattern: index % 7, step: -1, value: Int64(index), bound: -1))
  }
  return findings
}

/// Flex, a patient bolus running, alarms on.
func busyPump() throws -> Pump {
  let order = Prescription.flex(
    [[(minute: 0, rate: microgramsPerDay(240)), (minute: 390, rate: microgramsPerDay(432))]],
    safeBasal: microgramsPerDay(100), patientBolus: .usual())
  let pump = try Pump(order, clock: WeekTime(weekday: 2, minute: 300))
  pump.run(for: .minutes(3))
  pump.skip(.minutes(1))
  #expect(pump.ask(.patientBolus).isAccepted)
  pump.run(for: .minutes(2))
  return pump
}

/// Reads a whole frame as whoever receives it would.
///
/// - Returns: the frame as it would be written again.
func reread(_ frame: [UInt8]) throws(FrameFault) -> [UInt8] {
  let header = try FrameHeader.read(frame.span)
  func again<Body: FrameBody>(_ blank: Body) throws(FrameFault) -> [UInt8] {
    var body = blank
    try readBody(frame.span, into: &body)
    return writeFrame(
      header.kind, number: header.number, body: body, seal: try Seal.read(frame.span)
    ).written
  }
  switch header.kind {
  case .askStatus, .patientBolus, .cancelBolus, .stop, .resume, .acknowledge, .silence, .askKeys,
    .relayed:
    return try again(EmptyBody())
  case .commit: return try again(CommitBody())
  case .enroll: return try again(EnrollBody())
  case .revoke: return try again(RevokeBody())
  case .proposal: return try again(ProposalBody())
  case .propose: return try again(ProposedChange.clear)
  case .program, .new, .clear, .clock: throw .unknownKind
  case .keys: return try again(KeysBody())
  case .askRecords: return try again(AskRecordsBody())
  case .records: return try again(RecordsBody())
  case .bolus: return try again(BolusBody())
  case .status: return try again(Status(serial: .none))
  case .answer: return try again(AnswerBody())
  case .findings: return try again(Findings())
  case .rejected: return try again(RejectedBody())
  }
}

func faultIn(_ frame: [UInt8]) -> FrameFault? {
  do throws(FrameFault) {
    _ = try reread(frame)
    return nil
  } catch {
    return error
  }
}
