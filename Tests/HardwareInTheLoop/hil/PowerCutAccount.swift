internal import ArgumentParser
internal import Conformance

/// Judges what was written down while the power was cut again and again, and knows nothing of the pump
/// but its prescription and its geometry.
struct PowerCutAccountCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "powercut-account", abstract: "Judge the record of scripts/guest/powercut.",
    shouldDisplay: false)

  @Argument var file: String

  func run() throws {
    let account = PowerCutAccount(record: try PowerCutRecord(TextFile.read(file)))
    for row in account.rows { Suite.print("# \(row)") }
    var suite = Suite()
    suite.run("powercut", account.cases + PowerCutRefillAccount(record: account.record).cases)
    suite.end()
  }
}

struct PowerCutAccount {
  let record: PowerCutRecord

  private static let stepsPerMicrolitre =
    Int64(BenchTexts.stepsPerRevolution / BenchTexts.microlitresPerRevolution)
  /// Of 500 ug/mL: 2 uL for a microgram.
  private static let stepsPerDay =
    24 * 2 * Int64(PowerCutCommand.microgramsPerHour) * stepsPerMicrolitre
  /// 1.5 ug are 3 uL, in a minute.
  private static let bolusSteps = 3 * stepsPerMicrolitre
  private static let day: Int64 = 86_400_000_000_000
  private static let minute: Int64 = 60_000_000_000
  private static let tick: Int64 = 10_000_000
  /// Of 5 s, or of 32 steps where that is more.
  private static func lease(withBolus: Bool) -> Int64 {
    let basal = (stepsPerDay * 5 + 86_399) / 86_400
    return max(32, basal + (withBolus ? (bolusSteps * 5 + 59) / 60 : 0))
  }

  var cases: [Case] {
    [
      Case("R-080 the power was cut while the pump stepped, and each time it came back") {
        try cutOften()
      },
      Case(
        "R-080 R-083 across each cut the motor made what is confirmed, and at most the doubt more"
      ) {
        try isAccounted()
      },
      Case("R-080 a cut leaves at most one and a half leases in doubt") { try doubtIsBounded() },
      Case("R-083 no step is made again: the motor is never ahead of what was prescribed") {
        try isNeverAhead()
      },
      Case("R-084 a stop that was answered holds across cuts until a resume is asked") {
        try stopHolds()
      },
      Case("R-084 basal that ran runs again within two seconds, at its rate") { try basalRunsOn() },
    ]
  }

  // MARK: What was known, and what the motor did

  /// A statement of the pump, and what the motor had done by then.
  private struct Mark {
    let life: Int
    let statement: PowerCutRecord.Statement
    let made: Int64
    let cuts: Int64
    /// In this life.
    let hasBolus: Bool
  }

  private var marks: [Mark] {
    var marks: [Mark] = []
    var (made, cuts) = (Int64(0), Int64(0))
    for life in record.lives {
      func mark(_ statement: PowerCutRecord.Statement?) {
        guard let statement else { return }
        marks.append(
          Mark(
            life: life.number, statement: statement, made: made, cuts: cuts,
            hasBolus: life.requests.contains { $0.word == "bolus" }))
      }
      mark(life.running)
      made += life.steps
      mark(life.reading)
      cuts += life.wasCut ? 1 : 0
    }
    return marks
  }

  /// Judges from one statement to the next, so that an error here does not make up for one there, and
  /// tells of every span in which something is wrong.
  private func eachSpan(_ judge: (_ from: Mark, _ to: Mark) throws -> Void) throws {
    var wrong: [String] = []
    let marks = marks
    for (from, to) in zip(marks, marks.dropFirst()) {
      do {
        try judge(from, to)
      } catch {
        wrong.append("lives \(from.life) to \(to.life): \(error)")
      }
    }
    let spans = marks.count - 1
    try expect(spans > 0, "nothing was read")
    try expect(
      wrong.isEmpty, "\(wrong.count) of \(spans) spans; " + wrong.joined(separator: "; "))
  }

  private func cutOften() throws {
    for life in record.lives.dropLast() {
      try expect(life.wasCut, "life \(life.number) ended by itself")
    }
    let stepping = record.lives.count { $0.wasCut && $0.steps > 0 }
    try expect(2 * stepping > record.lives.count, "only \(stepping) were cut after a step")
    try expect(record.lives.last?.reading != nil, "the account was not read in the end")
  }

  private func isAccounted() throws {
    try eachSpan { from, to in
      let made = to.made - from.made
      let confirmed = to.statement.steps - from.statement.steps
      let doubt = to.statement.inDoubt - from.statement.inDoubt
      try expect(
        made <= confirmed + doubt, "\(made) steps, \(confirmed) confirmed, \(doubt) in doubt")
      // A step may be confirmed whose line was still inside the machine: it takes a millisecond to come
      // out and steps are 140 ms apart or more, so it is one at the most. That makes the other bound weaker by
      // one too, and there nothing is allowed for it: an unseen step cannot break it.
      try expect(
        made + (to.cuts - from.cuts) >= confirmed, "\(made) steps, but \(confirmed) confirmed")
    }
    guard let first = marks.first, let last = marks.last else {
      throw Violation("nothing was read")
    }
    try expect(first.statement.steps, is: BenchTexts.lineSteps, "steps of the new pump")
    try expect(first.statement.inDoubt, is: 0, "doubts of the new pump")
    let upper = last.statement.steps + last.statement.inDoubt - first.statement.steps
    try expect(last.made <= upper, "\(last.made) steps in all where \(upper) are the most")
  }

