import DosingCore
import Quantities

/// A pump with a line that lets through what it is given, or does not, and a sensor of the pressure in it that is
/// looked at as an engine does. In numbers of its own: 15,625 pL a step, of which each raises a blocked line by 108 Pa.
final class PressureBench {
  let pump: Pump
  var isBlocked = false
  /// What there is without what is held back, in pascals; by the steps of the newest eight seconds.
  var usual: (_ steps: Int) -> Int64 = { _ in 5_000 }
  /// What the sensor shows in place of what there is.
  var shown: Int64?
  var isSilent = false
  /// Steps that are pressed into the line.
  private(set) var held = 0

  private var steps = 0
  private var looked: (at: Int64, steps: Int, pascals: Int64) = (0, 0, 0)
  private var looks: Int64 = 0

  init(_ order: Prescription, on rig: Rig = .blocking()) throws {
    pump = try Pump(order, on: rig)
    look()
  }

  var pascals: Int64 {
    let old = pump.now - pump.ticks(.seconds(8))
    return usual(pump.stepTicks.reversed().prefix { $0 > old }.count) + Int64(held) * 108
  }

  func run(for time: Nanoseconds) { run(to: pump.now + pump.ticks(time)) }

  func run(to tick: Int64) {
    while pump.now < tick {
      pump.run(to: pump.now + 1)
      held = isBlocked ? held + pump.stepTicks.count - steps : 0
      steps = pump.stepTicks.count
      let isDue =
        steps >= looked.steps + 32 || pump.now - looked.at >= pump.ticks(.minutes(1))
        || (shown == nil && abs(pascals - looked.pascals) > 2_500)
      if isDue { look() }
    }
  }

  /// The next tick hears of it.
  func look() {
    looked = (pump.now, steps, pascals)
    // No two looks at what there is are the same, to the last digit.
    looks += 1
    var samples = SensorReadings()
    samples.pressure =
      isSilent ? SensorReading(.failed) : SensorReading(.good, value: shown ?? pascals + looks % 2)
    pump.facts.samples = samples
  }

  /// Looks that say something else than what there is, in a row.
  func tear(_ pascals: Int64, looks: Int, isSilentThen: Bool = false) {
    shown = pascals
    for _ in 0..<looks {
      look()
      run(to: pump.now + 2)
    }
    shown = nil
    if isSilentThen {
      isSilent = true
      look()
      run(to: pump.now + 2)
      isSilent = false
      return
    }
    look()
    run(to: pump.now + 2)
  }
}

extension Pump {
  /// A tick that hears what the sensor of the pressure says.
  func press(_ pascals: Int64) {
    var samples = SensorReadings()
    samples.pressure = SensorReading(.good, value: pascals)
    facts.samples = samples
    run(to: now + 1)
  }
}

extension Rig {
  /// The ordinary one, with a sensor of the pressure.
  static func blocking() -> Rig {
    var rig = Rig.bench()
    rig.occlusion = OcclusionLimits(threshold: Pressure(pascals: 70_000))
    return rig
  }
}
