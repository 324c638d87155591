/// What is ordered, if anything is, with its schedule as the tick looks into it.
///
/// Not an optional: a tick must not copy it.
struct OrderInForce: BitwiseCopyable {
  /// Whether anything is ordered; else nothing follows from the rest.
  private(set) var exists = false
  private(set) var therapy: Therapy
  private(set) var schedule: Schedule

  /// Nothing is ordered.
  init(noneOn rig: Rig) {
    therapy = Therapy(nothingOn: rig)
    schedule = therapy.schedule
  }

  mutating func replace(with new: Therapy) {
    (exists, therapy) = (true, new)
    schedule = therapy.schedule
  }

  /// Nil where nothing is ordered.
  var mode: BasalMode? { exists ? therapy.prescription.mode : nil }
}
