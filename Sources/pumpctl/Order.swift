internal import Documents
internal import DosingCore
internal import Journal
internal import Quantities

/// What somebody asked for, as it stands in the frame of the request.
enum Order {
  /// Signed it is a proposal, which a commit of the same key puts into force.
  case change(ProposedChange, isProposal: Bool)
  case commit(CommitBody)
  case bolus(BolusBody)
  /// What its kind says.
  case plain(FrameKind)
  /// The frame was lost, or is of another version.
  case unreadable

  init(frame: [UInt8]) {
    do {
      let header = try FrameHeader.read(frame.span, isRecord: true)
      var change = ProposedChange.clear
      if try change.read(frame.span, header) {
        let isProposal = ProposedChange.isProposal(header, try Seal.read(frame.span))
        self = .change(change, isProposal: isProposal)
        return
      }
      switch header.kind {
      case .commit:
        var commit = CommitBody()
        try readBody(frame.span, into: &commit)
        self = .commit(commit)
      case .bolus:
        var bolus = BolusBody()
        try readBody(frame.span, into: &bolus)
        self = .bolus(bolus)
      default: self = .plain(header.kind)
      }
    } catch {
      self = .unreadable
    }
  }

  /// The command that asks for it.
  var code: String {
    switch self {
    case .change(.program, isProposal: true): "propose"
    case .change(let change, let isProposal): (isProposal ? "propose-" : "") + change.kind.code
    case .commit: "commit"
    case .bolus: "bolus"
    case .plain(.patientBolus): "patient-bolus"
    case .plain(.cancelBolus): "cancel-bolus"
    case .plain(let kind): "\(kind)"
    case .unreadable: "unreadable"
    }
  }

  var words: String {
    switch self {
    case .commit(let commit): "commit of proposal \(commit.digest.fingerprint)"
    case .change(let change, let isProposal): change.words(isProposal: isProposal)
    case .bolus(let bolus):
      "bolus of \(bolus.dose.shown(decimals: 3)) in \(bolus.duration.durationText)"
    case .plain(.patientBolus): "patient bolus"
    case .plain(.cancelBolus): "end of the extra dose that runs"
    case .plain: code
    case .unreadable: "a request that cannot be read"
    }
  }
}

extension ChangeKind {
  /// The command that asks for it. Stable, for programs.
  var code: String { "\(self)" }
}

extension ProposedChange {
  fileprivate func words(isProposal: Bool) -> String {
    switch self {
    case .program(let order):
      "\(isProposal ? "proposal" : "program") for \(order.patient.text), \(order.drug.text) "
        + "\(order.concentration.shown(decimals: 3)), \(order.basalWords)"
    case .clock(let change):
      Self.head(isProposal) + "clock at \(change.utcOffset.utcOffsetText)"
        + (change.stated.map { ", UTC is \(UTCTime(nanoseconds: $0.utc).text(decimals: 1))" } ?? "")
    case .rig(let rig):
      Self.head(isProposal) + "rig \(hexadecimal(sha256(of: rig.recordBytes)).prefix(16)), at most "
        + "\(rig.pump.maxRate.shown(decimals: 3)), \(rig.maxVolume1h.shown(decimals: 3)) in 1 h, "
        + "\(rig.maxVolume24h.shown(decimals: 3)) in 24 h"
    case .new(let new):
      Self.head(isProposal) + "new, \(new.deliveredIn24h.shown(decimals: 4)) in the last 24 h, "
        + "\(new.deliveredIn1h.shown(decimals: 4)) of it in the last hour"
    case .supply(let change): Self.head(isProposal) + change.words
    case .clear: Self.head(isProposal) + "clear"
    }
  }

  private static func head(_ isProposal: Bool) -> String { isProposal ? "proposal: " : "" }
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
