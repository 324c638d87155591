internal import Documents
internal import DosingCore
internal import Quantities

/// What a bolus and the basal of now ask of a pump's head.
///
/// The pump itself judges by the tick: what is refused here it refuses, too, and what is named here as enough
/// is enough.
struct BolusFlow {
  let dose: Mass
  let duration: Nanoseconds
  let maxRate: FlowRate
  let status: Status

  /// Why the head is too slow, and what it could give; nil where it is fast enough.
  var refusal: String? {
    guard let most = left(rounded: .up) else { return nil }
    let longest = duration + status.tickPeriod
    let day = Nanoseconds.days(1).count
    if Int128(dose.nanograms) * Int128(day) <= Int128(most.baseUnits) * Int128(longest.count) {
      return nil
    }
    let ways = [shortest.map { "over \($0.durationText) or longer" }, largestText].compactMap(
      \.self)
    let remedy =
      ways.isEmpty
      ? "wait for a lower basal"
      : "accepted at the basal of now: \(ways.joined(separator: ", or "))"
    return
      "\(dose.shown(decimals: 3)) over \(duration.durationText) and basal are more than the head's "
      + "\(maxRate.shown(decimals: 3)); \(remedy)"
  }

  /// What basal leaves; nil where that is not known.
  private func left(rounded: Rounding) -> DoseRate? {
    guard status.concentration > .zero,
      let most = DoseRate(of: maxRate, at: status.concentration, rounded: rounded)
    else { return nil }
    // The status rounds basal down.
    let basal = status.basalRate.baseUnits + (rounded == .down ? 1 : 0)
    return DoseRate(nanogramsPerDay: max(0, most.baseUnits - basal))
  }

  /// Nil where a bolus may not be so long. As long as it is shown, which is without seconds from an hour on.
  private var shortest: Nanoseconds? {
    guard let left = left(rounded: .down), left > .zero,
      let least = scaled(
        dose.nanograms, by: Nanoseconds.days(1).count, over: left.baseUnits, rounded: .up),
      least <= Limits.bolusDurationMax.count
    else { return nil }
    let unit =
      least < Nanoseconds.hours(1).count
      ? Nanoseconds.seconds(1).count : Nanoseconds.minutes(1).count
    return Nanoseconds((least + unit - 1) / unit * unit)
  }

  private var largestText: String? {
    guard let left = left(rounded: .down),
      let most = scaled(
        left.baseUnits, by: duration.count, over: Nanoseconds.days(1).count, rounded: .down),
      most > 0
    else { return nil }
    return "at most \(Mass(nanograms: most).shown(decimals: 3)) over \(duration.durationText)"
  }
}
