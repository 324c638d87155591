public import DosingCore

// Two forms for each: `code` is stable, for programs; `words` are for people.

extension DeliveryMode {
  public var code: String { row.code }
  public var words: String { row.words }

  private var row: (code: String, words: String) {
    switch self {
    case .hardStop: ("hard-stop", "HARD STOP: nothing is delivered")
    case .stoppedByCommand: ("stopped-by-command", "STOPPED by command")
    case .noHistory: ("no-history", "STOPPED: nothing is known of the last 24 h")
    case .noTherapy: ("no-therapy", "no therapy")
    case .reservoirEmpty: ("reservoir-empty", "STOPPED: reservoir empty")
    case .stalled: ("stalled", "STALLED: nothing is delivered until the next attempt")
    case .occluded: ("occluded", "OCCLUDED: nothing is delivered until the next attempt")
    case .safeBasal: ("safe-basal", "SAFE BASAL in place of the schedule")
    case .stopped: ("stopped", "stopped by prescription")
    case .minimum: ("minimum", "minimum, keeps the line open")
    case .continuous: ("continuous", "continuous")
    case .flex: ("flex", "flex")
    }
  }
}

extension BasalMode {
  /// As in a prescription file.
  public var code: String {
    switch self {
    case .stopped: "stopped"
    case .minimum: "minimum"
    case .continuous: "continuous"
    case .flex: "flex"
    }
  }
}

extension StepRefusal {
  public var code: String { row.code }
  public var words: String { row.words }

  private var row: (code: String, words: String) {
    switch self {
    case .notYet: ("not-yet", "not yet; the step waits")
    case .driveFailed: ("drive-failed", "the drive failed; the step waits")
    case .window(let hour, let day):
      (
        "window",
        "a window of the interlock is full: it has counted \(hour) steps in the hour, \(day) in the day"
      )
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

extension Account.Deficit {
  /// Stable, for programs.
  public var code: String { row.code }
  /// What basal was missing for.
  public var words: String { row.words }

  private var row: (code: String, words: String) {
    switch self {
    case .lateTick: ("lateTick", "late ticks")
    case .stepWaited: ("stepWaited", "waiting steps")
    case .limit: ("limit", "limits")
    case .notRunning: ("notRunning", "not running")
    case .noLease: ("noLease", "waiting storage")
    case .reservoirEmpty: ("reservoirEmpty", "empty reservoir")
    case .hardStop: ("hardStop", "hard stop")
    case .suspended: ("suspended", "suspended")
    case .driveFailed: ("driveFailed", "failing drive")
    case .noDrug: ("noDrug", "no drug at the tip")
    }
  }
}

extension AlarmPriority {
  /// Stable, for programs.
  public var code: String { "\(self)" }
}

extension FaultCode {
  /// Those that are on in the bits of an entry of the first version.
  public static func on(in bits: UInt16) -> [FaultCode] {
    allCases.filter { $0.rawValue < 16 && bits & (1 << UInt16($0.rawValue)) != 0 }
  }
}

extension FrameKind {
  /// As a person says it: the words of its name.
  public var words: String {
    "\(self)".map { $0.isUppercase ? "-\($0.lowercased())" : "\($0)" }.joined()
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
    case .notPermitted:
      ("not-permitted", "the pump does not take this from you; its log says why")
    case .tooManyClients: ("too-many-clients", "too many programmers are connected; try again")
    case .tooOften:
      (
        "too-often",
        "this key asks too often; wait for its answers, and a patient for ten minutes"
      )
    case .noSuchProposal:
      (
        "no-such-proposal",
        "nothing of that digest can be committed: it is older than 10 min, or another order came "
          + "into force; propose it again"
      )
    case .tooManyKeys: ("too-many-keys", "the pump holds \(KeyRecord.countMax) keys and no more")
    case .keyIsKnown:
      ("key-is-known", "the key was enrolled before; one that was revoked never comes back")
    case .overtakenByStop:
      ("overtaken-by-stop", "a stop came before it, so it was not done; look, and ask again")
    case .noSuchKey: ("no-such-key", "the pump knows no such key; see pumpctl key list")
    case .recordsBusy:
      ("records-busy", "too many read the journal of the pump at once; try again")
    case .recordsUnavailable:
      ("records-unavailable", "the pump cannot read its journal now; look at its log, or try again")
    case .engineSilent:
      ("engine-silent", "the tick did not take the request; nothing was done")
    case .outcomeUnknown:
      (
        "outcome-unknown",
        "the tick did not answer in time and may act later; after a stop the interlock is shut"
      )
    case .notDurable:
      ("not-durable", "it could not be written down in time and was taken back; mend the disk")
    }
  }
}
