internal import DosingCore

/// What notices a fault, how soon, and which hazards it stands against.
struct Detection {
  /// The numbers of `Hazards.md`.
  let hazards: [Int]
  let detector: String
  let within: String

  private init(_ hazards: [Int], _ detector: String, _ within: String) {
    (self.hazards, self.detector, self.within) = (hazards, detector, within)
  }

  init(of fault: FaultCode) {
    self =
      switch fault {
      case .stopped: Self([3], "the command", "the tick in which it acts")
      case .reservoirLow:
        Self([9], "steps counted since the fill, and the load cell", Self.contents)
      case .reservoirEmpty:
        Self(
          [9], "steps counted since the fill, and a load cell that goes with them", Self.contents)
      case .basalRefusedByLimit: Self([3, 5], "both windows, before each step", "the step")
      case .interlockDisagrees: Self([3, 5], "the interlock, at each step", "the step")
      case .hardStop:
        Self(
          [1, 5], "steps counted by engine and interlock", "the step that makes 3 of difference")
      case .storageFailed: Self([11], "a lease that does not become durable", "10 s")
      case .restartedOften: Self([6, 11], "starts that nobody planned", "the fourth in 10 min")
      case .longInterruption:
        Self(
          [3], "time without an engine, where a clock attests it",
          "the start, or when a clock tells")
      case .accountUncertain:
        Self(
          [2, 11], "a record older than its lease could have lasted",
          "the start, or when a clock tells")
      case .clockUncertain: Self([10], "who vouches for UTC while flex is ordered", "the tick")
      case .historyIncomplete:
        Self([11], "the commits that journal, copies and run page know of", "the start")
      case .otherRig: Self([4], "the rig file beside the committed rig", "the start")
      case .noHistory: Self([2, 5], "a state directory without a history", "the start")
      case .driveFails:
        Self(
          [3], "pulses that are refused, lines that cannot be written",
          "10 s, or 2 % of an hour lost")
      case .outputFails: Self([5, 6], "lines and levels that cannot be written", "10 s")
      case .storageSlow: Self([3], "basal that waits for its lease", "1 % of an hour lost")
      case .ticksLate: Self([3], "ticks that did not run", "1 % of an hour lost")
      case .suspended: Self([3], "ticks missed while the machine slept", "the first tick after it")
      case .newClockUncertain: Self([10], "a version before layout 3; none now", "the start")
      case .orderNotValid: Self([4], "the checks of an order, on the one in force", "the start")
      case .clockDiffers:
        Self([10], "the therapy clock beside UTC that is vouched for", "1 min of difference")
      case .copyFails: Self([11], "each write of a copy, and a look at both", "1 s")
      case .storageLost: Self([11], "a look at directory, journal and run page", "1 s")
      case .reservoirUnknown:
        Self(
          [9, 13], "a refill from aspirated on; a weight that rises without one", "the step; 10 min"
        )
      case .refillDiffers:
        Self([9, 13], "what came out beside what was counted", "when it is told")
      case .noDrugAtTip: Self([3, 13], "the line, part by part", "the step")
      case .lineUncertain:
        Self([13], "steps in doubt beside 5 % of the line", "the start, or the step in doubt")
      case .notConnected: Self([3, 13], "a line that was replaced", "when it is told")
      case .weightDiffers:
        Self(
          [9, 10], "the load cell beside what was counted",
          "10 min; how soon of a leak: Reservoir.md")
      case .notEmptying:
        Self(
          [3, 10], "the load cell beside what was counted",
          "10 min; how soon of a cell that is stuck: Reservoir.md")
      case .freeFlow:
        Self(
          [1], "how fast the load cell becomes lighter",
          "3 min, 30 min or 3 h in a row; how soon that is: Reservoir.md")
      case .stalled: Self([3], "the encoder beside the steps that were made", Self.shaft)
      case .wasStalled: Self([3], "a shaft that stands", Self.shaft)
      case .shaftSlips:
        Self([3], "the encoder beside all steps since a start", "2 full steps lost, and 3 looks")
      case .driveDisobeys:
        Self([1, 5], "the encoder beside all steps since a start", "2 full steps, and 3 looks")
      case .encoderLost, .loadCellLost:
        Self([10], "a sensor that says nothing, or what cannot be", "10 s")
      case .pressureLost:
        Self(
          [10], "a sensor that says nothing, what cannot be, or the very same while the motor runs",
          "10 s; 1 h of the same")
      case .occluded: Self([3], "the pressure beside what is usual at this flow", Self.blocked)
      case .wasOccluded: Self([3], "a line that is blocked", Self.blocked)
      case .fluidElsewhere:
        Self([9, 13], "by how much a refill made the weight fall and rise", "1 min after filled")
      }
  }

  private static let shaft = "3 full steps and a look more; how soon that is: Shaft.md"
  private static let blocked = "3 looks above; how soon that is: Occlusion.md"
  private static let contents = "the step, or 1 min by weight"
}