  private func doubtIsBounded() throws {
    try eachSpan { from, to in
      let doubt = to.statement.inDoubt - from.statement.inDoubt
      let most = (to.cuts - from.cuts) * (Self.lease(withBolus: from.hasBolus) * 3 + 1) / 2
      try expect(
        doubt <= most, "\(doubt) steps in doubt, not \(most)")
    }
  }

  // MARK: What was prescribed

  /// The most basal steps in a time, cut to a whole step.
  private static func basalSteps(in time: Int64) -> Int64 { stepsPerDay * time / day }

  /// The most that a bolus of this life can have added by then.
  private static func bolusSteps(of life: PowerCutRecord.Life) -> Int64 {
    let asked = life.requests.first { $0.word == "bolus" }?.asked
    return asked.map { min(bolusSteps, bolusSteps * (life.last - $0) / minute + 1) } ?? 0
  }

  private func isNeverAhead() throws {
    var (made, time, extra) = (Int64(0), Int64(0), Int64(0))
    for (life, delivery) in zip(record.lives, deliveries) {
      made += life.steps
      time += delivery.mayRun.reduce(0) { $0 + $1.upperBound - $1.lowerBound }
      extra += Self.bolusSteps(of: life)
      let most = Self.basalSteps(in: time) + extra + 1
      try expect(made <= most, "\(made) steps up to life \(life.number), prescribed were \(most)")
      try stepsInOrder(life)
    }
  }

  /// Between two steps, without the start of the pump, in which a step too many could hide.
  private func stepsInOrder(_ life: PowerCutRecord.Life) throws {
    guard let first = life.edges.first, let last = life.edges.last else { return }
    let after = Int64(life.edges.count) - 1
    let most = Self.basalSteps(in: last - first + Self.tick) + Self.bolusSteps(of: life) + 1
    try expect(
      after <= most, "\(after) steps after the first of life \(life.number): \(most) are due")
  }

  // MARK: Stopped and running

  /// When the motor may run in a life, by what was asked and answered.
  private struct Delivery {
    enum Certainty { case off, on, unknown }

    let atStart: Certainty
    var atEnd: Certainty
    var mayRun: [Range<Int64>] = []
  }

  private var deliveries: [Delivery] {
    var deliveries: [Delivery] = []
    for life in record.lives {
      var delivery = Delivery(
        atStart: Self.start(of: life, after: deliveries.last?.atEnd ?? .off), atEnd: .off)
      var (now, since) = (delivery.atStart, life.started ?? life.last)
      for request in life.requests where request.step == nil && request.word != "bolus" {
        let stops = request.word == "stop"
        let answer = request.code == 0 || (request.word == "resume" && now == .on)
        let time = stops ? request.answered ?? life.last : request.asked
        if now != .off { delivery.mayRun.append(since..<max(since, time)) }
        (now, since) = (answer ? (stops ? .off : .on) : .unknown, time)
      }
      if now != .off { delivery.mayRun.append(since..<max(since, life.last + 1)) }
      delivery.atEnd = now
      deliveries.append(delivery)
    }
    return deliveries
  }

  /// A request that was cut off with its answer may have acted or not: the pump says.
  private static func start(
    of life: PowerCutRecord.Life, after before: Delivery.Certainty
  ) -> Delivery.Certainty {
    guard before == .unknown, let mode = life.running?.mode else { return before }
    return mode == "stopped-by-command" ? .off : .on
  }

  private func stopHolds() throws {
    var stoppedLives = 0
    for (life, delivery) in zip(record.lives, deliveries) {
      for edge in life.edges where !delivery.mayRun.contains(where: { $0.contains(edge) }) {
        throw Violation("a step at \(edge) of life \(life.number), where it was stopped")
      }
      if delivery.mayRun.isEmpty {
        try expect(life.steps, is: 0, "steps of life \(life.number), which is stopped")
      }
      guard let mode = life.running?.mode, life.number > 1, delivery.atStart == .off else {
        continue
      }
      try expect(mode, is: "stopped-by-command", "mode at the start of life \(life.number)")
      stoppedLives += 1
    }
    try expect(stoppedLives >= 2, "only \(stoppedLives) lives began stopped")
  }

  private func basalRunsOn() throws {
    for (life, delivery) in zip(record.lives, deliveries) where delivery.atStart == .on {
      guard let started = life.started else { continue }
      if let mode = life.running?.mode {
        try expect(mode, is: "continuous", "mode at the start of life \(life.number)")
      }
      let wait = (life.edges.first ?? life.last) - started
      try expect(wait <= 2_000_000_000, "life \(life.number): no step for \(wait / 1_000_000) ms")
      guard let first = life.edges.first, let last = life.edges.last else { continue }
      let after = Int64(life.edges.count) - 1
      // Less what the emulated machine comes too late for, and clearly more than safe basal, the half.
      let least = Self.basalSteps(in: last - first) * 3 / 4 - 1
      try expect(
        after >= least, "\(after) steps after the first of life \(life.number), not \(least)")
    }
  }

  // MARK: For people

  var rows: [String] {
    record.lives.map { life in
      var row = "life \(life.number): \(life.steps) steps"
      if let started = life.started {
        row += " in \((life.last - started) / 1_000_000) ms"
        if let first = life.edges.first {
          row += ", the first after \((first - started) / 1_000_000)"
        }
      }
      if let said = life.running {
        row += "; \(said.steps) before, \(said.inDoubt) in doubt, \(said.mode)"
      }
      for request in life.requests {
        row += "; \(request.word) " + (request.code.map { "answered \($0)" } ?? "not answered")
      }
      for held in life.reservoirs {
        row += "; refill \(held.stage), \(held.contents / 1_000_000) uL"
      }
      if let read = life.reading { row += "; in the end \(read.steps), \(read.inDoubt) in doubt" }
      return row
    }
  }
}
