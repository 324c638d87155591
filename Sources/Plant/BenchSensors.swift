/// The sensors of a bench: what encoder, load cell and line pressure have to say about a head.
public struct BenchSensors: Sendable {
  /// An AS5600 on the shaft of the head.
  public struct Encoder: Sendable {
    public var address: UInt8
    /// What it reads before the first step, in turns.
    public var offsetTurns: Double

    public init(address: UInt8 = AS5600Model.address, offsetTurns: Double = 0.1) {
      self.address = address
      self.offsetTurns = offsetTurns
    }
  }

  /// A load cell under the reservoir, with an NAU7802.
  public struct LoadCell: Sendable {
    public var address: UInt8
    public var countsPerGram: Double
    /// Counts with an empty reservoir.
    public var zero: Double

    public init(address: UInt8 = NAU7802Model.address, countsPerGram: Double, zero: Double) {
      self.address = address
      self.countsPerGram = countsPerGram
      self.zero = zero
    }
  }

  /// A pressure sensor in the line, at an ADS1115.
  public struct LinePressure: Sendable {
    public var address: UInt8
    public var channel: Int
    public var kilopascalsPerVolt: Double

    public init(
      address: UInt8 = ADS1115Model.address, channel: Int, kilopascalsPerVolt: Double
    ) {
      self.address = address
      self.channel = channel
      self.kilopascalsPerVolt = kilopascalsPerVolt
    }
  }

  /// Water: a milligram a microlitre.
  private static let milligramsPerMicrolitre = 1.0

  /// What the load cell makes of the weight. Without faults unless somebody gives it some.
  public var loadCellTruth = LoadCellTruth()

  public var line = LinePressureTruth()

  private let bus: SimulatedBus
  private let stepsPerRevolution: Int
  private let encoder: Encoder?
  private let loadCell: LoadCell?
  private let linePressure: LinePressure?
  private var deliveredMicrolitres: Double?

  /// Connects the sensors that the bench has to `bus`. Nothing is measured before the first `update`.
  public init(
    bus: SimulatedBus, stepsPerRevolution: Int, encoder: Encoder?, loadCell: LoadCell?,
    linePressure: LinePressure?
  ) {
    self.bus = bus
    self.stepsPerRevolution = stepsPerRevolution
    self.encoder = encoder
    self.loadCell = loadCell
    self.linePressure = linePressure
    if let encoder { bus.connect(AS5600Model(), at: encoder.address) }
    if let loadCell {
      bus.connect(
        NAU7802Model(countsPerGram: loadCell.countsPerGram, zero: loadCell.zero),
        at: loadCell.address)
    }
    if let linePressure { bus.connect(ADS1115Model(), at: linePressure.address) }
  }

  /// Shows the sensors what the head has done by now, and people with the reservoir.
  public mutating func update(
    motorSteps: Int, reservoirMicrolitres: Double, deliveredMicrolitres: Double = 0
  ) {
    if let encoder {
      let turns = encoder.offsetTurns + Double(motorSteps) / Double(stepsPerRevolution)
      bus.withDevice(AS5600Model.self, at: encoder.address) { chip, _ in chip.turns = turns }
    }
    if let loadCell {
      let weight = reservoirMicrolitres * Self.milligramsPerMicrolitre
      let shown = loadCellTruth.look(milligrams: weight, at: bus.time)
      bus.withDevice(NAU7802Model.self, at: loadCell.address) { chip, time in
        chip.load(milligrams: shown, at: time)
      }
    }
    updatePressure(deliveredMicrolitres)
  }

  private mutating func updatePressure(_ deliveredMicrolitres: Double) {
    let pushed = max(0, deliveredMicrolitres - (self.deliveredMicrolitres ?? deliveredMicrolitres))
    line.pass(to: bus.time)
    line.push(microlitres: pushed)
    self.deliveredMicrolitres = deliveredMicrolitres
    guard let linePressure else { return }
    let microvolts = line.kilopascals / linePressure.kilopascalsPerVolt * 1_000_000
    bus.withDevice(ADS1115Model.self, at: linePressure.address) { chip, time in
      chip.apply(microvolts: microvolts, to: linePressure.channel, at: time)
    }
  }
}
