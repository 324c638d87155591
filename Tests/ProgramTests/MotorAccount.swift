/// Judges what a motor did against what was asked of the pump, over its whole history with all
/// its kills. It shares no code with the engine: the motor's trace is the truth, and all sums are
/// exact.
struct MotorAccount {
  /// What the pump says at the end, when it has stopped and nothing moves.
  struct Told {
    var steps: Int
    var stepsInDoubt: Int
    /// The sum of what each start reported in its log.
    var doubtsReported: Int
    var usedHourNanograms: Int64
    /// What was prescribed and given up because a tick was late or the storage slow.
    var lateNanograms: Int64
    var limitDeficitNanograms: Int64
    var alarms: [String]
  }

  let history: TherapyHistory
  let step: MotorStep
  let trace: MotorTrace
  let told: Told

  private var kills: Int { history.runs.filter(\.wasKilled).count }
  private var steps: Int { trace.pulses.count }

  /// What is wrong, in sentences; empty where the pump kept to all of it.
  var violations: [String] {
    let bounds = MotorBounds(history, step)
    return pulsesInNoTime() + stepsWhileStopped(bounds) + stepsTooMany(bounds)
      + stepsTooFew(bounds) + limitsCrossed() + countsThatLie() + refusals()
  }

  private func pulsesInNoTime() -> [String] {
    trace.pulses.enumerated().compactMap { index, pulse in
      if !pulse.isEnabled || pulse.isBackwards { return "pulse \(index) turned nothing, or back" }
      let hasRun = history.runs.contains { ($0.start...$0.end).contains(pulse.time) }
      return hasRun ? nil : "pulse \(index) came while no pump ran"
    }
  }

  private func stepsWhileStopped(_ bounds: MotorBounds) -> [String] {
    bounds.stops.compactMap { stop in
      let count = trace.pulses.count { stop.contains($0.time) }
      return count == 0 ? nil : "\(count) steps while a stop was in force"
    }
  }

  /// One step in all is left to what may be pending; no kill and no lease adds another.
  private func stepsTooMany(_ bounds: MotorBounds) -> [String] {
    for (index, pulse) in trace.pulses.enumerated() {
      let most = bounds.most(by: pulse.time)
      if step.mass(steps: index) > most {
        return ["step \(index + 1) came when at most \(step.steps(most)) were prescribed"]
      }
    }
    return []
  }

  private func stepsTooFew(_ bounds: MotorBounds) -> [String] {
    let allowed = step.mass(steps: 2 * kills + 2) + step.mass(nanograms: told.lateNanograms)
    let least = bounds.least - allowed
    guard step.mass(steps: steps) < least else { return [] }
    return ["\(steps) steps, at least \(step.steps(least)) were prescribed"]
  }

  private func limitsCrossed() -> [String] {
    let orders = history.commands.compactMap { command -> TherapyHistory.Order? in
      if case .program(let order) = command.kind { order } else { nil }
    }
    let hour: Int64 = 3_600_000_000_000
    return crossed(window: hour, limit: orders.map(\.maxNanograms1h).max() ?? 0)
      + crossed(window: 24 * hour, limit: orders.map(\.maxNanograms24h).max() ?? 0)
  }

  private func crossed(window: Int64, limit: Int64) -> [String] {
    var oldest = 0
    for (index, pulse) in trace.pulses.enumerated() {
      while trace.pulses[oldest].time <= pulse.time - window { oldest += 1 }
      if step.mass(steps: index - oldest + 1) > step.mass(nanograms: limit) {
        return ["step \(index + 1) crossed the limit of \(limit) ng in \(window) ns"]
      }
    }
    return []
  }

  private func countsThatLie() -> [String] {
    var found: [String] = []
    let upper = told.steps + told.stepsInDoubt
    if told.steps > steps { found.append("\(told.steps) steps are told, \(steps) were made") }
    if steps > upper { found.append("\(steps) steps were made, at most \(upper) are told") }
    if told.stepsInDoubt > told.doubtsReported {
      found.append("\(told.stepsInDoubt) in doubt, \(told.doubtsReported) were reported")
    }
    // The page that each tick leaves knows of all steps but the one that was under way. Only
    // beside the first program, which sets the unit of account, is it not believed: a lease of
    // two steps.
    if told.stepsInDoubt > kills + 1 {
      found.append("\(told.stepsInDoubt) in doubt, \(kills) kills")
    }
    return found + hourThatForgets()
  }

  /// The limits bind only as long as the pump remembers what it gave.
  private func hourThatForgets() -> [String] {
    guard let last = trace.pulses.last else { return [] }
    // A minute less than the hour: the pump said so a little after the last step.
    let recent = trace.pulses.count { last.time - $0.time < 3_540_000_000_000 }
    let least = step.mass(steps: recent - told.stepsInDoubt)
    // What is told is cut to a nanogram.
    guard step.mass(nanograms: told.usedHourNanograms + 1) <= least else { return [] }
    return ["the pump remembers \(told.usedHourNanograms) ng of \(recent) steps in the last hour"]
  }

  private func refusals() -> [String] {
    var found: [String] = []
    if told.limitDeficitNanograms != 0 { found.append("a limit refused basal") }
    for alarm in ["basal-refused-by-limit", "interlock-disagrees", "hard-stop", "storage-failed"]
    where told.alarms.contains(alarm) {
      found.append("alarm \(alarm)")
    }
    return found
  }
}
