import Testing

/// The account can find what it is there to find.
@Suite struct MotorAccountTests {
  private static let second: Int64 = 1_000_000_000

  /// Ten seconds of basal, a kill after five of them, 0.2 s without a pump.
  private var history: TherapyHistory {
    var history = TherapyHistory()
    history.runs = [
      TherapyHistory.Run(
        start: 0, ready: 0, livedUntil: 5 * Self.second, end: 5 * Self.second, wasKilled: true),
      TherapyHistory.Run(
        start: 5_200_000_000, ready: 5_200_000_000, livedUntil: 10 * Self.second,
        end: 10 * Self.second),
    ]
    history.commands = [command(.program(KillTexts.first), at: 0)]
    return history
  }

  private func command(
    _ kind: TherapyHistory.Kind, at time: Int64, isCertain: Bool = true, run: Int = 0
  ) -> TherapyHistory.Command {
    TherapyHistory.Command(kind: kind, from: time, until: time, isCertain: isCertain, run: run)
  }

  /// 5.926 steps a second while a pump runs.
  private var pulses: [Int64] {
    (1...58).map { Int64($0) * 168_750_000 }.map { $0 < 5 * Self.second ? $0 : $0 + 200_000_000 }
      .filter { $0 < 10 * Self.second }
  }

  private func violations(
    _ history: TherapyHistory, _ pulses: [Int64], inDoubt: Int = 0, told: Int? = nil,
    usedHour: Int64 = 1_000_000
  ) -> [String] {
    let trace = MotorTrace(
      pulses: pulses.map { MotorTrace.Pulse(time: $0, isEnabled: true, isBackwards: false) })
    return MotorAccount(
      history: history, step: KillTexts.step, trace: trace,
      told: MotorAccount.Told(
        steps: told ?? pulses.count - inDoubt, stepsInDoubt: inDoubt, doubtsReported: inDoubt,
        usedHourNanograms: usedHour, lateNanograms: 0, limitDeficitNanograms: 0, alarms: [])
    ).violations
  }

  @Test func acceptsWhatWasPrescribed() {
    #expect(violations(history, pulses) == [])
    #expect(violations(history, pulses, inDoubt: 1) == [])
  }

  @Test("R-083 the account of the motor finds one step too many")
  func findsStepTwice() {
    var twice = pulses
    twice.insert(5_201_000_000, at: 29)
    #expect(violations(history, twice) == [])
    twice.insert(5_202_000_000, at: 30)
    #expect(violations(history, twice).count == 1)
  }

  @Test func findsStepsThatAreMissing() {
    #expect(violations(history, Array(pulses.dropLast(8))).count == 1)
  }

  @Test func findsStepsWhileStopped() {
    var stopped = history
    stopped.commands.append(command(.stop, at: 8 * Self.second, run: 1))
    #expect(violations(stopped, pulses).contains { $0.contains("a stop was in force") })
    #expect(violations(stopped, pulses.filter { $0 < 8 * Self.second }) == [])
  }

  @Test func givesUpABolusWithItsProcess() {
    var more = history
    let bolus = TherapyHistory.Kind.bolus(nanograms: 3_000, nanoseconds: 60 * Self.second)
    more.commands.append(command(bolus, at: Self.second))
    // 25 steps of it while its process lives.
    let given = (pulses + (1...25).map { Self.second + Int64($0) * 157_000_000 }).sorted()
    #expect(violations(more, given) == [])
    let after = (given + (1...3).map { 6 * Self.second + Int64($0) * 157_000_000 }).sorted()
    #expect(violations(more, after).count == 1)
  }

  @Test func findsALimitThatIsCrossed() {
    let tight = TherapyHistory.Order(
      basalNanogramsPerDay: 4_000_000, maxNanograms1h: 400, maxNanograms24h: 4_300_000)
    var history = history
    history.commands = [command(.program(tight), at: 0)]
    #expect(violations(history, pulses).count == 1)
  }

  @Test func findsCountsThatLie() {
    #expect(violations(history, pulses, told: pulses.count - 1).count == 1)
    #expect(violations(history, pulses, told: pulses.count + 1).count == 1)
    #expect(violations(history, pulses, inDoubt: 3).count == 1)
    #expect(violations(history, pulses, usedHour: 100).count == 1)
  }
}
