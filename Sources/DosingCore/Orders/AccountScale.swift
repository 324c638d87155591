public import Quantities

/// The unit in which doses are accounted, chosen so that nothing is ever rounded.
///
/// A picolitre at 1 ng/mL holds a quantum, 1e-9 ng. A step moves volume / steps of a revolution x
/// concentration quanta, and a rate brings quanta in a day / ticks in a day. The unit is the largest
/// part of a quantum of which both are whole multiples: it depends on the head and on the tick alone,
/// whatever the concentration and the rate. An amount in units has 128 bits: `Limits.flowMax` and the
/// checks of a rig keep a hundred years of delivery below 2^127.
public struct AccountScale: Sendable, BitwiseCopyable {
  /// Units in a nanogram of drug.
  public let perNanogram: Int128
  /// Units that accrue in one tick at 1e-9 ng/d.
  public let perTickAtOneQuantumPerDay: Int64
  /// Units that one motor step moves of what holds 1 ng/mL.
  public let perStepAtOne: Int128
  /// Units that one motor step moves at the concentration of the order.
  public let perStep: Int128

  /// Quanta in a nanogram: picolitres in a millilitre.
  static let quantaPerNanogram: Int64 = 1_000_000_000

  /// - Precondition: the rig has no findings, and the concentration is within `Limits`.
  public init(rig: Rig, concentration: Concentration) {
    let ticksPerDay = Nanoseconds.days(1).count / rig.tick.count
    let volume = rig.pump.volumePerRevolution.picolitres
    let steps = rig.pump.stepsPerRevolution
    // The least common multiple of what divides a step and of what divides a tick.
    let stepDivisor = steps / greatestCommonDivisor(volume, steps)
    perTickAtOneQuantumPerDay = stepDivisor / greatestCommonDivisor(ticksPerDay, stepDivisor)
    let perQuantum = Int128(perTickAtOneQuantumPerDay) * Int128(ticksPerDay)
    perNanogram = perQuantum * Int128(Self.quantaPerNanogram)
    let picolitresOfStepTimesDivisor = Int128(volume / (steps / stepDivisor))
    perStepAtOne = picolitresOfStepTimesDivisor * (perQuantum / Int128(stepDivisor))
    perStep = perStepAtOne * Int128(concentration.nanogramsPerMillilitre)
  }

  public func perTick(_ rate: DoseRate) -> Int128 { perTick(quantaPerDay: Self.quanta(rate)) }

  func perTick(quantaPerDay: Int64) -> Int128 {
    Int128(quantaPerDay) * Int128(perTickAtOneQuantumPerDay)
  }

  /// - Precondition: a rate that a head within `Limits` can bring.
  static func quanta(_ rate: DoseRate) -> Int64 { rate.nanogramsPerDay * quantaPerNanogram }

  /// What a flow carries in a day.
  static func quanta(_ flow: FlowRate, at concentration: Concentration) -> Int64 {
    flow.picolitresPerDay * concentration.nanogramsPerMillilitre
  }

  public func units(_ mass: Mass) -> Int128 { Int128(mass.nanograms) * perNanogram }

  /// The mass of `units`, as much of it as a `Mass` can hold. For showing and for naming a limit, never
  /// for deciding.
  public func mass(_ units: Int128, rounded: Rounding) -> Mass {
    let (whole, rest) = units.quotientAndRemainder(dividingBy: perNanogram)
    return Mass(nanograms: Int64(clamping: rounded == .up && rest > 0 ? whole + 1 : whole))
  }

  /// The dose rate that brings `units` in every tick, rounded down. For showing.
  public func rate(perTick units: Int128) -> DoseRate {
    let perTickAtOneNanogramPerDay =
      Int128(perTickAtOneQuantumPerDay) * Int128(Self.quantaPerNanogram)
    return DoseRate(nanogramsPerDay: Int64(clamping: units / perTickAtOneNanogramPerDay))
  }
}
