internal import DosingCore
internal import Hardware
internal import Quantities

/// Which looks at the sensors the core is to hear of, and so the journal too: those at which one begins or ceases
/// to be believed, or says something else by more than its threshold, those after which the motor has turned by
/// so much, and one a minute.
///
/// A sensor that flaps is news `newsAtOnce` times, and then once in `newsEvery`: it fills no journal.
///
/// A look that is not taken happened for nobody but whoever is shown the newest value.
struct Sampling: Sendable {
  /// By so much a value has to change to be heard of at once: of the encoder two full steps of a motor with 200, of
  /// the pressure a quarter of the rise that says that the line is blocked.
  private static let encoderCounts: Int64 = 41

  /// What the steps and the minute bring anyhow is not counted.
  private static let newsAtOnce: Int64 = 60
  private static let newsEvery = Nanoseconds.seconds(6)

  private let milligrams: Int64
  private let pascals: Int64
  private let stepsBetween: Int64
  private let ticksBetween: Int64
  private let ticksPerNews: Int64
  private var taken: (readings: SensorReadings, tick: Int64)?
  /// The count of steps at which it hears again, whatever it has heard since: so that those who hold a shaft against
  /// steps have always as many between two looks.
  private var nextSteps: Int64 = 0
  /// The tick before which all news is paid for, at a tick for each `ticksPerNews`.
  private var newsPaidUntil: Int64 = 0

  init(_ rig: Rig) {
    milligrams = rig.weighing?.errorMilligrams ?? .max
    pascals = rig.occlusion.map { $0.rise.pascals / 4 } ?? .max
    (ticksBetween, stepsBetween) = Self.between(on: rig)
    ticksPerNews = rig.ticks(Self.newsEvery)
  }

  /// What has to pass until the core hears again of what has not changed.
  static func between(on rig: Rig) -> (ticks: Int64, steps: Int64) {
    (rig.ticks(.minutes(1)), rig.stepsSeen)
  }

  /// Returns the readings where the core is to hear of them.
  ///
  /// - Parameter steps: how many the core has counted.
  mutating func take(
    _ readings: SensorReadings, at tick: Int64, steps: Int64
  ) -> SensorReadings? {
    let isStepped = taken == nil || steps >= nextSteps
    if let taken, !isStepped, tick - taken.tick < ticksBetween {
      guard isNews(readings, since: taken.readings), takeNews(at: tick) else { return nil }
    }
    taken = (readings, tick)
    if isStepped { nextSteps = steps + stepsBetween }
    return readings
  }

  /// Whether there is room for one more.
  private mutating func takeNews(at tick: Int64) -> Bool {
    guard newsPaidUntil - tick < Self.newsAtOnce * ticksPerNews else { return false }
    newsPaidUntil = max(newsPaidUntil, tick) + ticksPerNews
    return true
  }

  private func isNews(_ readings: SensorReadings, since old: SensorReadings) -> Bool {
    !readings.statesEqual(old)
      || abs(readings.loadCell.value - old.loadCell.value) > milligrams
      || abs(readings.pressure.value - old.pressure.value) > pascals
      || turn(readings.encoder.value, old.encoder.value) > Self.encoderCounts
  }

  /// The shorter way around.
  private func turn(_ new: Int64, _ old: Int64) -> Int64 {
    let counts = EncoderCounts.perRevolution
    let way = abs(new - old) % counts
    return min(way, counts - way)
  }
}
