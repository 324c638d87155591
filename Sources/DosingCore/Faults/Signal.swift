/// What people are told by light and sound: a function of the alarms that are on.
public struct AlarmSignal: Equatable, Sendable, BitwiseCopyable {
  public enum Sound: UInt8, Sendable, BitwiseCopyable {
    case none = 0
    case low = 1
    case medium = 2
    case high = 3
    /// Now and then, so that nobody forgets a high alarm that he has seen.
    case reminder = 4
  }

  /// The highest that is on; nil for none.
  public var light: AlarmPriority?
  public var sound = Sound.none

  public init() {}

  public init(light: AlarmPriority?, sound: Sound) {
    self.light = light
    self.sound = sound
  }

  /// All of it in one number, from which `init(code:)` makes it again.
  public var code: UInt8 { (light?.rawValue ?? 0) | sound.rawValue << 2 }

  public init(code: UInt8) {
    light = AlarmPriority(rawValue: code & 3)
    sound = Sound(rawValue: code >> 2) ?? .none
  }
}

extension FaultBoard {
  public var signal: AlarmSignal { AlarmSignal(light: highest, sound: sound) }

  private var sound: AlarmSignal.Sound {
    if silentUntil != nil { return .none }
    return switch highestUnseen {
    case .high: .high
    case .medium: .medium
    case .low: .low
    case nil: highest == .high ? .reminder : .none
    }
  }
}

#if !hasFeature(Embedded)
  extension AlarmSignal.Sound: CaseIterable {}
#endif
