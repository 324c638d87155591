public import Quantities

/// Priorities after IEC 60601-1-8.
public enum AlarmPriority: UInt8, Comparable, Sendable, BitwiseCopyable {
  case low = 1
  case medium = 2
  case high = 3

  public static func < (left: AlarmPriority, right: AlarmPriority) -> Bool {
    left.rawValue < right.rawValue
  }
}

/// Every alarm, one row each.
public enum AlarmCode: UInt8, Sendable, BitwiseCopyable {
  /// Stopped by command: the patient gets nothing. Medium at once, high after an hour.
  case stopped = 0
  /// Extra doses are refused.
  case reservoirLow = 1
  /// Nothing is delivered, so that no air enters the line.
  case reservoirEmpty = 2
  /// A limit refused a basal step, which admission should have made impossible.
  case basalRefusedByLimit = 3
  /// The interlock refused a step for a window: the engine has counted wrong. Safe basal.
  case interlockDisagrees = 4
  /// The same for the second time in a day: nothing is delivered until an engineer has looked.
  case hardStop = 5
  /// What is delivered could not be written down for 10 s. Safe basal.
  case storageFailed = 6
  /// More than three restarts in 10 min that nobody asked for. No extra doses until acknowledged.
  case restartedOften = 7
  /// Nothing was delivered for a day: tolerance may be lost. Safe basal until acknowledged.
  case longInterruption = 8
  /// How much was delivered before the last start is not known. No extra doses for a day.
  case accountUncertain = 9
  /// Nobody vouches for the therapy clock, which `flex` needs. Safe basal.
  case clockUncertain = 10
  /// The journal was lost, or is older than the safe-basal record says. Safe basal until
  /// acknowledged.
  case historyIncomplete = 11
  /// The rig file is not the one that was committed; the committed one runs. No extra doses.
  case otherRig = 12
  /// Nothing is known of the last 24 h: nothing is delivered until somebody says what was given.
  case noHistory = 13

  public var priority: AlarmPriority {
    switch self {
    case .stopped, .reservoirLow, .accountUncertain, .clockUncertain: .medium
    case .reservoirEmpty, .basalRefusedByLimit, .interlockDisagrees, .hardStop, .storageFailed,
      .restartedOften, .longInterruption, .historyIncomplete, .otherRig, .noHistory:
      .high
    }
  }

  /// Whether somebody who has seen it may end it, though its cause lies in the past.
  var isEndedByAcknowledging: Bool {
    switch self {
    case .restartedOften, .longInterruption, .accountUncertain, .historyIncomplete: true
    case .stopped, .reservoirLow, .reservoirEmpty, .basalRefusedByLimit, .interlockDisagrees,
      .hardStop, .storageFailed, .clockUncertain, .otherRig, .noHistory:
      false
    }
  }

  /// Whether basal that runs is replaced by safe basal.
  var callsForSafeBasal: Bool {
    switch self {
    case .interlockDisagrees, .storageFailed, .longInterruption, .historyIncomplete: true
    case .stopped, .reservoirLow, .reservoirEmpty, .basalRefusedByLimit, .hardStop,
      .restartedOften, .accountUncertain, .clockUncertain, .otherRig, .noHistory:
      false
    }
  }

  public static let count = 14
}

/// One alarm that is on.
public struct Alarm: Sendable, BitwiseCopyable {
  public let code: AlarmCode
  public let priority: AlarmPriority
  public let raised: Tick
}

/// All alarms that are on.
public struct AlarmTable: Sendable {
  private var list: InlineArray<14, Alarm?> = InlineArray(repeating: nil)

  public subscript(code: AlarmCode) -> Alarm? { list[Int(code.rawValue)] }

  /// By the raw value of the code.
  public subscript(index: Int) -> Alarm? { list[index] }

  /// The highest priority that is on.
  public var highest: AlarmPriority? {
    var highest: AlarmPriority?
    for index in list.indices {
      guard let alarm = list[index] else { continue }
      if highest.map({ $0 < alarm.priority }) ?? true { highest = alarm.priority }
    }
    return highest
  }

  /// True where the table changed.
  mutating func raise(_ code: AlarmCode, priority: AlarmPriority, at tick: Tick) -> Bool {
    if let old = self[code], old.priority == priority { return false }
    let raised = self[code]?.raised ?? tick
    list[Int(code.rawValue)] = Alarm(code: code, priority: priority, raised: raised)
    return true
  }

  mutating func raise(_ code: AlarmCode, at tick: Tick) -> Bool {
    raise(code, priority: code.priority, at: tick)
  }

  /// Bit i is set while the alarm with raw value i is on.
  public var bits: UInt16 {
    var bits: UInt16 = 0
    for index in list.indices where list[index] != nil { bits |= 1 << UInt16(index) }
    return bits
  }

  /// Whether any alarm is on for which `condition` holds.
  func contains(where condition: (AlarmCode) -> Bool) -> Bool {
    for index in list.indices {
      if let alarm = list[index], condition(alarm.code) { return true }
    }
    return false
  }

  /// True where the table changed.
  mutating func clear(_ code: AlarmCode) -> Bool {
    let wasOn = self[code] != nil
    list[Int(code.rawValue)] = nil
    return wasOn
  }

  /// Visits every field, to write the table down or to read it.
  mutating func layout(_ coder: inout some FrameCoder) {
    for index in list.indices {
      var priority = list[index]?.priority.rawValue ?? 0
      var raised = list[index]?.raised ?? Tick(0)
      coder.field(&priority)
      coder.field(&raised)
      list[index] = nil
      guard priority > 0 else { continue }
      guard let known = AlarmPriority(rawValue: priority),
        let code = AlarmCode(rawValue: UInt8(truncatingIfNeeded: index))
      else { return coder.fail() }
      list[index] = Alarm(code: code, priority: known, raised: raised)
    }
  }
}

// A list of all cases is an array, which bare metal does not have.
#if !hasFeature(Embedded)
  extension AlarmCode: CaseIterable {}
#endif
