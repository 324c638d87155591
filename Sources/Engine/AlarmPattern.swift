public import DosingCore
public import Quantities

/// How an alarm sounds or flashes: on and off in turns, the first time on, over and over again.
///
/// Times after IEC 60601-1-8, as far as a line that is on or off can follow it: the melody and the spectrum hang on
/// the sounder. The ranges, with where each is from, stand in `AlarmSignals.md`.
public struct AlarmPattern: Sendable {
  /// How long it is on, then off, then on again; as many of the one as of the other, or one alone: always on.
  public let stretches: [Nanoseconds]
  /// How often it begins anew.
  public let period: Nanoseconds

  /// - Precondition: one, or an even number, each above 0.
  init(_ stretches: [Nanoseconds]) {
    precondition(stretches.count == 1 || stretches.count.isMultiple(of: 2))
    precondition(stretches.allSatisfy { $0 > .zero })
    self.stretches = stretches
    period = stretches.reduce(.zero, +)
  }

  /// Pulses as long as each other with these pauses between them, and again after a longer pause.
  private init(pulse: Nanoseconds, pauses: [Nanoseconds], again: Nanoseconds) {
    self.init((pauses + [again]).flatMap { [pulse, $0] })
  }

  /// Whether it is on after so long, and in how long that changes.
  ///
  /// - Parameter time: since it began; 0 or more.
  public func level(after time: Nanoseconds) -> (isOn: Bool, changesIn: Nanoseconds) {
    var left = Nanoseconds(time.count % period.count)
    for (index, stretch) in stretches.enumerated() {
      if left < stretch { return (index.isMultiple(of: 2), stretch - left) }
      left = left - stretch
    }
    preconditionFailure("what is left is less than the period")
  }

  private static let halfOfHigh: [Nanoseconds] = [
    .milliseconds(100), .milliseconds(100), .milliseconds(350), .milliseconds(100),
  ]

  /// Nil for silence.
  public static func sound(_ sound: AlarmSignal.Sound) -> AlarmPattern? {
    switch sound {
    case .none: nil
    case .low:
      AlarmPattern(
        pulse: .milliseconds(200), pauses: [.milliseconds(200)], again: .milliseconds(29_400))
    case .medium:
      AlarmPattern(
        pulse: .milliseconds(200), pauses: [.milliseconds(200), .milliseconds(200)],
        again: .milliseconds(19_000))
    case .high:
      AlarmPattern(
        pulse: .milliseconds(150), pauses: halfOfHigh + [.milliseconds(750)] + halfOfHigh,
        again: .milliseconds(4_450))
    case .reminder:
      AlarmPattern(
        pulse: .milliseconds(200), pauses: [.milliseconds(200), .milliseconds(200)],
        again: .minutes(10) - .milliseconds(1_000))
    }
  }

  /// Nil for darkness.
  public static func light(_ priority: AlarmPriority?) -> AlarmPattern? {
    switch priority {
    case nil: nil
    case .low: AlarmPattern([.hours(1)])
    case .medium: AlarmPattern([.milliseconds(1_000), .milliseconds(1_000)])
    case .high: AlarmPattern([.milliseconds(250), .milliseconds(250)])
    }
  }
}
