internal import Documents
internal import DosingCore
internal import Quantities

/// What somebody asked for, as it stands in the frame of the request.
enum Order {
  case program(Prescription)
  case bolus(BolusBody)
  case new(NewBody)
  /// What its kind says.
  case plain(FrameKind)
  /// The frame was lost, or is of another version.
  case unreadable

  init(frame: [UInt8]) {
    do {
      let header = try FrameHeader.read(frame.span)
      switch header.kind {
      case .program:
        var prescription = Prescription.blank
        try readBody(frame.span, into: &prescription)
        self = .program(prescription)
      case .bolus:
        var bolus = BolusBody()
        try readBody(frame.span, into: &bolus)
        self = .bolus(bolus)
      case .new:
        var new = NewBody()
        try readBody(frame.span, into: &new)
        self = .new(new)
      default: self = .plain(header.kind)
      }
    } catch {
      self = .unreadable
    }
  }

  /// The command that asks for it.
  var code: String {
    switch self {
    case .program: "program"
    case .bolus: "bolus"
    case .new: "new"
    case .plain(.patientBolus): "patient-bolus"
    case .plain(let kind): "\(kind)"
    case .unreadable: "unreadable"
    }
  }

  var words: String {
    switch self {
    case .program(let order):
      "program for \(order.patient.text), \(order.drug.text) "
        + "\(order.concentration.shown(decimals: 3)), \(order.basalWords)"
    case .bolus(let bolus):
      "bolus of \(bolus.dose.shown(decimals: 3)) in \(bolus.duration.durationText)"
    case .new(let new): "new, \(new.deliveredIn24h.shown(decimals: 4)) in the last 24 h"
    case .plain(.patientBolus): "patient bolus"
    case .plain: code
    case .unreadable: "a request that cannot be read"
    }
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
