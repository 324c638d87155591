internal import Quantities

/// How well a load cell under the reservoir knows what it holds: all of it that decides anything.
public struct Weighing: Equatable, Sendable, BitwiseCopyable {
  /// How far a weight may be off, either way.
  public var errorMilligrams: Int64
  /// How far it may wander in a day besides, either way.
  public var driftMilligramsPerDay: Int64

  public init(errorMilligrams: Int64 = 100, driftMilligramsPerDay: Int64 = 50) {
    self.errorMilligrams = errorMilligrams
    self.driftMilligramsPerDay = driftMilligramsPerDay
  }

  /// How far the weight may have wandered after so long, rounded up.
  func drift(after time: Nanoseconds) -> Int64 {
    scaled(
      driftMilligramsPerDay, by: max(.zero, time).count, over: Nanoseconds.days(1).count,
      rounded: .up) ?? .max / 4
  }

  /// By how much the difference of two weights may be off, so long one after the other: each by the error.
  func margin(after time: Nanoseconds) -> Int64 { 2 * errorMilligrams + drift(after: time) }
}
