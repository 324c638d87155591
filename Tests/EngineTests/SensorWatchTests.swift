import DosingCore
import Engine
import Hardware
import Quantities
import Testing

private let bounds = SensorBounds(plausible: 0...4095, ageMax: .milliseconds(500))

private func judge(_ sample: SensorSample?, at now: Nanoseconds) -> SensorReading {
  let samples = Latest(SensorSamples())
  samples.publish { $0.encoder = sample }
  let watch = SensorWatch(samples, encoder: bounds, loadCell: bounds, pressure: bounds)
  let readings = watch.readings(at: now)
  #expect(readings.loadCell == SensorReading(.absent))
  return readings.encoder
}

private func sample(_ value: Int64?, at time: Nanoseconds = .zero, fault: Bool = false)
  -> SensorSample
{
  var sample = SensorSample()
  sample.newest = value.map { SensorValue($0, measuredAt: time.count) }
  sample.hasFault = fault
  return sample
}

@Suite struct SensorWatchTests {
  @Test("R-071 A value is believed up to its age, and not a nanosecond longer")
  func age() {
    let measured = Nanoseconds.seconds(7)
    let last = measured + .milliseconds(500)
    #expect(judge(sample(93, at: measured), at: last) == SensorReading(.good, value: 93))
    #expect(
      judge(sample(93, at: measured), at: last + Nanoseconds(1))
        == SensorReading(.stale, value: 93))
  }

  @Test("R-071 A value outside what can be is not believed, however fresh it is")
  func plausibility() {
    #expect(judge(sample(0), at: .zero).state == .good)
    #expect(judge(sample(4095), at: .zero).state == .good)
    #expect(judge(sample(-1), at: .zero).state == .implausible)
    #expect(judge(sample(4096), at: .zero).state == .implausible)
  }

  @Test("R-071 A fault takes back a value that was good a moment ago")
  func fault() {
    #expect(judge(sample(93, fault: true), at: .zero) == SensorReading(.failed, value: 93))
    #expect(judge(sample(nil, fault: true), at: .zero) == SensorReading(.failed))
  }

  @Test("R-071 A sensor without a value yet is starting, one that the rig does not have is absent")
  func noValue() {
    #expect(judge(sample(nil), at: .zero) == SensorReading(.starting))
    #expect(judge(nil, at: .zero) == SensorReading(.absent))
  }
}
