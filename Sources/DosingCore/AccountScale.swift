public import Quantities

/// The unit in which doses are accounted, chosen so that nothing is ever rounded.
///
/// A step is a fraction of a revolution's volume, a rate is a fraction dose / (duration x
/// concentration). For one rig and one concentration there is a smallest mass of which a nanogram,
/// what 1 ng/d brings in one tick, what the keep-open flow brings in one tick, and what one step
/// moves are all whole multiples. That mass is the unit.
public struct AccountScale: Sendable, BitwiseCopyable {
  /// Units in a nanogram of drug.
  public let perNanogram: Int64
  /// Units that accrue in one tick at 1 ng/d.
  public let perTickAtOneNanogramPerDay: Int64
  /// Units that accrue in one tick at the keep-open flow.
  public let perTickAtKeepOpen: Int64
  /// Units that one motor step moves.
  public let perStep: Int64

  /// Nil where the numbers do not fit 64 bits for `Limits.accountVolume`.
  ///
  /// - Precondition: the rig and the concentration are within `Limits`.
  public init?(rig: Rig, concentration: Concentration) {
    let ticksPerDay = Nanoseconds.days(1).count / rig.tick.count
    let volume = rig.pump.volumePerRevolution.picolitres
    let stepsPerMillilitre = Int128(rig.pump.stepsPerRevolution) * 1_000_000_000
    let strength = concentration.nanogramsPerMillilitre

    // The least number of units in a nanogram for which a tick at 1 ng/d is whole, and a step is.
    let stepDivisor = stepsPerMillilitre / greatestCommonDivisor(Int128(volume), stepsPerMillilitre)
    var units =
      Int128(ticksPerDay) * (stepDivisor / greatestCommonDivisor(Int128(ticksPerDay), stepDivisor))

    // And for which a tick at the keep-open flow is: flow x concentration / 1e9 is in ng/d.
    let keepOpen = Int128(rig.pump.keepOpenRate.picolitresPerDay) * Int128(strength)
    let keepOpenPerTick = keepOpen * (units / Int128(ticksPerDay))
    units *= 1_000_000_000 / greatestCommonDivisor(keepOpenPerTick, 1_000_000_000)

    let accountLitres = Limits.accountVolume.picolitres / 1_000_000_000
    guard units < Int128(Int64.max) / Int128(strength) / Int128(accountLitres) else { return nil }
    let step = units * Int128(volume) / stepsPerMillilitre * Int128(strength)
    guard step > 0, step < Int128(Int64.max) else { return nil }

    perNanogram = Int64(truncatingIfNeeded: units)
    perTickAtOneNanogramPerDay = perNanogram / ticksPerDay
    perTickAtKeepOpen = Int64(
      truncatingIfNeeded: keepOpen * Int128(perTickAtOneNanogramPerDay) / 1_000_000_000)
    perStep = Int64(truncatingIfNeeded: step)
  }

  public func perTick(_ rate: DoseRate) -> Int64 {
    rate.nanogramsPerDay * perTickAtOneNanogramPerDay
  }

  public func units(_ mass: Mass) -> Int64 { mass.nanograms * perNanogram }

  /// The mass of `units`. For showing and for naming a limit, never for deciding.
  public func mass(_ units: Int64, rounded: Rounding) -> Mass {
    let whole = units / perNanogram
    return Mass(nanograms: rounded == .up && units % perNanogram != 0 ? whole + 1 : whole)
  }

  /// The dose rate that brings `units` in every tick, rounded down. For showing.
  public func rate(perTick units: Int64) -> DoseRate {
    DoseRate(nanogramsPerDay: units / perTickAtOneNanogramPerDay)
  }
}
