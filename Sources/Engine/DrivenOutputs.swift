internal import DosingCore
internal import Hardware

/// Drives what differs from what was last driven successfully, until it succeeds.
struct DrivenOutputs {
  private let drive: MotorDrive
  private let annunciator: Annunciator
  /// The steps of the account before the first pulse of this rig.
  private let stepsBefore: Int64

  // What was last driven; nil for what never was.
  private var levels: InterlockLevels?
  private var enable: Bool?
  private var buzzer: Bool?
  private var lamp: Bool?

  /// How many of the stops that the link has asked for the core has decided.
  var stopsDecided: Int64 = 0
  /// Something may differ.
  var areDue = true
  /// Whether a tick that succeeds is told to the interlock, and beats.
  private(set) var beats = true
  /// What could not be driven.
  private(set) var failed = OutputSet.none

  init(_ drive: MotorDrive, _ annunciator: Annunciator, stepsBefore: Int64) {
    self.drive = drive
    self.annunciator = annunciator
    self.stepsBefore = stepsBefore
  }

  /// The motor would not do what is decided.
  var keepTheMotor: Bool { failed.overlaps(.ofTheMotor) }

  mutating func drive(_ wanted: Outputs) {
    failed = .none
    beats = wanted.beats
    let lease = wanted.leaseEnd == .max ? .max : max(0, wanted.leaseEnd - stepsBefore)
    let wantedLevels = InterlockLevels(
      open: wanted.isOpen, stopsDecided: stopsDecided, stepsPerHourMax: wanted.stepsPerHourMax,
      stepsPerDayMax: wanted.stepsPerDayMax, leaseStepsMax: lease)
    let (motor, signals) = (drive, annunciator)
    Self.set(&levels, to: wantedLevels, .interlock, &failed) { motor.setLevels($0) }
    Self.set(&enable, to: wanted.enable, .enable, &failed) { motor.setEnabled($0) }
    Self.set(&buzzer, to: wanted.buzzer, .buzzer, &failed) { signals.setBuzzer($0) }
    Self.set(&lamp, to: wanted.lamp, .lamp, &failed) { signals.setLamp($0) }
    areDue = failed != .none
  }

  private static func set<Level: Equatable>(
    _ driven: inout Level?, to wanted: Level, _ output: OutputSet, _ failed: inout OutputSet,
    by write: (Level) -> Bool
  ) {
    guard driven != wanted else { return }
    if write(wanted) { driven = wanted } else { failed.insert(output) }
  }
}
