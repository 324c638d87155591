internal import DosingCore
internal import Quantities

/// The challenges that a pump gave, each good for a minute on CLOCK_BOOTTIME.
///
/// All who ask in the same second get the same one, so that no flood of questions can drive out the
/// challenge of somebody who is reading what he will sign. What makes a command single is its number.
struct ChallengeBook: Sendable {
  static let life = Nanoseconds.seconds(60)
  private static let step = Nanoseconds.seconds(1)
  /// More than there are steps in a life.
  private static let capacity: UInt64 = 64

  private let nonce: UInt64
  private var newest: UInt64 = 0
  private var given: [Nanoseconds]

  /// - Parameter nonce: random; another one at each start.
  init(nonce: UInt64) {
    self.nonce = nonce
    given = Array(repeating: .zero, count: Int(Self.capacity))
  }

  private static func place(_ session: UInt64) -> Int { Int(session % capacity) }

  /// The challenge to give now.
  mutating func challenge(at now: Nanoseconds) -> Challenge {
    if newest == 0 || now - given[Self.place(newest)] >= Self.step {
      newest += 1
      given[Self.place(newest)] = now
    }
    return Challenge(nonce: nonce, session: newest)
  }

  /// Whether this pump gave it, in this start, within its life.
  func isFresh(_ challenge: Challenge, at now: Nanoseconds) -> Bool {
    guard challenge.nonce == nonce, challenge.session >= 1, challenge.session <= newest,
      newest - challenge.session < Self.capacity
    else { return false }
    return now - given[Self.place(challenge.session)] <= Self.life
  }
}
