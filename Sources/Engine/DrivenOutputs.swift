internal import DosingCore
internal import Hardware
internal import Quantities

/// Drives what differs from what was last driven successfully, until it succeeds.
struct DrivenOutputs {
  private let drive: MotorDrive
  private let annunciator: Annunciator
  /// Where there is a thread that plays alarms; else each line is on as long as there is anything to tell.
  private let alarms: AlarmPost?
  /// The steps of the account before the first pulse of this rig.
  private let stepsBefore: Int64

  // What was last driven; nil for what never was.
  private var levels: InterlockLevels?
  private var enable: Bool?
  private var buzzer: Bool?
  private var lamp: Bool?
  /// What that thread could not drive.
  private var notTold = OutputSet.none

  /// How many of the stops that the link has asked for the core has decided.
  var stopsDecided: Int64 = 0
  /// Something may differ.
  var areDue = true
  /// Whether a tick that succeeds is told to the interlock, and beats.
  private(set) var beats = true
  /// What could not be driven.
  private(set) var failed = OutputSet.none

  init(
    _ drive: MotorDrive, _ annunciator: Annunciator, _ alarms: AlarmPost?, stepsBefore: Int64
  ) {
    self.drive = drive
    self.annunciator = annunciator
    self.alarms = alarms
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
    let motor = drive
    Self.set(&levels, to: wantedLevels, .interlock, &failed) { motor.setLevels($0) }
    Self.set(&enable, to: wanted.enable, .enable, &failed) { motor.setEnabled($0) }
    tell(wanted.signal)
    areDue = failed != .none
  }

  private mutating func tell(_ signal: AlarmSignal) {
    if let alarms {
      alarms.tell(signal)
      failed.insert(notTold)
      return
    }
    let lines = annunciator
    Self.set(&buzzer, to: signal.sound != .none, .buzzer, &failed) { lines.setBuzzer($0) }
    Self.set(&lamp, to: signal.light != nil, .lamp, &failed) { lines.setLamp($0) }
  }

  /// Asks the thread that plays alarms how it fares.
  ///
  /// - Parameter now: CLOCK_MONOTONIC.
  mutating func listen(at now: Nanoseconds) {
    guard let failed = alarms?.failed(at: now), failed != notTold else { return }
    notTold = failed
    areDue = true
  }

  private static func set<Level: Equatable>(
    _ driven: inout Level?, to wanted: Level, _ output: OutputSet, _ failed: inout OutputSet,
    by write: (Level) -> Bool
  ) {
    guard driven != wanted else { return }
    if write(wanted) { driven = wanted } else { failed.insert(output) }
  }
}
