/// The request in a frame, checked as far as it can be without the state of the engine.
///
/// Nil where the frame holds a program that does not fit the rig; `findings` says why. Findings that
/// are only warnings come with a request.
///
/// - Throws: what is wrong with the frame; `unknownKind` for one that asks nothing of the core.
/// - Precondition: the rig has no findings of its own.
///
/// - Parameter isRecord: it was kept, perhaps by an earlier version of the programs.
public func request(
  in frame: Span<UInt8>, on rig: Rig, isRecord: Bool = false, findings: inout Findings
) throws(FrameFault) -> Request? {
  let header = try FrameHeader.read(frame, isRecord: isRecord)
  switch header.kind {
  case .program:
    var prescription = Prescription.blank
    try readBody(frame, into: &prescription)
    guard let therapy = Therapy(prescription, on: rig, findings: &findings) else { return nil }
    return .program(therapy)
  case .bolus:
    var bolus = BolusBody()
    try readBody(frame, into: &bolus)
    return .bolus(dose: bolus.dose, duration: bolus.duration)
  case .patientBolus:
    try readNothing(frame)
    return .patientBolus
  case .stop:
    try readNothing(frame)
    return .stop
  case .resume:
    try readNothing(frame)
    return .resume
  case .acknowledge:
    try readNothing(frame)
    return .acknowledge
  case .new:
    let new = try NewBody.read(frame, header)
    return .new(deliveredIn24h: new.deliveredIn24h, deliveredIn1h: new.deliveredIn1h)
  case .clear:
    try readNothing(frame)
    return .clear
  case .clock:
    var change = ClockChange()
    try readBody(frame, into: &change)
    return .clock(change)
  case .askStatus, .commit, .askKeys, .enroll, .revoke, .relayed, .askRecords, .status, .answer,
    .findings, .rejected, .proposal, .keys, .clockProposal, .records:
    throw .unknownKind
  }
}

private func readNothing(_ frame: Span<UInt8>) throws(FrameFault) {
  var nothing = EmptyBody()
  try readBody(frame, into: &nothing)
}

extension Request {
  /// The unsigned frame that asks for it, as `request(in:on:findings:)` reads it. A proposal is asked for by
  /// the frame of its program.
  public func frame(number: UInt32) -> FrameWriter {
    switch self {
    case .program(let therapy), .propose(let therapy):
      writeFrame(.program, number: number, body: therapy.prescription)
    case .bolus(let dose, let duration):
      writeFrame(.bolus, number: number, body: BolusBody(dose: dose, duration: duration))
    case .patientBolus: writeFrame(.patientBolus, number: number, body: EmptyBody())
    case .stop: writeFrame(.stop, number: number, body: EmptyBody())
    case .resume: writeFrame(.resume, number: number, body: EmptyBody())
    case .acknowledge: writeFrame(.acknowledge, number: number, body: EmptyBody())
    case .new(let day, let hour):
      writeFrame(.new, number: number, body: NewBody(deliveredIn24h: day, deliveredIn1h: hour))
    case .clear: writeFrame(.clear, number: number, body: EmptyBody())
    case .clock(let change), .proposeClock(let change):
      writeFrame(.clock, number: number, body: change)
    }
  }
}
