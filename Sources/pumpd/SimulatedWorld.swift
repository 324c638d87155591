internal import Documents
internal import DosingCore
internal import Engine
internal import Hardware
internal import Logging
internal import Plant
internal import Quantities

/// What stands behind the wires of a simulated rig.
struct SimulatedWorld: ~Copyable {
  private var plant: Plant
  private var sensors: BenchSensors

  /// - Parameter bus: the devices of the simulated bus.
  init(of document: RigDocument, on hardware: HardwareRig, bus: SimulatedBus) {
    let rig = document.rig
    plant = unsafe Plant(
      world: hardware.world,
      geometry: HeadGeometry(
        microlitresPerRevolution: Double(rig.pump.volumePerRevolution.picolitres) / 1e6,
        stepsPerRevolution: Int(rig.pump.stepsPerRevolution)),
      reservoirMicrolitres: Double(rig.reservoir.volume.picolitres) / 1e6,
      gate: HeartbeatGate(heartbeatNanoseconds: TickLoop.heartbeat.count))
    let i2c = document.i2c
    sensors = BenchSensors(
      bus: bus, stepsPerRevolution: Int(rig.pump.stepsPerRevolution),
      encoder: i2c?.encoder.map { BenchSensors.Encoder(address: $0.address) },
      loadCell: i2c?.loadCell.map {
        BenchSensors.LoadCell(
          address: $0.address, countsPerGram: Double($0.countsPerGram), zero: Double($0.zero))
      },
      linePressure: i2c?.pressure.map {
        BenchSensors.LinePressure(
          address: $0.address, channel: $0.channel,
          kilopascalsPerVolt: Double($0.perVolt.pascals) / 1000)
      })
    updateSensors()
  }

  /// Keeps every pulse in a file. False where that is not possible.
  func keepPulses(path: String) -> Bool { plant.keepPulses(path: path) }

  private mutating func updateSensors() {
    sensors.update(
      motorSteps: plant.motorSteps, reservoirMicrolitres: plant.reservoirMicrolitres)
  }

  /// Lets the world catch up with the wires.
  mutating func observe() {
    plant.observe()
    updateSensors()
  }

  func report(to log: Logger) {
    log.info("the motor made \(plant.motorSteps) steps, \(Int(plant.deliveredMicrolitres)) uL")
    if plant.pulsesWithoutMotion > 0 {
      log.warning("\(plant.pulsesWithoutMotion) pulses turned nothing")
    }
  }
}
