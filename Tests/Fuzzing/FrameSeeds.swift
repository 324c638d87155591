// The first inputs of the frame fuzzer: a frame of each kind, and core scripts.

import DosingCore
import Glibc
import Quantities

enum Samples {
  /// A head of 50 uL and 3200 steps a revolution, ticks of 100 ms.
  static let rig = Rig(
    tick: .milliseconds(100),
    pump: PumpHead(
      volumePerRevolution: Volume(picolitres: 50_000_000), stepsPerRevolution: 3_200,
      minRate: FlowRate(picolitresPerDay: 48_000_000),
      maxRate: FlowRate(picolitresPerDay: 12_000_000_000),
      keepOpenRate: FlowRate(picolitresPerDay: 6_000_000)),
    reservoir: Reservoir(
      volume: Volume(picolitres: 20_000_000_000), low: Volume(picolitres: 3_000_000_000),
      empty: Volume(picolitres: 1_000_000_000)),
    maxVolume1h: nil, maxVolume24h: nil)

  /// The same with another line.
  static let rigWithLine = {
    var rig = Samples.rig
    rig.line.catheter = Volume(picolitres: 133_100_000)
    rig.line.primeRate = FlowRate(picolitresPerDay: 6_000_000_000)
    return rig
  }()

  /// 300 ug/d at 500 ug/mL and boluses of 10 ug.
  static let continuous = {
    var order = Samples.order(.continuous)
    order.setContinuous(DoseRate(nanogramsPerDay: 300_000))
    order.safeBasal = DoseRate(nanogramsPerDay: 200_000)
    order.patientBolus = PatientBolus(
      dose: Mass(nanograms: 10_000), duration: .minutes(10), lockout: .hours(4), maxIn24h: 4)
    return order
  }()

  static let flex = {
    var order = Samples.order(.flex)
    for (pattern, rates) in [[240_000, 432_000], [144_000]].enumerated() {
      for (step, rate) in rates.enumerated() {
        _ = order.patterns[pattern].append(
          FlexStep(
            minute: UInt16(step * 390), rate: DoseRate(nanogramsPerDay: Int64(rate))))
      }
    }
    order.patternCount = 2
    order.week[6] = 1
    order.safeBasal = DoseRate(nanogramsPerDay: 100_000)
    return order
  }()

  static func order(_ mode: BasalMode) -> Prescription {
    Prescription(
      patient: Label(utf8: "BENCH-01".utf8) ?? .none, drug: Label(utf8: "baclofen".utf8) ?? .none,
      concentration: Concentration(nanogramsPerMillilitre: 500_000), mode: mode,
      maxDose1h: Mass(nanograms: 60_000), maxDose24h: Mass(nanograms: 500_000))
  }
}

/// Bodies with something in them; every kind has its blank one besides.
private func bodies() -> [(name: String, kind: FrameKind, body: any FrameBody)] {
  var findings = Findings()
  for index in 0..<Findings.capacity {
    findings.append(Finding(.rateBelowMinimum, pattern: index % 7, value: Int64(index), bound: -1))
  }
  var state = DosingState(rig: Samples.rig, clock: WeekTime(weekday: 2, minute: 300))
  var none = Findings()
  if let therapy = Therapy(busy, on: Samples.rig, findings: &none) {
    _ = state.decide(.program(therapy), at: Tick(0))
  }
  _ = state.decide(.patientBolus, at: Tick(0))
  _ = state.step(Tick(2_000))
  let refused = state.decide(.patientBolus, at: Tick(2_001))
  var status = Status(serial: .none)
  state.report(to: &status)
  return [
    ("propose-continuous", .propose, ProposedChange.program(Samples.continuous)),
    ("propose-flex", .propose, ProposedChange.program(Samples.flex)),
    ("propose-full", .propose, ProposedChange.program(full)),
    ("propose-minimum", .propose, ProposedChange.program(Samples.order(.minimum))),
    ("propose-stopped", .propose, ProposedChange.program(Samples.order(.stopped))),
    ("propose-rig", .propose, ProposedChange.rig(Samples.rig)),
    ("bolus-usual", .bolus, BolusBody(dose: Mass(nanograms: 20_000), duration: .minutes(30))),
    (
      "propose-new", .propose,
      ProposedChange.new(NewBody(deliveredIn24h: Volume(picolitres: 400_000_000)))
    ),
    ("status-busy", .status, status),
    ("answer-refused", .answer, AnswerBody(refused, decidedAt: Tick(2_001), isDurable: false)),
    ("answer-warned", .answer, AnswerBody(tickPeriod: Samples.rig.tick, findings: findings)),
    ("findings-full", .findings, findings),
    (
      "proposal-warned", .proposal,
      ProposalBody(shown: .program(old: busy, findings: findings))
    ),
    ("enroll-technician", .enroll, EnrollBody(role: .technician, name: Samples.continuous.patient)),
    ("keys-two", .keys, twoKeys),
    ("askRecords-newest", .askRecords, askedRecords),
    ("records-page", .records, page),
  ]
}

