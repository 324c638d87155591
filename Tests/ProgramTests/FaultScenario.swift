import Documents
import DosingCore

/// How a row of the fault table is brought about on the bench, and what has to be seen of it.
///
/// At 0.6 mL/d, on a rig with all three sensors and without a clock that has a battery.
struct FaultScenario: CustomStringConvertible, Sendable {
  let code: FaultCode
  /// What happens from one minute to another.
  let events: @Sendable (_ begin: Int, _ end: Int) -> [String]
  /// Within so many minutes it is told.
  let told: Double
  /// It is over so many minutes after its cause; nil where it waits for a person, or for a step.
  var over: Double?
  /// Nothing tells of it while the motor stands.
  var needsSteps = false
  /// Nothing tells of it, or it cannot be brought about, once one of these is on.
  var hiddenBy: Set<FaultCode> = []
  /// What is told with it.
  var brings: Set<FaultCode> = []

  var description: String { code.code }

  init(
    _ code: FaultCode, told: Double, over: Double? = nil, needsSteps: Bool = false,
    hiddenBy: Set<FaultCode> = [], brings: Set<FaultCode> = [],
    _ events: @escaping @Sendable (Int, Int) -> [String]
  ) {
    self.code = code
    self.events = events
    self.told = told
    self.over = over
    self.needsSteps = needsSteps
    self.hiddenBy = hiddenBy
    self.brings = brings
  }

  private static func fault(_ text: String) -> @Sendable (Int, Int) -> [String] {
    { begin, end in ["{at: \(begin) min, fault: \(text), for: \(end - begin) min}"] }
  }

  /// A refill that leaves so much, and one that fills it again.
  private static func refills(_ filled: String) -> @Sendable (Int, Int) -> [String] {
    { begin, end in
      [
        "{at: \(begin) min, do: refill, aspirated: 19.4 mL, filled: \(filled), concentration: 500 ug/mL}",
        "{at: \(end) min, do: refill, aspirated: \(filled), filled: 18 mL, concentration: 500 ug/mL}",
      ]
    }
  }

  @Sendable private static func newLine(_ begin: Int, _ end: Int) -> [String] {
    [
      "{at: \(begin) min, do: line-replaced}", "{at: \(end) min, do: purge}",
      "{at: \(end + 30) min, do: connected}",
    ]
  }

  @Sendable private static func runAway(_ begin: Int, _ end: Int) -> [String] {
    [
      "{at: \(begin) min, fault: run-away, value: 12 mL/d, for: \(end - begin) min}",
      "{at: \(end) min, do: clear}", "{at: \(end) min, do: resume}",
    ]
  }

