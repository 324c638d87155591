public import DosingCore

/// What people are told of a fault, beside what the engine does, which its row of the fault table says.
struct FaultWords {
  /// Stable, for programs.
  let code: String
  /// What happened.
  let happened: String
  /// What to do.
  let remedy: String

  private init(_ code: String, _ happened: String, do remedy: String) {
    (self.code, self.happened, self.remedy) = (code, happened, remedy)
  }

  init(of fault: FaultCode) {
    self =
      switch fault {
      case .stopped:
        Self(
          "stopped", "stopped by command, the patient gets nothing",
          do: "pumpctl resume, or treat the patient otherwise")
      case .reservoirLow: Self("reservoir-low", "reservoir low", do: "refill it")
      case .reservoirEmpty:
        Self(
          "reservoir-empty", "reservoir empty, nothing is delivered",
          do: "refill it, and watch for withdrawal")
      case .basalRefusedByLimit:
        Self(
          "basal-refused-by-limit", "a limit refused basal: defect of the engine",
          do: "program it anew, report it")
      case .interlockDisagrees:
        Self(
          "interlock-disagrees", "the interlock refused a step: defect of the engine",
          do: "report it, acknowledge")
      case .hardStop:
        Self(
          "hard-stop",
          "hard stop: another alarm says why, or interlock and engine have counted differently",
          do: "look at that, or at both counts, then pumpctl clear")
      case .storageFailed:
        Self(
          "storage-failed", "what is delivered cannot be written down", do: "free or mend the disk")
      case .restartedOften:
        Self(
          "restarted-often", "more than 3 unplanned restarts in 10 min",
          do: "look at power and log, acknowledge")
      case .longInterruption:
        Self(
          "long-interruption", "nothing was delivered for a day, tolerance may be lost",
          do: "see what dose is safe now, acknowledge")
      case .accountUncertain:
        Self(
          "account-uncertain", "what was delivered before the last start is not known",
          do: "look at the patient, acknowledge")
      case .clockUncertain:
        Self(
          "clock-uncertain", "nobody vouches for the clock, which flex needs", do: "pumpctl clock")
      case .historyIncomplete:
        Self(
          "history-incomplete", "the journal was lost or is older than it should be",
          do: "look at the disk, acknowledge")
      case .otherRig:
        Self(
          "other-rig", "the rig file is not the committed one, which runs",
          do: "commit it: pumpctl rig")
      case .noHistory:
        Self(
          "no-history", "nothing is known of the last 24 h", do: "say what was given: pumpctl new")
      case .driveFails:
        Self("drive-fails", "the motor takes no pulses, basal waits", do: "look at drive and lines")
      case .outputFails: Self("output-fails", "a line cannot be driven", do: "look at the wiring")
      case .storageSlow: Self("storage-slow", "basal waits for the storage", do: "look at the disk")
      case .ticksLate:
        Self(
          "ticks-late", "the engine runs late, and basal is missing",
          do: "see what else the machine does: pumpctl doctor")
      case .suspended:
        Self(
          "suspended", "the machine slept and nothing was delivered",
          do: "keep it awake, acknowledge")
      case .newClockUncertain:
        Self(
          "new-clock-uncertain", "nobody vouched for the clock of the new pump", do: "acknowledge")
      case .orderNotValid:
        Self(
          "order-not-valid", "this version would refuse the order in force", do: "program it anew")
      case .clockDiffers:
        Self("clock-differs", "the therapy clock is not local time by UTC", do: "pumpctl clock")
      case .copyFails:
        Self(
          "copy-fails", "a copy of the safe-basal record cannot be written", do: "look at its file")
      case .storageLost:
        Self(
          "storage-lost", "directory, journal or run page was taken away",
          do: "put it back, acknowledge")
      case .reservoirUnknown:
        Self(
          "reservoir-unknown",
          "nobody has said what was filled, or is in it now; dosed as the stronger",
          do: "pumpctl refill")
      case .refillDiffers:
        Self(
          "refill-differs", "what came out is not what was expected",
          do: "look at the pump, acknowledge")
      case .noDrugAtTip:
        Self(
          "no-drug-at-tip", "nothing is at the tip but liquid without drug",
          do: "see the line in pumpctl status, treat the patient otherwise")
      case .lineUncertain:
        Self(
          "line-uncertain", "nobody knows where a boundary in the line is; dosed as the stronger",
          do: "wait until it is at the tip, or replace the line")
      case .notConnected:
        Self(
          "not-connected", "the line was replaced",
          do: "say when it is connected: pumpctl line connected")
      case .weightDiffers:
        Self(
          "weight-differs", "the reservoir weighs less than is counted",
          do: "look for a leak, and at the cell")
      case .notEmptying:
        Self(
          "not-emptying",
          "the reservoir does not become lighter as is counted, less may be given than ordered",
          do: "look for air and a closed valve, and at the cell")
      case .freeFlow:
        Self(
          "free-flow",
          "the reservoir empties by itself, more may be given than is ordered",
          do: "clamp the line, look, pumpctl clear")
      case .fluidElsewhere:
        Self(
          "fluid-elsewhere",
          "the reservoir does not weigh what was told: the fluid may be elsewhere",
          do: "look at once")
      case .stalled:
        Self(
          "stalled", "the head does not turn as it is told, basal waits",
          do: "look at head, motor and line")
      case .wasStalled:
        Self(
          "was-stalled", "the head stood for a while, less was given than ordered",
          do: "look at the head, acknowledge")
      case .shaftSlips:
        Self(
          "shaft-slips", "the head loses steps, less is given than ordered",
          do: "look at the head, acknowledge")
      case .driveDisobeys:
        Self(
          "drive-disobeys", "the head turned otherwise than it was told",
          do: "cut its power, look, pumpctl clear")
      case .encoderLost:
        Self(
          "encoder-lost", "the encoder says nothing, a stall would go unnoticed",
          do: "look at its wiring")
      case .loadCellLost:
        Self("load-cell-lost", "the load cell says nothing", do: "look at its wiring")
      case .pressureLost:
        Self(
          "pressure-lost", "the pressure sensor says nothing, or ever the same",
          do: "look at its wiring")
      case .occluded:
        Self(
          "occluded", "the line is blocked, basal waits",
          do: "look for a kink, and at catheter and tip")
      case .wasOccluded:
        Self(
          "was-occluded", "the line was blocked; what was held back comes at once when it opens",
          do: "look at line and patient, acknowledge")
      }
  }
}

extension FaultCode {
  /// Stable, for programs.
  public var code: String { FaultWords(of: self).code }
  /// What happened.
  public var happened: String { FaultWords(of: self).happened }
  /// What a person does about it.
  public var remedy: String { FaultWords(of: self).remedy }
  /// What happened, and what to do.
  public var words: String { "\(happened); \(remedy)" }

  /// What ends it, for who asks why it is still on.
  public var endWords: String {
    switch (FaultRow(of: self).end, self) {
    case (.acknowledge, _): "pumpctl acknowledge ends it"
    case (.commit, _): "pumpctl program ends it"
    case (.request, .hardStop), (.request, .driveDisobeys), (.request, .freeFlow):
      "pumpctl clear ends it"
    case (.request, .noHistory): "pumpctl new ends it"
    case (.request, _): "pumpctl resume ends it"
    case (.cause, _): "it ends when its cause is gone"
    }
  }
}