private var askedRecords: AskRecordsBody {
  var asked = AskRecordsBody(.newestEvent)
  (asked.event, asked.later, asked.kinds, asked.offset) = (1_000, 2, 0b1010, 3)
  return asked
}

private var page: RecordsBody {
  var page = RecordsBody()
  (page.mark, page.length) = (41, 100)
  for byte in UInt8(0)..<100 { page.append(byte) }
  return page
}

private var twoKeys: KeysBody {
  var keys = KeysBody()
  for role in [Role.clinician, .patient] {
    var key = KeyRecord.blank
    key.role = role
    keys.append(key)
  }
  return keys
}

/// As many patterns and steps as there may be.
private var full: Prescription {
  var order = Samples.flex
  order.patternCount = Limits.patternsMax
  for pattern in 0..<order.patternCount {
    order.week[pattern] = UInt8(pattern)
    order.patterns[pattern] = DayPattern()
    for hour in 0..<Limits.stepsPerDayMax {
      _ = order.patterns[pattern].append(
        FlexStep(minute: UInt16(hour * 60), rate: DoseRate(nanogramsPerDay: 240_000)))
    }
  }
  return order
}

/// Flex, and a patient bolus besides.
private var busy: Prescription {
  var order = Samples.flex
  order.patientBolus = Samples.continuous.patientBolus
  return order
}

private func script(_ frames: [[UInt8]]) -> [UInt8] {
  let header = ScriptHeader(
    rig: Samples.rig, clock: WeekTime(weekday: 6, minute: 480), ticks: TickCount(864_000),
    events: UInt32(frames.count))
  var bytes = written(header).message
  for (index, frame) in frames.enumerated() {
    let event = ScriptEvent(tick: Tick(Int64(index) * 1_000), frameLength: UInt16(frame.count))
    bytes += written(event).message + frame
  }
  return bytes
}

private func seeds() -> [(name: String, bytes: [UInt8])] {
  func frame(_ kind: FrameKind, _ body: some FrameBody) -> [UInt8] {
    writeFrame(kind, number: 7, body: body).message
  }
  var seeds: [(name: String, bytes: [UInt8])] = []
  for kind in FrameKind.allCases { seeds.append(("\(kind)", frame(kind, blankBody(of: kind)))) }
  for kind in ChangeKind.allCases {
    seeds.append(("propose-\(kind)", frame(.propose, ProposedChange.blank(kind))))
    let shown = ProposalBody(shown: .blank(kind))
    seeds.append(("proposal-\(kind)", frame(.proposal, shown)))
  }
  for (name, kind, body) in bodies() { seeds.append((name, frame(kind, body))) }
  let program = frame(.propose, ProposedChange.program(Samples.continuous))
  var seal = Seal()
  seal.key = KeyID(0x0102_0304_0506_0708)
  seal.number = 9
  var signed = writeFrame(.commit, number: 7, body: CommitBody(), seal: seal)
  signed.sign((1...64).map { UInt8($0) })
  seeds.append(("commit-signed", signed.message))
  return seeds
    + [
      ("propose-rig-line", frame(.propose, ProposedChange.rig(Samples.rigWithLine))),
      ("script-empty", script([])),
      ("script-short", script([frame(.stop, EmptyBody()), frame(.resume, EmptyBody())])),
      (
        "script-cancel",
        script([program, frame(.patientBolus, EmptyBody()), frame(.cancelBolus, EmptyBody())])
      ),
      ("script-program", script([program, frame(.patientBolus, EmptyBody())])),
    ]
}

/// `--seeds FOLDER` writes the seeds instead of fuzzing.
@c(LLVMFuzzerInitialize)
public func initialize(
  _ count: UnsafeMutablePointer<CInt>,
  _ words: UnsafeMutablePointer<UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>>
) -> CInt {
  guard CommandLine.arguments.count == 3, CommandLine.arguments[1] == "--seeds" else { return 0 }
  for seed in seeds() {
    let path = "\(CommandLine.arguments[2])/\(seed.name)"
    guard let file = unsafe fopen(path, "w") else { fatalError("\(path) cannot be written") }
    let count = unsafe fwrite(seed.bytes, 1, seed.bytes.count, file)
    let isClosed = unsafe fclose(file) == 0
    guard count == seed.bytes.count, isClosed else { fatalError("\(path) cannot be written") }
  }
  exit(0)
}
