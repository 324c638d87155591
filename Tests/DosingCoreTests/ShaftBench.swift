import DosingCore
import Quantities

/// A pump with a shaft that does what it is told, or not, and an encoder that is looked at as an engine does: after
/// two full steps, and once a minute. In numbers of its own: a turn is 3200 steps and 4096 counts.
final class ShaftBench {
  let pump: Pump
  /// Where the shaft is, in steps.
  private(set) var place: Double = 500
  /// What a step turns it by, by its number since the begin.
  var turns: (Int) -> Double = { _ in 1 }
  /// By how much it goes by itself in a tick.
  var strays = 0.0
  /// What the encoder shows; nil for where the shaft is.
  var shown: Int64?
  var isSilent = false
  /// So old is what it shows, in ticks.
  var age = 0

  /// Where the shaft was in the newest ticks.
  private var places: [Double] = [500]

  private var steps = 0
  private var lookedAt: Int64 = 0
  private var nextSteps = 0

  init(_ order: Prescription, on rig: Rig = .bench()) throws {
    pump = try Pump(order, on: rig)
    look()
  }

  var angle: Int64 {
    let seen = places[max(0, places.count - 1 - age)]
    return Int64((seen / 3200 * 4096).rounded(.down))
  }

  /// Steps that really turned it since the begin.
  var turned: Double { place - 500 }

  func run(for time: Nanoseconds) { run(to: pump.now + pump.ticks(time)) }

  func run(to tick: Int64) {
    while pump.now < tick {
      pump.run(to: pump.now + 1)
      place += strays
      while steps < pump.stepTicks.count {
        place += turns(steps)
        steps += 1
      }
      places.append(place)
      if places.count > 1_000 { places.removeFirst(500) }
      let isWild = strays != 0 && pump.now - lookedAt >= pump.ticks(.seconds(1))
      let isMinute = pump.now - lookedAt >= pump.ticks(.minutes(1))
      if steps >= nextSteps || isMinute || isWild { look() }
    }
  }

  /// The next tick hears of it.
  func look() {
    lookedAt = pump.now
    if steps >= nextSteps { nextSteps = steps + 32 }
    pump.show(isSilent ? nil : shown ?? angle)
  }
}

extension Pump {
  /// The next tick hears what the encoder says; nil for nothing.
  func show(_ counts: Int64?) {
    var samples = SensorReadings()
    let angle = counts.map { (($0 % 4096) + 4096) % 4096 }
    samples.encoder = angle.map { SensorReading(.good, value: $0) } ?? SensorReading(.failed)
    facts.samples = samples
  }

  /// The same, in a tick that runs.
  func angle(_ counts: Int64?) {
    show(counts)
    run(to: now + 1)
  }
}
