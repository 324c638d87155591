internal import Documents
internal import DosingCore
internal import Engine
internal import Hardware
internal import Logging
internal import Plant
internal import Quantities

/// What stands behind the wires of a simulated rig.
///
/// It goes on where it was when `pumpd` ended, was killed or crashed, as a real bench does. What it was is
/// kept by the thread that lets it catch up with the wires: pulses of the last moment before a kill, which no
/// look has seen, turned nothing. While no pump runs the bench stands still.
struct SimulatedWorld: ~Copyable {
  private var plant: Plant
  private var sensors: BenchSensors
  private var file: BenchFile?
  private var isKept: Bool
  /// As it was before this start.
  private let before: PumpHeadTruth
  private let catheter: Volume

  /// - Parameters:
  ///   - bus: the devices of the simulated bus.
  ///   - path: the file in which the bench is kept.
  ///   - isNew: the pump is new, and its bench with it, whatever is in the file.
  init(
    of document: RigDocument, on hardware: HardwareRig, bus: SimulatedBus, keptIn path: String,
    isNew: Bool, log: Logger
  ) {
    let newBench = Self.newBench(of: document.rig)
    file = BenchFile(path: path)
    isKept = file != nil
    if !isKept { log.warning("the simulated bench is new at each start: cannot open \(path)") }
    let found = file?.read(gate: newBench.gate) ?? .nothing
    let head = isNew ? newBench : Self.bench(found, orNew: newBench, path, log)
    before = head
    catheter = document.rig.line.catheter
    plant = unsafe Plant(world: hardware.world, head: head)
    sensors = Self.sensors(of: document, on: bus)
    updateSensors()
    keep(log)
  }

  /// A full reservoir. Nobody has said what is in it, nor what is in the line: there is no drug in them.
  private static func newBench(of rig: Rig) -> PumpHeadTruth {
    PumpHeadTruth(
      geometry: HeadGeometry(
        microlitresPerRevolution: microlitres(rig.pump.volumePerRevolution),
        stepsPerRevolution: Int(rig.pump.stepsPerRevolution)),
      reservoir: ReservoirTruth(
        capacityMicrolitres: microlitres(rig.reservoir.volume), concentration: 0),
      line: LineTruth(microlitres: microlitres(rig.line.volume), concentration: 0),
      gate: HeartbeatGate(heartbeatNanoseconds: TickLoop.heartbeat.count))
  }

  private static func microlitres(_ volume: Volume) -> Double { Double(volume.picolitres) / 1e6 }

  private static func bench(
    _ found: BenchFile.Finding, orNew new: PumpHeadTruth, _ path: String, _ log: Logger
  ) -> PumpHeadTruth {
    switch found {
    case .nothing: return new
    case .unreadable:
      log.warning("the simulated bench is new: what is kept of it in \(path) cannot be read")
      return new
    case .bench(let kept):
      guard kept.geometry == new.geometry,
        kept.reservoir.capacityMicrolitres == new.reservoir.capacityMicrolitres
      else {
        log.warning("the simulated bench is new: the one in \(path) has another head or reservoir")
        return new
      }
      var head = kept
      // A rig with another line is a bench with another line.
      if kept.line?.microlitres != new.line?.microlitres { head.line = new.line }
      return head
    }
  }

  private static func sensors(of document: RigDocument, on bus: SimulatedBus) -> BenchSensors {
    let i2c = document.i2c
    return BenchSensors(
      bus: bus, stepsPerRevolution: Int(document.rig.pump.stepsPerRevolution),
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
  }

  /// Keeps every pulse in a file. False where that is not possible.
  func keepPulses(path: String) -> Bool { plant.keepPulses(path: path) }

  private mutating func updateSensors() {
    sensors.update(
      motorSteps: plant.motorSteps, reservoirMicrolitres: plant.reservoirMicrolitres,
      deliveredMicrolitres: plant.deliveredMicrolitres)
  }

  /// Says once that it does not work, and tries again.
  private mutating func keep(_ log: Logger) {
    let wasKept = isKept
    isKept = file?.keep(plant.head) ?? false
    if wasKept && !isKept { log.warning("the simulated bench cannot be kept") }
  }

  /// Lets the world catch up with the wires, and with what people did by what they told the pump.
  mutating func observe(_ done: [BenchHands.Work], _ log: Logger) {
    plant.observe()
    for work in done { carryOut(work) }
    updateSensors()
    keep(log)
  }

  private mutating func carryOut(_ work: BenchHands.Work) {
    switch work.change {
    case .program(let therapy):
      // As the pump takes it: what nobody has filled holds what the first order says.
      let concentration = Self.nanograms(therapy.prescription.concentration)
      if plant.head.holdsNoDrug { plant.head.dissolve(concentration: concentration) }
    case .supply(let change): carryOut(change, of: work.label)
    case .clock, .rig, .new, .clear: break
    }
  }

  private mutating func carryOut(_ change: SupplyChange, of label: Concentration) {
    let microlitres = Self.microlitres(change.volume)
    switch change.step {
    case .aspirated: plant.head.reservoir.aspirate(microlitres: microlitres)
    case .filled:
      plant.head.reservoir.fill(
        microlitres: microlitres, concentration: Self.nanograms(label))
    case .catheterEmptied:
      plant.head.line?.emptyCatheter(microlitres: Self.microlitres(catheter))
    case .lineReplaced: plant.head.line?.replaceAll(concentration: 0)
    case .begin, .finish, .leave, .prime, .purge, .connected: break
    }
  }

  private static func nanograms(_ concentration: Concentration) -> Double {
    Double(concentration.nanogramsPerMillilitre)
  }

  /// What was made since the start.
  func report(to log: Logger) {
    let delivered = Int(plant.deliveredMicrolitres - before.deliveredMicrolitres)
    log.info("the motor made \(plant.motorSteps - before.motorSteps) steps, \(delivered) uL")
    let without = plant.pulsesWithoutMotion - before.pulsesWithoutMotion
    if without > 0 { log.warning("\(without) pulses turned nothing") }
  }
}
