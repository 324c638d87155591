public import DosingCore
internal import Quantities

/// What somebody sees before another therapy clock is committed: the clock and the basal of the next 24 h
/// without and with the change.
public struct ClockComparison: Sendable {
  private let proposal: ShownClock

  public init(_ proposal: ShownClock) { self.proposal = proposal }

  public var lines: [String] {
    let clocks = [
      row("", "as it is", "as proposed"),
      row("clock", proposal.clock.text, proposal.newClock.text),
      row("offset", proposal.utcOffset.utcOffsetText, proposal.newUTCOffset.utcOffsetText),
    ]
    return clocks + [""] + basal
  }

  private var basal: [String] {
    guard let order = proposal.order, order.mode == .flex else {
      return ["basal does not hang on the clock: what is delivered stays as it is"]
    }
    let week = BasalWeek(order)
    let (without, with) = (
      BasalAhead(week, from: proposal.clock), BasalAhead(week, from: proposal.newClock)
    )
    let counts = Set((without.steps + with.steps).map(\.after.count))
    let times = counts.sorted().map { Nanoseconds($0) }
    return ["basal of the next 24 h, by the clock of that time"]
      + times.map { time in
        let head = time == .zero ? "now" : "in \(time.durationText)"
        return row(head, without.text(at: time) ?? "", with.text(at: time) ?? "")
      } + [row("dose of 24 h", without.doseText, with.doseText)]
  }

  private func row(_ name: String, _ without: String, _ with: String) -> String {
    func pad(_ text: String) -> String {
      text + String(repeating: " ", count: max(1, 26 - text.count))
    }
    let line = "  " + pad(name) + pad(without) + with
    return String(line.reversed().drop { $0 == " " }.reversed())
  }
}

/// The basal of the 24 h from a time on the therapy clock on.
private struct BasalAhead {
  struct Step {
    let after: Nanoseconds
    let clock: WeekTime
    let rate: DoseRate
  }

  let steps: [Step]
  private static let length = Nanoseconds.days(1)

  init(_ week: BasalWeek, from clock: WeekTime) {
    var steps: [Step] = []
    for day in 0...1 {
      let midnight = Nanoseconds.days(Int64(day)) - clock.sinceMidnight
      for step in week.days[(clock.weekday + day) % 7].steps {
        let after = max(.zero, midnight + .minutes(Int64(step.minute)))
        guard after < Self.length else { continue }
        // What begins at or before now is overtaken by what begins later.
        if steps.last?.after == after { steps.removeLast() }
        if steps.last?.rate == step.rate { continue }
        steps.append(Step(after: after, clock: clock + after, rate: step.rate))
      }
    }
    self.steps = steps
  }

  func text(at time: Nanoseconds) -> String? {
    steps.first { $0.after == time }.map {
      "\($0.clock.text.prefix(9)) \($0.rate.text(in: .microgramsPerHour, decimals: 3))"
    }
  }

  var doseText: String {
    var sum: Int128 = 0
    for (index, step) in steps.enumerated() {
      let end = index + 1 < steps.count ? steps[index + 1].after : Self.length
      sum += Int128(step.rate.nanogramsPerDay) * Int128((end - step.after).count)
    }
    return Mass(nanograms: Int64(clamping: sum / Int128(Self.length.count))).shown(decimals: 3)
  }
}
