internal import Quantities

/// What is tried while the shaft stands, or the line is blocked: some steps as they fall due, at the rate in force, and
/// then a pause. Nothing is made up for it.
struct Attempts: BitwiseCopyable {
  /// How many have begun.
  private(set) var begun = 0
  /// The count of steps at which the one that runs is over; nil in a pause.
  private(set) var end: Int64?
  /// When the next one begins, in a pause.
  private var next: Tick

  /// Nothing is tried at first.
  init(at now: Tick, _ rig: Rig) { next = now + Self.pause(before: 1, rig) }

  var runs: Bool { end != nil }

  /// When something is to be done next without a step.
  ///
  /// - Parameter mayBegin: nothing speaks against it but time.
  func attention(mayBegin: Bool = true) -> Tick { runs || !mayBegin ? .never : next }

  /// From the second one on somebody has to come.
  var isUrgent: Bool { begun > 1 }

  /// One that runs is over; the next pause begins.
  mutating func fail(at now: Tick, _ rig: Rig) {
    guard runs else { return }
    end = nil
    next = now + Self.pause(before: begun + 1, rig)
  }

  /// What time and steps alone do.
  ///
  /// - Returns: whether an attempt has just come to its end.
  @discardableResult
  mutating func pass(
    to now: Tick, after steps: Int64, mayBegin: Bool = true, _ rig: Rig
  ) -> Bool {
    if let end {
      guard steps >= end else { return false }
      fail(at: now, rig)
      return true
    }
    guard mayBegin, now >= next else { return false }
    begun += 1
    end = steps + rig.attemptSteps
    return false
  }

  /// From the end of the one before to the begin of an attempt, by its number.
  private static func pause(before number: Int, _ rig: Rig) -> TickCount {
    let minutes: Int64 =
      switch number {
      case ...1: 1
      case 2: 2
      case 3: 5
      case 4: 10
      default: 15
      }
    return TickCount(rig.ticks(.minutes(minutes)))
  }
}
