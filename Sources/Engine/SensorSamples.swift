public import DosingCore
public import Hardware
public import Quantities

/// What the bus thread knows about one sensor.
public struct SensorSample: Equatable, Sendable, BitwiseCopyable {
  /// The newest value; nil before the first one.
  public var newest: SensorValue?
  /// The last poll failed.
  public var hasFault = false

  public init() {}
}

/// What the bus thread hands over: nil for a sensor that the rig does not have.
public struct SensorSamples: Equatable, Sendable, BitwiseCopyable {
  public var encoder: SensorSample?
  public var loadCell: SensorSample?
  public var pressure: SensorSample?

  public init() {}
}

/// What a value of a sensor must be like to be believed.
public struct SensorBounds: Sendable {
  public var plausible: ClosedRange<Int64>
  public var ageMax: Nanoseconds

  public init(plausible: ClosedRange<Int64>, ageMax: Nanoseconds) {
    self.plausible = plausible
    self.ageMax = ageMax
  }

  /// What is made of the newest sample; nil for a sensor that the rig does not have.
  public func judge(_ sample: SensorSample?, at now: Nanoseconds) -> SensorReading {
    guard let sample else { return SensorReading(.absent) }
    guard let newest = sample.newest else {
      return SensorReading(sample.hasFault ? .failed : .starting)
    }
    // A fault hides a value that was good a moment ago: the sensor itself takes it back.
    if sample.hasFault { return SensorReading(.failed, value: newest.value) }
    if now.count - newest.measuredAt > ageMax.count {
      return SensorReading(.stale, value: newest.value)
    }
    let isPlausible = plausible.contains(newest.value)
    return SensorReading(isPlausible ? .good : .implausible, value: newest.value)
  }
}

extension Reservoir {
  /// What a load cell under it may say, in milligrams: from empty to full, and a tenth more on both sides. A
  /// solution of baclofen weighs what water does: 1 mg a microlitre.
  public var plausibleMilligrams: ClosedRange<Int64> {
    let full = volume.picolitres / 1_000_000
    return (-full / 10)...(full + full / 10)
  }
}

/// The tick's view of the sensors: the newest samples, judged by age and plausibility.
public struct SensorWatch: Sendable {
  private let samples: Latest<SensorSamples>
  private let encoder: SensorBounds
  private let loadCell: SensorBounds
  private let pressure: SensorBounds

  public init(
    _ samples: Latest<SensorSamples>, encoder: SensorBounds, loadCell: SensorBounds,
    pressure: SensorBounds
  ) {
    self.samples = samples
    self.encoder = encoder
    self.loadCell = loadCell
    self.pressure = pressure
  }

  /// Tick thread.
  ///
  /// - Parameter now: CLOCK_MONOTONIC.
  public func readings(at now: Nanoseconds) -> SensorReadings {
    let newest = samples.read()
    var readings = SensorReadings()
    readings.encoder = encoder.judge(newest.encoder, at: now)
    readings.loadCell = loadCell.judge(newest.loadCell, at: now)
    readings.pressure = pressure.judge(newest.pressure, at: now)
    return readings
  }
}
