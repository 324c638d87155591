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

  public var priority: AlarmPriority {
    switch self {
    case .stopped: .medium
    case .reservoirLow: .medium
    case .reservoirEmpty: .high
    case .basalRefusedByLimit: .high
    case .interlockDisagrees: .high
    case .hardStop: .high
    }
  }

  public static let count = 6
}

/// One alarm that is on.
public struct Alarm: Sendable, BitwiseCopyable {
  public let code: AlarmCode
  public let priority: AlarmPriority
  public let raised: Tick
}

/// All alarms that are on.
public struct AlarmTable: Sendable {
  private var list: InlineArray<6, Alarm?> = InlineArray(repeating: nil)

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

  /// True where the table changed.
  mutating func clear(_ code: AlarmCode) -> Bool {
    let wasOn = self[code] != nil
    list[Int(code.rawValue)] = nil
    return wasOn
  }
}

// A list of all cases is an array, which bare metal does not have.
#if !hasFeature(Embedded)
  extension AlarmCode: CaseIterable {}
#endif
