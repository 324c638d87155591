internal import Quantities

/// Since when nothing is believed that a sensor says. One that the rig does not have is not missed.
struct SensorSilence: BitwiseCopyable {
  private var encoder: Tick?
  private var loadCell: Tick?
  private var pressure: Tick?

  mutating func take(_ samples: SensorReadings, at now: Tick) {
    encoder = Self.since(samples.encoder, encoder, now)
    loadCell = Self.since(samples.loadCell, loadCell, now)
    pressure = Self.since(samples.pressure, pressure, now)
  }

  private static func since(_ reading: SensorReading, _ since: Tick?, _ now: Tick) -> Tick? {
    switch reading.state {
    case .good, .absent: nil
    case .starting, .stale, .implausible, .failed: since ?? now
    }
  }

  /// Which of them have been silent for so long.
  func lasts(
    _ length: TickCount, at now: Tick
  ) -> (encoder: Bool, loadCell: Bool, pressure: Bool) {
    func isLost(_ since: Tick?) -> Bool { since.map { now - $0 >= length } ?? false }
    return (isLost(encoder), isLost(loadCell), isLost(pressure))
  }

  /// The next tick at which one of them has been silent for so long, as far as that is not known yet.
  func attention(_ length: TickCount, known: FaultSet) -> Tick {
    func next(_ since: Tick?, _ code: FaultCode) -> Tick {
      known[code] ? .never : since.map { $0 + length } ?? .never
    }
    return min(
      min(next(encoder, .encoderLost), next(loadCell, .loadCellLost)),
      next(pressure, .pressureLost))
  }
}
