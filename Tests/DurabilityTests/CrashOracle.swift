/// Judges a history of crashes by the steps that the motor really made and by what was answered.
///
/// It shares no code with the engine: everything is compared in whole numbers of a mass so small that a
/// tick of basal, a tick of a bolus and a step are whole.
struct CrashOracle {
  private(set) var faults: [String] = []

  let ticksPerDay: Int64
  let bolusTicks: Int64
  let bolusNanograms: Int64
  let limitHourNanograms: Int64
  let lockoutTicks: Int64

  /// A step is 7.8125 ng: 50 uL / 3200 at 500 ug/mL.
  private var step: Int128 { 78_125 * Int128(ticksPerDay) * Int128(bolusTicks) }
  private var nanogram: Int128 { 10_000 * Int128(ticksPerDay) * Int128(bolusTicks) }

  // What may have been delivered by now, and what should have been: they differ by the ticks in which
  // something was asked.
  private(set) var allowed: Int128 = 0
  private var due: Int128 = 0
  /// The ticks in which the motor made a step, in order, over all starts.
  private(set) var stepTicks: [Int64] = []
  private var firstOfHour = 0
  private var doubtsReported: Int64 = 0
  private var lastPatientBolus: Int64?

  init(
    ticksPerDay: Int64, bolusTicks: Int64, bolusNanograms: Int64, limitHourNanograms: Int64,
    lockoutTicks: Int64
  ) {
    self.ticksPerDay = ticksPerDay
    self.bolusTicks = bolusTicks
    self.bolusNanograms = bolusNanograms
    self.limitHourNanograms = limitHourNanograms
    self.lockoutTicks = lockoutTicks
  }

  var motorSteps: Int64 { Int64(stepTicks.count) }

  /// What is delivered in a tick: basal in ng/d, and a bolus or none.
  struct Flow {
    var nanogramsPerDay: Int64
    var bolus: Bool
  }

  /// A tick ran, between these two.
  mutating func ran(least: Flow, most: Flow) {
    due += mass(least)
    allowed += mass(most)
  }

  private func mass(_ flow: Flow) -> Int128 {
    let basal = Int128(flow.nanogramsPerDay) * Int128(bolusTicks) * 10_000
    return flow.bolus ? basal + Int128(bolusNanograms) * Int128(ticksPerDay) * 10_000 : basal
  }

  /// How many whole steps have been allowed so far, and how many were due.
  var stepsAllowed: Int64 { Int64(allowed / step) }
  var stepsDue: Int64 { Int64(due / step) }

  mutating func stepped(at tick: Int64, isStopped: Bool) {
    expect(stepTicks.last.map { $0 < tick } ?? true, "two steps in tick \(tick)")
    expect(!isStopped, "a step while stopped, in tick \(tick)")
    stepTicks.append(tick)
    expect(
      Int128(motorSteps) * step <= allowed + step,
      "\(motorSteps) steps by tick \(tick), of which \(stepsAllowed) and one were allowed")
    let hour = ticksPerDay / 24
    while stepTicks[firstOfHour] <= tick - hour { firstOfHour += 1 }
    let inHour = Int128(stepTicks.count - firstOfHour) * step
    expect(inHour <= Int128(limitHourNanograms) * nanogram, "the hour's limit, in tick \(tick)")
  }

  /// A patient bolus was accepted, and it was durable when that was told.
  mutating func gavePatientBolus(at tick: Int64) {
    if let last = lastPatientBolus {
      expect(tick - last >= lockoutTicks, "a bolus \(tick - last) ticks after another")
    }
    lastPatientBolus = tick
  }

  /// What a start says of the account.
  mutating func restarted(confirmed: Int64, inDoubt: Int64, newDoubt: Int64) {
    doubtsReported += newDoubt
    expect(inDoubt <= doubtsReported, "\(inDoubt) in doubt, \(doubtsReported) were reported")
    expect(confirmed <= motorSteps, "\(confirmed) confirmed, the motor made \(motorSteps)")
    expect(
      motorSteps <= confirmed + inDoubt,
      "the motor made \(motorSteps), at the most \(confirmed + inDoubt) are admitted")
  }

  mutating func expect(_ condition: Bool, _ what: String) {
    if !condition, faults.count < 5 { faults.append(what) }
  }
}
