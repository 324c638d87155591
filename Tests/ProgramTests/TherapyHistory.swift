import Glibc

/// What was asked of a pump and when it ran, as a test saw it from outside. Times are ns of
/// CLOCK_MONOTONIC.
struct TherapyHistory {
  /// A process, from before it was started until after it was gone.
  struct Run {
    var start: Int64
    /// When it was first seen to work; nil where it never was.
    var ready: Int64?
    /// Until when it surely lived.
    var livedUntil: Int64?
    var end: Int64
    var wasKilled = false
  }

  /// What is prescribed; the drug is the same in all of them.
  struct Order: Equatable {
    let basalNanogramsPerDay: Int64
    let maxNanograms1h: Int64
    let maxNanograms24h: Int64
  }

  enum Kind: Equatable {
    case program(Order)
    case bolus(nanograms: Int64, nanoseconds: Int64)
    case stop
    case resume
  }

  /// Something that was accepted, or of which nobody knows whether it was.
  struct Command {
    let kind: Kind
    /// It took effect in this time.
    let from: Int64
    let until: Int64
    let isCertain: Bool
    /// The process that was asked.
    let run: Int
  }

  var runs: [Run] = []
  var commands: [Command] = []

  static var now: Int64 {
    var time = timespec()
    _ = unsafe clock_gettime(CLOCK_MONOTONIC, &time)
    return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
  }
}

/// The pump head and the drug of the tests with kills, in whole numbers.
struct MotorStep {
  let picolitresPerRevolution: Int64
  let stepsPerRevolution: Int64
  let nanogramsPerMillilitre: Int64
  let tickNanoseconds: Int64

  /// A mass is a whole number of these: what 1 ng/d brings in 1 ns, over the divisor of a step.
  private static let nanosecondsPerDay: Int128 = 86_400_000_000_000
  private var divisor: Int128 { 1_000_000_000 * Int128(stepsPerRevolution) }

  func mass(steps: Int) -> Int128 {
    Int128(steps) * Int128(picolitresPerRevolution) * Int128(nanogramsPerMillilitre)
      * Self.nanosecondsPerDay
  }

  func mass(nanograms: Int64) -> Int128 { Int128(nanograms) * Self.nanosecondsPerDay * divisor }

  func mass(nanogramsPerDay: Int64, nanoseconds: Int64) -> Int128 {
    Int128(nanogramsPerDay) * Int128(nanoseconds) * divisor
  }

  /// Only for the words of a message.
  func steps(_ mass: Int128) -> Double { Double(mass) / Double(self.mass(steps: 1)) }
}
