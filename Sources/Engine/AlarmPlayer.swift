internal import DosingCore
public import Hardware
public import Quantities
internal import Synchronization

/// The annunciator's thread: plays on buzzer and lamp what the tick wants people to be told.
public final class AlarmPlayer: @unchecked Sendable {
  private let post: AlarmPost
  private let annunciator: Annunciator
  private let ending = Atomic<Bool>(false)
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
    let signal = post.look(at: now)
    let annunciator = annunciator
    buzzer.follow(.sound(signal.sound), from: now)
    lamp.follow(.light(signal.light), from: now)
    var failed = OutputSet.none
    if !buzzer.drive(at: now, annunciator.setBuzzer) { failed.insert(.buzzer) }
    if !lamp.drive(at: now, annunciator.setLamp) { failed.insert(.lamp) }
    post.report(failed: failed)
    return now + min(Self.period, min(buzzer.changesIn(at: now), lamp.changesIn(at: now)))
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

  /// A pattern that is new begins with its first pulse.
  mutating func follow(_ wanted: AlarmPattern?, from now: Nanoseconds) {
    guard wanted != pattern else { return }
    (pattern, began) = (wanted, now)
  }

  /// False where it could not be driven.
  mutating func drive(at now: Nanoseconds, _ write: (Bool) -> Bool) -> Bool {
    let wanted = pattern?.level(after: now - began).isOn ?? false
    if let driven, driven.level == wanted, now - driven.at < Self.rewriting { return true }
    driven = write(wanted) ? (wanted, now) : nil
    return driven != nil
  }

  func changesIn(at now: Nanoseconds) -> Nanoseconds {
    pattern?.level(after: now - began).changesIn ?? AlarmPlayer.period
  }
}
