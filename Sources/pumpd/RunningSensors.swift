internal import Commissioning
internal import Documents
internal import DosingCore
internal import Engine
internal import Hardware
internal import Logging
internal import Quantities

/// The bus thread and its sensors, from the start of the pump to its end.
final class RunningSensors {
  let watch: SensorWatch
  private let bus: SensorBus
  private let thread: RealTimeThread

  /// Nil where the rig has no bus.
  init?(_ document: RigDocument, log: Logger, attach: @escaping (I2CBus) -> Void) throws {
    guard let i2c = document.i2c else { return nil }
    let sensors = i2c.sensors
    bus = SensorBus(
      encoder: sensors.encoder, loadCell: sensors.loadCell, pressure: sensors.pressure
    ) { () throws(HardwareError) in
      guard let bus = try document.openBus() else { throw .missing }
      if document.backend == .simulated { attach(bus) }
      return bus
    } report: { name, fault in
      let what = "\(i2c.bus), \(name.words)"
      if let fault {
        log.warning("\(what): \(fault.words)")
      } else {
        log.info("\(what): good again")
      }
    }
    watch = SensorWatch(
      bus.samples,
      encoder: SensorBounds(
        plausible: 0...(AS5600.countsPerRevolution - 1), ageMax: Limits.sensorAge),
      loadCell: SensorBounds(
        plausible: document.rig.reservoir.plausibleMilligrams, ageMax: Limits.sensorAge),
      pressure: SensorBounds(
        plausible: i2c.pressure?.limits.plausiblePascals ?? 0...0, ageMax: Limits.sensorAge))
    let bus = self.bus
    // An ordinary thread: sensors are asked when there is time.
    thread = try RealTimeThread(name: "bus", priority: 0) { bus.run() }
  }

  func end() {
    bus.end()
    thread.join()
  }
}

extension SensorName {
  fileprivate var words: String {
    switch self {
    case .encoder: "encoder"
    case .loadCell: "load cell"
    case .pressure: "line pressure"
    }
  }
}