  static let all: [Self] = [
    Self(.stopped, told: 0.1, over: 0.1) { begin, end in
      ["{at: \(begin) min, do: stop}", "{at: \(end) min, do: resume}"]
    },
    Self(
      .reservoirLow, told: 0.1, over: 0.1, hiddenBy: unasked, brings: [.reservoirUnknown],
      refills("1.5 mL")),
    Self(
      .reservoirEmpty, told: 0.1, over: 0.1, hiddenBy: unasked,
      brings: [.reservoirLow, .reservoirUnknown], refills("0.2 mL")),
    Self(.storageFailed, told: 1, over: 1, brings: [.storageSlow], fault("storage-fails")),
    Self(.driveFails, told: 1, over: 61, needsSteps: true, fault("drive-fails")),
    Self(.ticksLate, told: 2.1, needsSteps: true) { begin, _ in
      ["{at: \(begin) min, fault: late-tick, for: 2 min}"]
    },
    Self(.suspended, told: 15) { begin, _ in ["{at: \(begin) min, fault: suspend, for: 10 min}"] },
    Self(.restartedOften, told: 10, hiddenBy: unasked) { begin, _ in
      (0..<4).map { "{at: \(begin + 2 * $0) min, fault: kill, for: 1 s}" }
    },
    Self(.refillDiffers, told: 0.1, hiddenBy: unasked, brings: [.reservoirUnknown]) { begin, _ in
      [
        "{at: \(begin) min, do: refill, aspirated: 15 mL, filled: 15 mL, concentration: 500 ug/mL}"
      ]
    },
    Self(
      .noDrugAtTip, told: 0.1, hiddenBy: unasked.union([.stopped]), brings: [.notConnected],
      newLine),
    Self(
      .notConnected, told: 0.1, over: 30.1, hiddenBy: unasked, brings: [.noDrugAtTip], newLine),
    // The one takes the other back.
    Self(
      .weightDiffers, told: 12, over: 12, hiddenBy: [.notEmptying], brings: [.reservoirUnknown],
      fault("load-cell-offset, value: -2 g")),
    Self(
      .notEmptying, told: 12, over: 12, hiddenBy: [.weightDiffers], brings: [.reservoirUnknown],
      fault("load-cell-offset, value: 2 g")),
    Self(
      .freeFlow, told: 50,
      hiddenBy: [
        .loadCellLost, .reservoirLow, .reservoirEmpty, .fluidElsewhere, .occluded, .wasOccluded,
      ], brings: [.hardStop, .weightDiffers], fault("free-flow, value: 100 mL/d")),
    Self(
      .fluidElsewhere, told: 3, hiddenBy: unasked,
      brings: [.weightDiffers, .notEmptying, .reservoirLow, .reservoirUnknown]
    ) { begin, _ in
      [
        "{at: \(begin) min, do: refill, aspirated: 19.4 mL, filled: 18 mL, really_filled: 12 mL, concentration: 500 ug/mL}"
      ]
    },
    Self(
      .stalled, told: 4, over: 18, needsSteps: true, hiddenBy: [.driveFails],
      brings: [.wasStalled], fault("stall")),
    Self(
      .wasStalled, told: 4, needsSteps: true, hiddenBy: [.driveFails], brings: [.stalled],
      fault("stall")),
    Self(
      .shaftSlips, told: 30, needsSteps: true, hiddenBy: [.driveFails], fault("slip, value: 10 %")),
    // In a hard stop the driver has no power.
    Self(
      .driveDisobeys, told: 1, over: 0.1, hiddenBy: [.freeFlow], brings: [.hardStop, .stopped],
      runAway),
    Self(.hardStop, told: 1, over: 0.1, brings: [.driveDisobeys, .stopped], runAway),
    Self(.encoderLost, told: 0.3, over: 1.1, fault("encoder-fails")),
    Self(.loadCellLost, told: 1.3, over: 1.1, fault("load-cell-fails")),
    Self(.pressureLost, told: 1.3, over: 1.1, fault("pressure-fails")),
    Self(
      .occluded, told: 8, over: 20, needsSteps: true, hiddenBy: [.driveFails, .pressureLost],
      brings: [.wasOccluded], fault("occlusion")),
    Self(
      .wasOccluded, told: 8, needsSteps: true, hiddenBy: [.driveFails, .pressureLost],
      brings: [.occluded], fault("occlusion")),
  ]

  /// Where nothing can be written down nothing is asked, and no start goes on.
  private static let unasked: Set<FaultCode> = [.storageFailed]

  /// Rows that no event of a scenario brings about, and the suite that does.
  static let elsewhere: [FaultCode: String] = [
    .outputFails: "DosingCoreTests/DriveTests", .storageSlow: "DosingCoreTests/DriveTests",
    .accountUncertain: "DosingCoreTests/RestartTests",
    .clockUncertain: "DosingCoreTests/ClockTests",
    .basalRefusedByLimit: "DosingCoreTests/LimitTests",
    .interlockDisagrees: "EngineTests/InterlockAgreementTests",
    .longInterruption: "DosingCoreTests/RestartTests",
    .historyIncomplete: "DurabilityTests/RestorationTests",
    .otherRig: "DurabilityTests/RestorationTests", .noHistory: "DurabilityTests/RestorationTests",
    // Nothing raises it any more; a record of the first version may hold it.
    .newClockUncertain: "DosingCoreTests/FaultTableTests",
    .orderNotValid: "DosingCoreTests/OldOrderTests", .clockDiffers: "DosingCoreTests/ClockTests",
    .copyFails: "DurabilityTests/KeeperTests", .storageLost: "ProgramTests/StorageTests",
    .reservoirUnknown: "DosingCoreTests/WeightTests",
    .lineUncertain: "DosingCoreTests/UncountedStepsTests",
  ]
}
