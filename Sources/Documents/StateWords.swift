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

  public var code: String { row.code }
  public var words: String { row.words }

  private var row: (code: String, words: String) {
    switch self {
    case .stopped: ("stopped", "stopped by command, the patient gets nothing")
    case .reservoirLow: ("reservoir-low", "reservoir low")
    case .reservoirEmpty: ("reservoir-empty", "reservoir empty, nothing is delivered")
    case .basalRefusedByLimit:
      ("basal-refused-by-limit", "a limit refused basal: defect of the engine")
    case .interlockDisagrees:
      ("interlock-disagrees", "the interlock refused a step: defect of the engine; acknowledge")
    case .hardStop:
      ("hard-stop", "interlock and engine have counted differently; look, then pumpctl clear")
    case .storageFailed:
      ("storage-failed", "what is delivered cannot be written down; free or mend the disk")
    case .restartedOften:
      ("restarted-often", "more than 3 unplanned restarts in 10 min; acknowledge")
    case .longInterruption:
      ("long-interruption", "nothing was delivered for a day, tolerance may be lost; acknowledge")
    case .accountUncertain:
      ("account-uncertain", "what was delivered before the last start is not known; acknowledge")
    case .clockUncertain:
      ("clock-uncertain", "nobody vouches for the clock, which flex needs; see pumpctl clock")
    case .historyIncomplete:
      ("history-incomplete", "the journal was lost or is older than it should be; acknowledge")
    case .otherRig:
      ("other-rig", "the rig file is not the committed one, which runs; commit it: pumpctl rig")
    case .noHistory: ("no-history", "say what was given in the last 24 h: pumpctl new")
    case .driveFails:
      ("drive-fails", "the motor takes no pulses, basal waits; look at drive and lines")
    case .outputFails: ("output-fails", "a line cannot be driven; look at the wiring")
    case .storageSlow: ("storage-slow", "basal waits for the storage; look at the disk")
    case .suspended: ("suspended", "the machine slept and nothing was delivered; acknowledge")
    case .newClockUncertain:
      ("new-clock-uncertain", "nobody vouched for the clock of the new pump; acknowledge")
    case .clockDiffers:
      ("clock-differs", "the therapy clock is not local time by UTC; see pumpctl clock")
    case .orderNotValid:
      ("order-not-valid", "this version would refuse the order in force; program it anew")
    case .copyFails:
      ("copy-fails", "a copy of the safe-basal record cannot be written; look at its file")
    case .storageLost:
      ("storage-lost", "directory, journal or run page was taken away; put it back, acknowledge")
    case .reservoirUnknown:
      (
        "reservoir-unknown",
        "nobody has said what was filled, or is in it now; dosed as the stronger; pumpctl refill"
      )
    case .noDrugAtTip:
      (
        "no-drug-at-tip",
        "nothing is at the tip but liquid without drug; see the line in pumpctl status"
      )
    case .lineUncertain:
      ("line-uncertain", "nobody knows where a boundary in the line is; dosed as the stronger")
    case .notConnected:
      ("not-connected", "the line was replaced; say when it is connected: pumpctl line connected")
    case .weightDiffers:
      (
        "weight-differs",
        "the reservoir does not weigh what is counted; look for a leak, and at the cell"
      )
    case .fluidElsewhere:
      (
        "fluid-elsewhere",
        "the reservoir does not weigh what was told: the fluid may be elsewhere; look at once"
      )
    case .stalled:
      ("stalled", "the head does not turn as it is told, basal waits; look at head, motor and line")
    case .wasStalled:
      ("was-stalled", "the head stood for a while, less was given than ordered; look, acknowledge")
    case .shaftSlips:
      ("shaft-slips", "the head loses steps, less is given than ordered; look at it, acknowledge")
    case .driveDisobeys:
      (
        "drive-disobeys",
        "the head turned otherwise than it was told; cut its power, look, pumpctl clear"
      )
    case .encoderLost:
      ("encoder-lost", "the encoder says nothing, a stall would go unnoticed; look at its wiring")
    case .loadCellLost:
      ("load-cell-lost", "the load cell says nothing; look at its wiring")
    case .pressureLost:
      ("pressure-lost", "the pressure sensor says nothing; look at its wiring")
    case .occluded:
      (
        "occluded",
        "the line is blocked, basal waits; look for a kink, and at catheter and tip"
      )
    case .wasOccluded:
      (
        "was-occluded",
        "the line was blocked; what was held back comes at once when it opens; look, acknowledge"
      )
    case .refillDiffers:
      ("refill-differs", "what came out is not what was expected; look at the pump, acknowledge")
    }
  }
}

extension FrameKind {
  /// As a person says it: the words of its name.
  public var words: String {
    "\(self)".map { $0.isUppercase ? "-\($0.lowercased())" : "\($0)" }.joined()
  }
}

extension FaultCode {
  /// What ends it, for who asks why it is still on.
  public var endWords: String {
    switch (FaultRow(of: self).end, self) {
    case (.acknowledge, _): "pumpctl acknowledge ends it"
    case (.commit, _): "pumpctl program ends it"
    case (.request, .hardStop), (.request, .driveDisobeys): "pumpctl clear ends it"
    case (.request, .noHistory): "pumpctl new ends it"
    case (.request, _): "pumpctl resume ends it"
    case (.cause, _): "it ends when its cause is gone"
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
