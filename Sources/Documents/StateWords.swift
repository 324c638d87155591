public import DosingCore

// Two forms for each: `code` is stable, for programs; `words` are for people.

extension DeliveryMode {
  public var code: String { row.code }
  public var words: String { row.words }

  private var row: (code: String, words: String) {
    switch self {
    case .hardStop: ("hard-stop", "HARD STOP: nothing is delivered")
    case .stoppedByCommand: ("stopped-by-command", "STOPPED by command")
    case .noTherapy: ("no-therapy", "no therapy")
    case .reservoirEmpty: ("reservoir-empty", "STOPPED: reservoir empty")
    case .safeBasal: ("safe-basal", "SAFE BASAL in place of the schedule")
    case .stopped: ("stopped", "stopped by prescription")
    case .minimum: ("minimum", "minimum, keeps the line open")
    case .continuous: ("continuous", "continuous")
    case .flex: ("flex", "flex")
    }
  }
}

extension ExtraDose.Kind {
  public var code: String { row.code }
  public var words: String { row.words }

  private var row: (code: String, words: String) {
    switch self {
    case .bolus: ("bolus", "bolus")
    case .patientBolus: ("patient-bolus", "patient bolus")
    }
  }
}

extension AlarmCode {
  public var code: String { row.code }
  public var words: String { row.words }

  private var row: (code: String, words: String) {
    switch self {
    case .stopped: ("stopped", "stopped by command, the patient gets nothing")
    case .reservoirLow: ("reservoir-low", "reservoir low, refill")
    case .reservoirEmpty: ("reservoir-empty", "reservoir empty, nothing is delivered")
    case .basalRefusedByLimit:
      ("basal-refused-by-limit", "a limit refused basal: defect of the engine")
    case .interlockDisagrees:
      ("interlock-disagrees", "the interlock refused a step: defect of the engine")
    case .hardStop: ("hard-stop", "hard stop after two refusals of the interlock in a day")
    }
  }
}

extension FrameFault {
  public var code: String { row.code }
  public var sentence: String { row.sentence }

  private var row: (code: String, sentence: String) {
    switch self {
    case .truncated: ("truncated", "the frame is shorter than it says; send it whole")
    case .oversized: ("oversized", "the frame is longer than \(FrameHeader.frameMax) bytes")
    case .notAFrame: ("not-a-frame", "the message does not begin with ITBP; use pumpctl")
    case .otherVersion:
      (
        "other-version",
        "the pump speaks version \(FrameHeader.version); use programs of one version"
      )
    case .unknownKind:
      ("unknown-kind", "the pump knows no such request; use programs of one version")
    case .lengthDisagrees: ("length-disagrees", "the frame is longer than it says")
    case .malformedBody: ("malformed-body", "a value in the frame is out of its range")
    case .signatureNotZero:
      ("signature-not-zero", "the frame is signed, and this version checks no signatures")
    case .notPermitted:
      ("not-permitted", "this user may not change therapy; become the pump's user or root")
    case .tooManyClients: ("too-many-clients", "too many programmers are connected; try again")
    case .engineSilent:
      ("engine-silent", "the tick did not take the request; nothing was done")
    case .outcomeUnknown:
      (
        "outcome-unknown",
        "the tick did not answer in time and may act later; after a stop the interlock is shut"
      )
    }
  }
}
