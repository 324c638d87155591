internal import DosingCore
internal import Quantities

/// What was prescribed up to a time, integrated from the plain data of the orders, as exact sums in ng/d x ns.
///
/// Where a fault may have put safe basal in the place of the schedule the two sums are bounds; else they are
/// one.
struct Prescribed {
  private(set) var least: Int128 = 0
  private(set) var most: Int128 = 0
  /// Of `most`, what fell into a time in which a fault may have kept it back.
  private(set) var excused: Int128 = 0

  /// Basal is ordered to run, and an engine is there to run it.
  var runs = true
  /// Until when the schedule may be replaced by safe basal, and until when nothing may have come.
  private var safeUntil: Int64 = 0
  private var excusedUntil: Int64 = 0

  private let rig: Rig
  private var order: Prescription
  /// The therapy clock at time 0.
  private let clockAtStart: WeekTime
  private var time: Int64 = 0
  /// The rate of the schedule in ng/d, and until when it lasts.
  private var rate: Int64 = 0
  private var rateEnds: Int64 = 0
  private var extra: Extra?
  /// The one before it, and when it ended: in the tick of its end it brings as much as before.
  private var ended: (extra: Extra, at: Int64)?
  /// What is at the tip, in ng/mL: keep-open is a flow, and brings what that holds.
  private var atTip: Int64
  /// Extra doses that ended early. Each is told to a nanogram.
  private(set) var cuts: Int128 = 0

  private struct Extra {
    var nanograms: Int128
    var start: Int64
    var duration: Int64

    /// Rounded up to a nanogram.
    func given(by time: Int64) -> Int128 {
      let passed = Int128(min(max(time - start, 0), duration))
      return (nanograms * passed + Int128(duration) - 1) / Int128(duration)
    }
  }

  /// A nanogram in the unit of the sums.
  static let nanogram = Int128(Nanoseconds.days(1).count)

  init(_ order: Prescription, on rig: Rig, clock: WeekTime) {
    (self.order, self.rig) = (order, rig)
    atTip = order.concentration.nanogramsPerMillilitre
    // The pump's clock shows whole ticks.
    clockAtStart = WeekTime(
      sinceMonday: Nanoseconds(clock.sinceMonday.count / rig.tick.count * rig.tick.count))
  }

  // MARK: What changes

  mutating func order(_ new: Prescription) {
    endExtra()
    order = new
    rateEnds = time
  }

  mutating func startExtra(_ dose: Mass, _ duration: Nanoseconds) {
    endExtra()
    extra = Extra(nanograms: Int128(dose.nanograms), start: time, duration: duration.count)
  }

  mutating func endExtra() {
    guard let extra else { return }
    if time < extra.start + extra.duration { cuts += 1 }
    (self.extra, ended) = (nil, (extra, time))
  }

  /// From now on something else is at the tip, in ng/mL.
  mutating func tipHolds(_ concentration: Int64) {
    if order.mode == .minimum, concentration != atTip { rateEnds = time }
    atTip = concentration
  }

  /// The most that the tick brings that has just passed.
  ///
  /// Mutating, though nothing changes: else each call would be given a copy of the order.
  mutating func mostPerTick() -> Int128 {
    let tick = Int128(rig.tick.count)
    let basal = Int128(max(rate, time <= safeUntil ? safeRate : rate)) * tick
    let justEnded = ended.flatMap { $0.at == time ? $0.extra : nil }
    guard let extra = extra ?? justEnded else { return basal }
    return basal + extra.nanograms * Self.nanogram * tick / Int128(extra.duration) + 1
  }

  /// Whether an extra dose has more than a tick to go.
  var extraGoesOn: Bool {
    extra.map { time + rig.tick.count < $0.start + $0.duration } ?? false
  }

  mutating func maySafe(until end: Int64) { safeUntil = end }
  mutating func mayBeKeptBack(until end: Int64) { excusedUntil = end }

  var isSafeAllowed: Bool { time <= safeUntil }

  // MARK: Time

  /// Integrates from one edge to the next: of the schedule, or of what may be.
  mutating func advance(to end: Int64) {
    while time < end {
      if time >= rateEnds {
        let (now, left) = rateAndTimeLeft(at: clockAtStart + Nanoseconds(time))
        (rate, rateEnds) = (now, time + left)
      }
      var next = min(rateEnds, end)
      if time < safeUntil { next = min(next, safeUntil) }
      if time < excusedUntil { next = min(next, excusedUntil) }
      if runs { pass(to: next) }
      time = next
    }
  }

  private mutating func pass(to next: Int64) {
    let length = Int128(next - time)
    let given = extra.map { $0.given(by: next) - $0.given(by: time) } ?? 0
    let other = time < safeUntil ? safeRate : rate
    let (low, high) = (min(rate, other), max(rate, other))
    least += Int128(low) * length + given * Self.nanogram
    most += Int128(high) * length + given * Self.nanogram
    if time < excusedUntil { excused += Int128(high) * length + given * Self.nanogram }
  }

  /// What would run in the place of the schedule. Nothing stands in for what is no therapy.
  private var safeRate: Int64 {
    switch order.mode {
    case .stopped, .minimum: rate
    case .continuous, .flex: order.safeBasal?.nanogramsPerDay ?? 0
    }
  }

  /// The prescribed rate in ng/d and how long it lasts, in ns.
  private func rateAndTimeLeft(at clock: WeekTime) -> (rate: Int64, left: Int64) {
    let dayLeft = Nanoseconds.days(1).count - clock.sinceMidnight.count
    switch order.mode {
    case .stopped: return (0, dayLeft)
    case .minimum:
      let rate = Int128(rig.pump.keepOpenRate.picolitresPerDay) * Int128(atTip) / 1_000_000_000
      return (Int64(rate) + 1, dayLeft)
    case .continuous: return (order.patterns[0].steps[0].rate.nanogramsPerDay, dayLeft)
    case .flex: break
    }
    let pattern = order.patterns[Int(order.week[clock.weekday])]
    var rate: Int64 = 0
    for index in 0..<pattern.count {
      let start = Nanoseconds.minutes(Int64(pattern.steps[index].minute)).count
      if start > clock.sinceMidnight.count { return (rate, start - clock.sinceMidnight.count) }
      rate = pattern.steps[index].rate.nanogramsPerDay
    }
    return (rate, dayLeft)
  }
}
