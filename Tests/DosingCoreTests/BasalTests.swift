import DosingCore
import Quantities
import Testing

@Suite struct BasalTests {
  /// What the account says was prescribed between two moments, in whole nanograms.
  private func prescribed(_ pump: Pump, during time: Nanoseconds) throws -> Int128 {
    let scale = try #require(pump.therapy?.scale)
    let before = pump.account.prescribed
    pump.run(for: time)
    let units = pump.account.prescribed - before
    #expect(units % scale.perNanogram == 0)
    return units / scale.perNanogram
  }

  @Test("R-005 The first tick accrues nothing and makes no step")
  func firstTick() throws {
    let pump = try Pump(.continuous(microgramsPerDay(300)))
    #expect(pump.now == 0 && pump.account.prescribed == 0 && pump.stepTicks.isEmpty)
    pump.run(to: 1)
    #expect(pump.account.prescribed == pump.unitsPerTick.basal)
  }

  @Test("Without a prescription nothing is delivered")
  func nothingPrescribed() throws {
    let pump = try Pump(nil)
    pump.run(for: .hours(1))
    #expect(pump.mode == .noTherapy)
    #expect(pump.account.prescribed == 0 && pump.stepTicks.isEmpty)
  }

  @Test("R-001 Continuous basal brings its dose in a day, step by step")
  func continuous() throws {
    let pump = try Pump(.continuous(microgramsPerDay(300)))
    #expect(pump.mode == .continuous)
    #expect(try prescribed(pump, during: .days(1)) == 300_000)
    // 300,000 / 7.8125.
    #expect(pump.account.steps == 38_400 && pump.stepTicks.count == 38_400)
  }

  @Test("R-017 Minimum delivers the keep-open flow")
  func minimum() throws {
    let pump = try Pump(.order(.minimum))
    #expect(pump.mode == .minimum)
    #expect(try prescribed(pump, during: .days(1)) == 3_000)
    #expect(pump.account.steps == 384)
  }

  @Test("R-004 Mode stopped accrues nothing")
  func stopped() throws {
    let pump = try Pump(.order(.stopped))
    #expect(pump.mode == .stopped)
    #expect(try prescribed(pump, during: .days(1)) == 0)
    #expect(pump.stepTicks.isEmpty)
  }

  @Test("R-002 A step is made in the very tick in which it becomes due")
  func stepsAsSoonAsDue() throws {
    let pump = try Pump(.continuous(microgramsPerDay(300)))
    let perTick = pump.unitsPerTick.basal
    for _ in 0..<10_000 {
      pump.run(to: pump.now + 1)
      let due = pump.account.prescribed / pump.account.perStep
      #expect(Int128(pump.account.steps) == due)
      #expect(pump.account.pending == Int128(pump.now) * perTick - due * pump.account.perStep)
    }
  }

  @Test("R-001 A flex step begins at its minute, across midnight and across the end of the week")
  func flexEdges() throws {
    // Every day 12 ug/h from 00:00, 24 ug/h from 23:59; Sunday is 6 ug/h all day.
    let order = Prescription.flex(
      [
        [(minute: 0, rate: microgramsPerDay(288)), (minute: 1439, rate: microgramsPerDay(576))],
        [(minute: 0, rate: microgramsPerDay(144))],
      ], week: [0, 0, 0, 0, 0, 0, 1], safeBasal: microgramsPerDay(100))
    let saturday = try Pump(order, clock: WeekTime(weekday: 5, minute: 1438))
    #expect(saturday.mode == .flex)
    #expect(try prescribed(saturday, during: .minutes(1)) == 200)
    #expect(try prescribed(saturday, during: .minutes(1)) == 400)
    #expect(try prescribed(saturday, during: .minutes(1)) == 100)
    let sunday = try Pump(order, clock: WeekTime(weekday: 6, minute: 1439))
    #expect(try prescribed(sunday, during: .minutes(1)) == 100)
    #expect(try prescribed(sunday, during: .minutes(1)) == 200)
  }

  @Test("R-001 The tick at an edge still accrues at the old rate, the next one at the new")
  func oneTickAtAnEdge() throws {
    let order = Prescription.flex(
      [[(minute: 0, rate: microgramsPerDay(288)), (minute: 1, rate: microgramsPerDay(576))]],
      maxDose24h: micrograms(600), safeBasal: microgramsPerDay(100))
    let pump = try Pump(order)
    let slow = pump.unitsPerTick.basal
    pump.run(to: 600)
    #expect(pump.account.prescribed == 600 * slow)
    #expect(pump.decision.basalChanged)
    pump.run(to: 601)
    #expect(pump.account.prescribed == 602 * slow)
  }

  @Test("R-001 A week of flex brings the sum of its days")
  func wholeWeek() throws {
    let order = Prescription.flex(
      [
        [
          (minute: 0, rate: microgramsPerDay(240)), (minute: 390, rate: microgramsPerDay(432)),
          (minute: 1320, rate: microgramsPerDay(96)),
        ],
        [(minute: 0, rate: microgramsPerDay(144))],
      ], week: [0, 1, 0, 1, 0, 1, 1], safeBasal: microgramsPerDay(100))
    let pump = try Pump(order, clock: WeekTime(weekday: 2, minute: 777))
    // 6.5 h of 10, 15.5 h of 18, 2 h of 4 ug/h make 352 ug; three such days and four of 144.
    #expect(try prescribed(pump, during: .days(7)) == 3 * 352_000 + 4 * 144_000)
  }

  @Test("The clock at tick 0 is cut to a whole tick, and counts on by ticks")
  func clock() {
    let state = DosingState(
      rig: .bench(), clock: WeekTime(sinceMonday: .days(6) + Nanoseconds(123_456_789)))
    #expect(state.clock(at: Tick(0)).sinceMonday == .days(6) + Nanoseconds(100_000_000))
    #expect(state.clock(at: Tick(864_000)).sinceMonday == Nanoseconds(100_000_000))
  }
}
