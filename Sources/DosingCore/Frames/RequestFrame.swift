/// The request in a frame, checked as far as it can be without the state of the engine.
///
/// Nil where the frame holds a change that is not valid; `findings` says why. Findings that are only
/// warnings come with a request. A change that is signed is proposed; unsigned it is committed.
///
/// - Throws: what is wrong with the frame; `unknownKind` for one that asks nothing of the core.
/// - Precondition: the rig has no findings of its own.
///
/// - Parameters:
///   - order: what is in force; nil for nothing.
///   - isRecord: it was kept, perhaps by an earlier version of the programs.
public func request(
  in frame: Span<UInt8>, on rig: Rig, order: Prescription? = nil, isRecord: Bool = false,
  findings: inout Findings
) throws(FrameFault) -> Request? {
  let header = try FrameHeader.read(frame, isRecord: isRecord)
  if let proposed = try ProposedChange.read(frame, header) {
    let isProposal = ProposedChange.isProposal(header, try Seal.read(frame))
    guard let change = Change(proposed, on: rig, order: order, findings: &findings) else {
      return nil
    }
    return isProposal ? .propose(change) : .commit(change)
  }
  switch header.kind {
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
  default: throw .unknownKind
  }
}

private func readNothing(_ frame: Span<UInt8>) throws(FrameFault) {
  var nothing = EmptyBody()
  try readBody(frame, into: &nothing)
}

extension Request {
  /// The unsigned frame that asks for it, as `request(in:on:findings:)` reads it. What is proposed is only
  /// looked at where the frame is signed.
  public func frame(number: UInt32) -> FrameWriter {
    switch self {
    case .propose(let change), .commit(let change):
      writeFrame(.propose, number: number, body: change.proposed)
    case .bolus(let dose, let duration):
      writeFrame(.bolus, number: number, body: BolusBody(dose: dose, duration: duration))
    case .patientBolus: writeFrame(.patientBolus, number: number, body: EmptyBody())
    case .stop: writeFrame(.stop, number: number, body: EmptyBody())
    case .resume: writeFrame(.resume, number: number, body: EmptyBody())
    case .acknowledge: writeFrame(.acknowledge, number: number, body: EmptyBody())
    }
  }
}
