internal import Documents
internal import DosingCore
internal import Journal
internal import Quantities

/// What somebody asked for, as it stands in the frame of the request.
enum Order {
  /// Signed it is a proposal, which a commit of the same key puts into force.
  case program(Prescription, isProposal: Bool)
  case commit(CommitBody)
  case bolus(BolusBody)
  case new(NewBody)
  /// As a program.
  case clock(ClockChange, isProposal: Bool)
  /// What its kind says.
  case plain(FrameKind)
  /// The frame was lost, or is of another version.
  case unreadable

  init(frame: [UInt8]) {
    do {
      let header = try FrameHeader.read(frame.span, isRecord: true)
      switch header.kind {
      case .program:
        var prescription = Prescription.blank
        try readBody(frame.span, into: &prescription)
        self = .program(prescription, isProposal: try Seal.read(frame.span).isSigned)
      case .commit:
        var commit = CommitBody()
        try readBody(frame.span, into: &commit)
        self = .commit(commit)
      case .bolus:
        var bolus = BolusBody()
        try readBody(frame.span, into: &bolus)
        self = .bolus(bolus)
      case .new:
        self = .new(try NewBody.read(frame.span, header))
      case .clock:
        var change = ClockChange()
        try readBody(frame.span, into: &change)
        self = .clock(change, isProposal: try Seal.read(frame.span).isSigned)
      default: self = .plain(header.kind)
      }
    } catch {
      self = .unreadable
    }
  }

  /// The command that asks for it.
  var code: String {
    switch self {
    case .program(_, let isProposal): isProposal ? "propose" : "program"
    case .commit: "commit"
    case .bolus: "bolus"
    case .new: "new"
    case .clock(_, let isProposal): isProposal ? "propose-clock" : "clock"
    case .plain(.patientBolus): "patient-bolus"
    case .plain(let kind): "\(kind)"
    case .unreadable: "unreadable"
    }
  }

  var words: String {
    switch self {
    case .commit(let commit): "commit of proposal \(commit.digest.fingerprint)"
    case .program(let order, let isProposal):
      "\(isProposal ? "proposal" : "program") for \(order.patient.text), \(order.drug.text) "
        + "\(order.concentration.shown(decimals: 3)), \(order.basalWords)"
    case .bolus(let bolus):
      "bolus of \(bolus.dose.shown(decimals: 3)) in \(bolus.duration.durationText)"
    case .new(let new):
      "new, \(new.deliveredIn24h.shown(decimals: 4)) in the last 24 h, "
        + "\(new.deliveredIn1h.shown(decimals: 4)) of it in the last hour"
    case .clock(let change, let isProposal):
      "\(isProposal ? "proposal: " : "")clock at \(change.utcOffset.utcOffsetText)"
        + (change.stated.map { ", UTC is \(UTCTime(nanoseconds: $0.utc).text(decimals: 1))" } ?? "")
    case .plain(.patientBolus): "patient bolus"
    case .plain: code
    case .unreadable: "a request that cannot be read"
    }
  }
}

extension InlineArray<32, UInt8> {
  /// The first 8 bytes.
  fileprivate var fingerprint: String { hexadecimal(indices.prefix(8).map { self[$0] }) }
}

extension Requested {
  /// What a signed frame bears; nil where nobody signed, or the frame is of another version.
  var seal: Seal? {
    guard let seal = try? Seal.read(frame.span), seal.isSigned,
      (try? FrameHeader.read(frame.span, isRecord: true)) != nil
    else { return nil }
    return seal
  }
}

extension Prescription {
  fileprivate var basalWords: String {
    switch mode {
    case .continuous: "\(mode.code) \(patterns[0].steps[0].rate.shown(decimals: 2))"
    case .flex: "\(mode.code) with \(patternCount) pattern\(patternCount == 1 ? "" : "s")"
    case .stopped, .minimum: mode.code
    }
  }
}
