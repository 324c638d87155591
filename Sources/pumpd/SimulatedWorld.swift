internal import DosingCore
internal import Engine
internal import Hardware
internal import Logging
internal import Plant
internal import Quantities

/// What stands behind the wires of a simulated rig.
struct SimulatedWorld: ~Copyable {
  private var plant: Plant

  init(of rig: Rig, on hardware: HardwareRig) {
    plant = unsafe Plant(
      world: hardware.world,
      geometry: HeadGeometry(
        microlitresPerRevolution: Double(rig.pump.volumePerRevolution.picolitres) / 1e6,
        stepsPerRevolution: Int(rig.pump.stepsPerRevolution)),
      reservoirMicrolitres: Double(rig.reservoir.volume.picolitres) / 1e6,
      gate: HeartbeatGate(heartbeatNanoseconds: TickLoop.heartbeat.count))
  }

  /// Lets the world catch up with the wires.
  mutating func observe() { plant.observe() }

  func report(to log: Logger) {
    log.info("the motor made \(plant.motorSteps) steps, \(Int(plant.deliveredMicrolitres)) uL")
    if plant.pulsesWithoutMotion > 0 {
      log.warning("\(plant.pulsesWithoutMotion) pulses turned nothing")
    }
  }
}
