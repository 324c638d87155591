// What libFuzzer calls with every message that it makes up. See scripts/fuzz.

import DosingCore
import Quantities

/// What the body of a frame is read into: the one list of bodies that are fuzzed.
func blankBody(of kind: FrameKind) -> any FrameBody {
  switch kind {
  case .askStatus, .patientBolus, .cancelBolus, .stop, .resume, .acknowledge, .silence, .askKeys,
    .relayed, .clear:
    EmptyBody()
  case .commit: CommitBody()
  case .enroll: EnrollBody()
  case .revoke: RevokeBody()
  case .proposal: ProposalBody()
  case .clock: ClockChange()
  case .propose: ProposedChange.clear
  case .keys: KeysBody()
  case .askRecords: AskRecordsBody()
  case .records: RecordsBody()
  case .program: Prescription.blank
  case .bolus: BolusBody()
  case .new: NewBody()
  case .status: Status(serial: .none)
  case .answer: AnswerBody()
  case .findings: Findings()
  case .rejected: RejectedBody()
  }
}

@c(LLVMFuzzerTestOneInput)
public func fuzz(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  let input = unsafe UnsafeBufferPointer(start: start, count: count).span
  if check(input, on: Samples.rig) { return 0 }
  checkScript(input)
  checkBody(input)
  return 0
}

/// Takes the fields of a body one after the other, however many bytes there are, so that bodies are
/// reached in every run.
private func checkBody(_ input: Span<UInt8>) {
  guard input.count > FrameHeader.headLength else { return }
  let kinds = FrameKind.allCases
  let number = UInt16(input[6]) | UInt16(input[7]) << 8
  let kind = FrameKind(rawValue: number) ?? kinds[Int(number) % kinds.count]
  var (body, taken) = (
    blankBody(of: kind), BodyTaker(input.extracting(droppingFirst: FrameHeader.headLength))
  )
  lay(&body, &taken)
  if taken.failed { return }
  let frame = writeFrame(kind, number: 7, body: body)
  let bytes = taken.bytes
  demand(
    !frame.failed && frame.count >= FrameHeader.headLength + bytes.count
      && bytes.indices.allSatisfy { frame.bytes[FrameHeader.headLength + $0] == bytes[$0] },
    "a \(kind) has two layouts")
  check(frame.message.span, on: Samples.rig)
}

private func lay(_ body: inout some FrameBody, _ coder: inout BodyTaker) { body.layout(&coder) }

/// Reads as `FrameReader` does, and zeros behind the end.
private struct BodyTaker: FrameCoder {
  /// What was read.
  private(set) var bytes: [UInt8] = []
  private(set) var failed = false
  private let source: [UInt8]

  init(_ source: Span<UInt8>) {
    self.source = source.indices.map { source[$0] }
    bytes.reserveCapacity(FrameHeader.frameMax)
  }

  mutating func field(_ value: inout UInt8) {
    value = bytes.count < source.count ? source[bytes.count] : 0
    bytes.append(value)
  }

  mutating func fail() { failed = true }
}

/// Reads a frame as whoever receives it does, and acts on it.
///
/// - Returns: whether it could be read.
@discardableResult
private func check(_ frame: Span<UInt8>, on rig: Rig) -> Bool {
  guard let header = try? FrameHeader.read(frame) else { return false }
  var body = blankBody(of: header.kind)
  let isRead = (try? readBody(frame, into: &body)) != nil
  if isRead {
    guard let seal = try? Seal.read(frame) else { fatalError("a seal is read once and not twice") }
    demand(FrameHeader.wholeLength(frame) == frame.count, "a stream would cut a \(header.kind)")
    let again = writeFrame(header.kind, number: header.number, body: body, seal: seal)
    demand(!again.failed && isSame(again, frame), "a \(header.kind) has two layouts")
  }
  var findings = Findings()
  // Nil twice: a program that does not fit.
  if let request = try? request(in: frame, on: rig, findings: &findings) {
    demand(isRead && findings.errors == 0, "a \(header.kind) is asked that is not read")
    decide(request, on: rig)
  }
  return isRead
}

/// Lets a pump decide what is asked, and shows what came of it.
private func decide(_ request: Request, on rig: Rig) {
  var state = DosingState(rig: rig, clock: WeekTime(weekday: 2, minute: 300))
  var findings = Findings()
  if let usual = Therapy(Samples.continuous, on: rig, findings: &findings) {
    _ = state.decide(.program(usual), at: Tick(0))
  }
  let answer = state.decide(request, at: Tick(0))
  for tick in [0, 1, 100_000] { _ = state.step(Tick(Int64(tick))) }
  var status = Status(serial: .none)
  state.report(to: &status)
  demand(!writeFrame(.status, number: 1, body: status).failed, "a status cannot be written")
  let body = AnswerBody(answer, decidedAt: Tick(0), tickPeriod: rig.tick)
  demand(!writeFrame(.answer, number: 1, body: body).failed, "an answer cannot be written")
}

/// Walks a core script to its end or its first fault.
private func checkScript(_ script: Span<UInt8>) {
  guard var reader = try? ScriptReader(script) else { return }
  let header = reader.header
  let head = written(header)
  demand(isSame(head, script.extracting(first: head.count)), "a script's head has two layouts")
  var findings = Findings()
  header.rig.check(into: &findings)
  let rig = findings.errors == 0 ? header.rig : Samples.rig
  var end = head.count
  // An error and the end alike; both end a script.
  while let event = try? reader.next(in: script) {
    let (tick, place) = event
    let said = written(ScriptEvent(tick: tick, frameLength: UInt16(place.count)))
    demand(
      isSame(said, script.extracting(end..<place.lowerBound)), "a script's event has two layouts")
    end = place.upperBound
    check(script.extracting(place), on: rig)
  }
}

func written(_ body: some FrameBody) -> FrameWriter {
  var (writer, body) = (FrameWriter(), body)
  body.layout(&writer)
  return writer
}

private func isSame(_ writer: FrameWriter, _ bytes: Span<UInt8>) -> Bool {
  guard writer.count == bytes.count else { return false }
  for index in bytes.indices where writer.bytes[index] != bytes[index] { return false }
  return true
}

private func demand(_ isTrue: Bool, _ fault: @autoclosure () -> String) {
  if !isTrue { fatalError(fault()) }
}

extension FrameWriter {
  var message: [UInt8] { (0..<count).map { bytes[$0] } }
}
