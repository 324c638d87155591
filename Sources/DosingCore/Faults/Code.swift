public import Quantities

/// Everything that can be wrong, by name. What follows from each is written in its row of the fault table,
/// see `FaultRow`, and nowhere else.
///
/// The raw value is stable: it stands in records and frames.
public enum FaultCode: UInt8, Sendable, BitwiseCopyable {
  /// Stopped by command: nothing is delivered.
  case stopped = 0
  case reservoirLow = 1
  case reservoirEmpty = 2
  /// A limit refused a basal step, which admission should have made impossible.
  case basalRefusedByLimit = 3
  /// The interlock refused a step for a window or for the lease: one of the two has counted wrong.
  case interlockDisagrees = 4
  /// The interlock and the core have counted differently.
  case hardStop = 5
  /// What is delivered could not be written down for 10 s.
  case storageFailed = 6
  /// More than three restarts in 10 min that nobody asked for.
  case restartedOften = 7
  /// Nothing was delivered for a day: tolerance may be lost.
  case longInterruption = 8
  /// How much was delivered before the last start is not known.
  case accountUncertain = 9
  /// Nobody vouches for the therapy clock, which `flex` needs.
  case clockUncertain = 10
  /// The journal was lost, or is older than the safe-basal record says.
  case historyIncomplete = 11
  /// The rig file is not the one that was committed; the committed one runs.
  case otherRig = 12
  /// Nothing is known of the last 24 h.
  case noHistory = 13
  /// Pulses are refused by the drive, or its lines cannot be written.
  case driveFails = 14
  /// Buzzer, lamp or the interlock's levels cannot be written.
  case outputFails = 15
  /// The storage is slower than the lease: basal waits for it.
  case storageSlow = 16
  /// The machine was suspended for a while: nothing was delivered meanwhile.
  case suspended = 17
  /// Of an earlier version: a new pump took its clock from a system for which nobody vouched.
  case newClockUncertain = 18
  /// The order in force is one that this version of the engine would refuse.
  case orderNotValid = 19
  /// The therapy clock is not the local time by the UTC that somebody vouches for.
  case clockDiffers = 20
  /// A copy of the safe-basal record cannot be written, or was torn.
  case copyFails = 21
  /// The state directory, the journal or the run page was removed or replaced while the pump ran.
  case storageLost = 22

  /// Somebody aspirated the reservoir, and nobody has said yet what it holds.
  case reservoirUnknown = 23
  /// What came out of the reservoir is not what was expected.
  case refillDiffers = 24
  /// Nothing is at the tip but liquid without drug.
  case noDrugAtTip = 25
  /// Nobody knows where a boundary in the line is.
  case lineUncertain = 26
  /// The line was replaced, and nobody has said that it is connected.
  case notConnected = 27
  /// The reservoir weighs less than is counted.
  case weightDiffers = 28
  /// It does not weigh what it was refilled with.
  case fluidElsewhere = 29

  /// The shaft does not turn as the motor is told.
  case stalled = 30
  /// It did not, for a while.
  case wasStalled = 31
  /// It turns, and loses steps.
  case shaftSlips = 32
  /// It turned further than it was told, or back.
  case driveDisobeys = 33
  /// Nothing that the encoder says is believed.
  case encoderLost = 34
  /// The same of the load cell.
  case loadCellLost = 35
  /// The same of the sensor of the pressure.
  case pressureLost = 36
  /// The pressure in the line says that nothing gets through.
  case occluded = 37
  /// It did, for a while.
  case wasOccluded = 38
  /// The reservoir becomes lighter and lighter, by more than the head was told to give.
  case freeFlow = 39
  /// It does not become lighter by what was given.
  case notEmptying = 40
  /// The tick runs so late that basal is missing.
  case ticksLate = 41

  /// As many as `PerFault` holds.
  public static let count = 42
}

/// Something for each fault, by its raw value.
public typealias PerFault<Element> = InlineArray<42, Element>

/// Priorities after IEC 60601-1-8.
public enum AlarmPriority: UInt8, Comparable, Sendable, BitwiseCopyable {
  case low = 1
  case medium = 2
  case high = 3

  public static func < (left: AlarmPriority, right: AlarmPriority) -> Bool {
    left.rawValue < right.rawValue
  }

  /// How long the sound of alarms may be paused while one of this priority is the highest that sounds.
  public var audioPause: Nanoseconds { self == .high ? .minutes(2) : .minutes(10) }
}

/// Some of all faults there can ever be.
public struct FaultSet: Equatable, Sendable, BitwiseCopyable {
  public private(set) var bits: UInt128

  public init(bits: UInt128 = 0) { self.bits = bits }

  public subscript(code: FaultCode) -> Bool {
    get { bits & (1 << UInt128(code.rawValue)) != 0 }
    set {
      let bit = UInt128(1) << UInt128(code.rawValue)
      bits = newValue ? bits | bit : bits & ~bit
    }
  }

  mutating func layout(_ coder: inout some FrameCoder) { coder.field(&bits) }
}

// A list of all cases is an array, which bare metal does not have.
#if !hasFeature(Embedded)
  extension FaultCode: CaseIterable {}
  extension AlarmPriority: CaseIterable {}
#endif
