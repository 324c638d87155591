internal import DosingCore
public import Hardware
public import Quantities
internal import Synchronization

/// The annunciator's thread: plays on buzzer and lamp what the tick wants people to be told.
public final class AlarmPlayer: @unchecked Sendable {
  private let post: AlarmPost
  private let annunciator: Annunciator
  private let ending = Atomic<Bool>(false)
  /// What is being told.
  private var signal = AlarmSignal()
  private var buzzer = Voice()
  private var lamp = Voice()

  /// What is wanted is looked at so often at least.
  public static let period = Nanoseconds.milliseconds(50)

  public init(_ post: AlarmPost, on annunciator: Annunciator) {
    self.post = post
    self.annunciator = annunciator
  }

  /// From any thread: it ends after the look that is under way.
  public func end() { ending.store(true, ordering: .relaxed) }

  /// The body of the thread.
  public func run() {
    while !ending.load(ordering: .relaxed) {
      RealTime.sleep(until: play(at: RealTime.now))
    }
  }

  /// Drives what has to be other than it is. Returns when to look again.
  ///
  /// - Parameter now: CLOCK_MONOTONIC.
  public func play(at now: Nanoseconds) -> Nanoseconds {
    let wanted = post.look(at: now)
    if wanted.sound != signal.sound { buzzer.begin(.sound(wanted.sound), at: now) }
    if wanted.light != signal.light { lamp.begin(.light(wanted.light), at: now) }
    signal = wanted
    let annunciator = annunciator
    let heard = buzzer.drive(at: now, annunciator.setBuzzer)
    let seen = lamp.drive(at: now, annunciator.setLamp)
    var failed = OutputSet.none
    if !heard.isDriven { failed.insert(.buzzer) }
    if !seen.isDriven { failed.insert(.lamp) }
    post.report(failed: failed)
    return now + min(Self.period, min(heard.changesIn, seen.changesIn))
  }
}

/// One line and the pattern that it follows.
private struct Voice {
  private var pattern: AlarmPattern?
  private var began = Nanoseconds.zero
  /// What was last driven, and when; nil for what never was, or could not be.
  private var driven: (level: Bool, at: Nanoseconds)?

  /// A line that nobody needs is written again so often: that it is gone should be known before it is needed.
  private static let rewriting = Nanoseconds.seconds(10)

  /// With the first pulse.
  mutating func begin(_ pattern: AlarmPattern?, at now: Nanoseconds) {
    (self.pattern, began) = (pattern, now)
  }

  /// Whether it could be driven, and in how long it has to be other.
  mutating func drive(
    at now: Nanoseconds, _ write: (Bool) -> Bool
  ) -> (isDriven: Bool, changesIn: Nanoseconds) {
    let (isOn, changesIn) = pattern?.level(after: now - began) ?? (false, AlarmPlayer.period)
    let isKept = driven.map { $0.level == isOn && now - $0.at < Self.rewriting } ?? false
    if !isKept { driven = write(isOn) ? (isOn, now) : nil }
    return (driven != nil, changesIn)
  }
}
