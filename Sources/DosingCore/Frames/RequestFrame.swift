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
  var request = Request.stop
  let isValid = try request.read(
    frame, on: rig, order: order, isRecord: isRecord, findings: &findings)
  return isValid ? request : nil
}

extension Request {
  /// Becomes the request in a frame, as `request(in:on:order:isRecord:findings:)` gives it back. In place: a
  /// change is large, and bare metal has little stack.
  ///
  /// - Returns: false where the frame holds a change that is not valid; then this is as it was.
  @inline(never)
  public mutating func read(
    _ frame: Span<UInt8>, on rig: Rig, order: Prescription? = nil, isRecord: Bool = false,
    findings: inout Findings
  ) throws(FrameFault) -> Bool {
    let header = try FrameHeader.read(frame, isRecord: isRecord)
    switch header.kind {
    case .bolus:
      var bolus = BolusBody()
      try readBody(frame, into: &bolus)
      self = .bolus(dose: bolus.dose, duration: bolus.duration)
    case .patientBolus: try read(nothing: frame, as: .patientBolus)
    case .cancelBolus: try read(nothing: frame, as: .cancelBolus)
    case .stop: try read(nothing: frame, as: .stop)
    case .resume: try read(nothing: frame, as: .resume)
    case .acknowledge: try read(nothing: frame, as: .acknowledge)
    case .silence: try read(nothing: frame, as: .silence)
    default: return try readChange(frame, header, on: rig, order: order, findings: &findings)
    }
    return true
  }

  /// Apart from the other requests: a change is large, and so is what is on the stack while it is checked.
  @inline(never)
  private mutating func readChange(
    _ frame: Span<UInt8>, _ header: FrameHeader, on rig: Rig, order: Prescription?,
    findings: inout Findings
  ) throws(FrameFault) -> Bool {
    var proposed = ProposedChange.clear
    guard try proposed.read(frame, header) else { throw .unknownKind }
    let isProposal = ProposedChange.isProposal(header, try Seal.read(frame))
    var change = Change.clear
    guard change.take(proposed, on: rig, order: order, findings: &findings) else { return false }
    take(change, isProposal: isProposal)
    return true
  }

  @inline(never)
  private mutating func take(_ change: Change, isProposal: Bool) {
    self = isProposal ? .propose(change) : .commit(change)
  }

  private mutating func read(
    nothing frame: Span<UInt8>, as request: Request
  ) throws(FrameFault) {
    var nothing = EmptyBody()
    try readBody(frame, into: &nothing)
    self = request
  }
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
    case .cancelBolus: writeFrame(.cancelBolus, number: number, body: EmptyBody())
    case .stop: writeFrame(.stop, number: number, body: EmptyBody())
    case .resume: writeFrame(.resume, number: number, body: EmptyBody())
    case .acknowledge: writeFrame(.acknowledge, number: number, body: EmptyBody())
    case .silence: writeFrame(.silence, number: number, body: EmptyBody())
    }
  }
}
