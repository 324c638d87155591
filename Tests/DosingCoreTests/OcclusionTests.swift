import Quantities
import Testing

@testable import DosingCore

/// A line that lets nothing through: what is told, and what becomes of basal.
@Suite struct OcclusionTests {
  /// Of 500 ug/mL 0.15 mL/d: 9,600 steps a day, one in 90 ticks of 100 ms.
  private let basal = microgramsPerDay(75)

  private func bench() throws -> PressureBench { try PressureBench(.continuous(basal)) }

  private func isOrdinary(_ bench: PressureBench) -> Bool {
    bench.pump.alarms.highest == nil && bench.pump.mode == .continuous
  }

  /// Blocked until it is told.
  private func block(_ bench: PressureBench, atMost time: Nanoseconds = .hours(3)) {
    bench.isBlocked = true
    let end = bench.pump.now + bench.pump.ticks(time)
    while bench.pump.now < end, !bench.pump.alarms.on[.occluded] {
      bench.run(to: bench.pump.now + 1)
    }
  }

  @Test(
    "R-141 A line that is blocked is told once the pressure has risen by 10 kPa and two looks more say so, long before the threshold"
  )
  func told() throws {
    let bench = try bench()
    bench.run(for: .hours(2))
    #expect(isOrdinary(bench))
    block(bench)
    // 10 kPa are 93 steps; the creep of a quarter of an hour 5 more, and two looks after that 32 each at the most.
    #expect((93...(98 + 64)).contains(bench.held), "\(bench.held)")
    #expect(bench.pump.alarms[.occluded]?.priority == .medium && bench.pump.mode == .occluded)
    #expect(!bench.pump.outputs.isOpen && bench.pump.alarms.on[.wasOccluded])
    #expect(bench.pump.bolus(micrograms(1), .minutes(5)).reason == .occluded)
  }

  @Test(
    "R-148 A sensor that says the very same for an hour of flow is lost, and found when it says something else"
  )
  func stuck() throws {
    let bench = try bench()
    bench.run(for: .hours(1))
    bench.shown = 5_100
    bench.look()
    bench.run(for: .minutes(59))
    #expect(isOrdinary(bench))
    bench.run(for: .minutes(2))
    #expect(bench.pump.alarms[.pressureLost]?.priority == .medium)
    // Nothing is told by it any more, and nothing is kept back for it.
    #expect(bench.pump.mode == .continuous)
    bench.run(for: .hours(3))
    #expect(bench.pump.alarms.on[.pressureLost])
    bench.shown = nil
    bench.run(for: .minutes(2))
    #expect(isOrdinary(bench))
    // It has begun anew, and tells of a line that is blocked.
    bench.run(for: .hours(1))
    block(bench)
    #expect(bench.pump.alarms.on[.occluded])
  }

  @Test("R-148 One that is stuck high keeps basal back for an hour at the most")
  func stuckHigh() throws {
    let bench = try bench()
    bench.run(for: .hours(1))
    bench.shown = 80_000
    bench.look()
    bench.run(for: .minutes(10))
    #expect(bench.pump.mode == .occluded)
    bench.run(for: .minutes(51))
    #expect(bench.pump.mode == .continuous && bench.pump.alarms.on[.pressureLost])
    // What it says is told no more, once somebody has seen what it said.
    #expect(bench.pump.ask(.acknowledge).isAccepted)
    bench.run(for: .minutes(10))
    #expect(!bench.pump.alarms.on[.wasOccluded] && !bench.pump.alarms.on[.occluded])
  }

  @Test("R-148 While nothing flows a pressure that stays is none that is stuck")
  func stopped() throws {
    let bench = try bench()
    bench.run(for: .hours(1))
    bench.pump.ask(.stop)
    bench.shown = 5_000
    bench.run(for: .hours(3))
    #expect(!bench.pump.alarms.on[.pressureLost])
    bench.pump.ask(.resume)
    bench.run(for: .minutes(59))
    #expect(!bench.pump.alarms.on[.pressureLost])
    bench.run(for: .minutes(3))
    #expect(bench.pump.alarms.on[.pressureLost])
  }

  @Test(
    "R-141 As long as the pressure stays no step is tried, and the alarm is high after 3 min; what is not given is a deficit"
  )
  func stays() throws {
    let bench = try bench()
    bench.run(for: .hours(1))
    block(bench)
    let (told, steps) = (bench.pump.now, bench.pump.stepTicks.count)
    bench.run(to: told + bench.pump.ticks(.seconds(179)))
    #expect(bench.pump.alarms[.occluded]?.priority == .medium)
    bench.run(to: told + bench.pump.ticks(.seconds(181)))
    #expect(bench.pump.alarms[.occluded]?.priority == .high)
    bench.run(for: .hours(8))
    #expect(bench.pump.stepTicks.count == steps && !bench.pump.alarms.on[.driveFails])
    let account = bench.pump.account
    #expect(account.prescribed == account.delivered + account.deficit + account.pending)
    #expect(account.deficit(.driveFailed) > 0)
  }

  @Test(
    "R-141 It opens: after the pause 64 steps are tried at the rate in force, basal goes on, nothing is made up, and no extra dose is given until somebody has acknowledged it"
  )
  func opens() throws {
    let bench = try bench()
    bench.run(for: .hours(1))
    block(bench)
    bench.run(for: .hours(2))
    let before = bench.pump.stepTicks.count
    bench.isBlocked = false
    bench.run(for: .minutes(2))
    // The pressure has fallen, and no pause is left: it is tried as soon as that is seen.
    #expect(bench.pump.mode == .continuous && bench.pump.alarms.on[.occluded])
    while bench.pump.alarms.on[.occluded], bench.pump.stepTicks.count < before + 200 {
      bench.run(to: bench.pump.now + 1)
      #expect(!bench.pump.alarms.on[.driveFails])
    }
    #expect((64...66).contains(bench.pump.stepTicks.count - before))
    #expect(bench.pump.alarms.on[.wasOccluded])
    bench.run(for: .minutes(1))
    #expect(!bench.pump.alarms.on[.driveFails])
    let (steps, lost) = (bench.pump.stepTicks.count, bench.pump.account.deficit(.driveFailed))
    bench.run(for: .hours(6))
    #expect(bench.pump.stepTicks.count - steps == 2_400)
    #expect(bench.pump.account.deficit(.driveFailed) == lost)
    for (one, next) in zip(bench.pump.stepTicks, bench.pump.stepTicks.dropFirst()) {
      #expect(next - one >= 89)
    }
    #expect(bench.pump.bolus(micrograms(1), .minutes(5)).reason == .occluded)
    #expect(bench.pump.ask(.acknowledge).isAccepted && isOrdinary(bench))
  }

  @Test(
    "R-141 An attempt into a line that is still blocked opens nothing, ends where the pressure is back, and the pauses grow",
    arguments: [(10_000, 64...64), (3_000, 28...56)] as [(Int64, ClosedRange<Int>)])
  func blockedAgain(rise: Int64, steps wanted: ClosedRange<Int>) throws {
    var rig = Rig.blocking()
    rig.occlusion?.rise = Pressure(pascals: rise)
    let bench = try PressureBench(.continuous(basal), on: rig)
    bench.run(for: .hours(1))
    block(bench)
    bench.run(for: .minutes(3))
    // Somebody lets the pressure out beside the line, and it is blocked as before.
    var attempts: [(begun: Int64, steps: Int)] = []
    for _ in 0..<4 {
      bench.isBlocked = false
      bench.run(to: bench.pump.now + 1)
      bench.isBlocked = true
      let steps = bench.pump.stepTicks.count
      while bench.pump.mode != .continuous { bench.run(to: bench.pump.now + 1) }
      let begun = bench.pump.now
      while bench.pump.mode == .continuous { bench.run(to: bench.pump.now + 1) }
      attempts.append((begun, bench.pump.stepTicks.count - steps))
      #expect(bench.pump.alarms[.occluded]?.priority == .high)
    }
    for attempt in attempts { #expect(wanted.contains(attempt.steps), "\(attempts)") }
    let pauses = zip(attempts, attempts.dropFirst()).map { $1.begun - $0.begun }
    // 2, 5 and 10 minutes from the end of one that took up to 64 steps of 90 ticks.
    for (pause, minutes) in zip(pauses, [2, 5, 10] as [Int64]) {
      let least = minutes * 600
      #expect((least...(least + 64 * 91 + 700)).contains(pause), "\(pauses)")
    }
  }

  @Test("R-141 A pressure that creeps up by 2 kPa an hour, and falls again, is told of by nobody")
  func creeps() throws {
    let bench = try bench()
    bench.run(for: .minutes(10))
    for hour in 0..<30 {
      let least = Int64(5_000 + (hour < 20 ? hour : 40 - hour) * 1_900)
      bench.usual = { _ in least }
      bench.run(for: .hours(1))
    }
    #expect(isOrdinary(bench))
  }

  @Test("R-141 Two looks that are torn say nothing, however high; three in a row do")
  func torn() throws {
    let bench = try bench()
    bench.run(for: .minutes(10))
    for pascals in [60_000, 250_000, -60_000] as [Int64] {
      bench.tear(pascals, looks: 2)
      bench.run(for: .minutes(5))
      #expect(isOrdinary(bench))
    }
    // Nor where nothing is said in between.
    bench.tear(60_000, looks: 2, isSilentThen: true)
    bench.tear(60_000, looks: 1)
    #expect(isOrdinary(bench))
    bench.run(for: .minutes(5))
    bench.tear(16_000, looks: 3)
    #expect(bench.pump.alarms.on[.occluded])
  }

  @Test(
    "R-141 One look that is torn down makes nothing blocked for longer than it takes to creep up")
  func tornDown() throws {
    let bench = try bench()
    bench.run(for: .minutes(10))
    bench.tear(-3_000, looks: 1)
    bench.run(for: .hours(5))
    #expect(isOrdinary(bench))
  }

  @Test(
    "R-141 A flow that rises raises the pressure, and nothing is blocked; at the flow of then it is told all the same"
  )
  func flow() throws {
    var rig = Rig.bench(tick: 10)
    rig.occlusion = OcclusionLimits(threshold: Pressure(pascals: 70_000))
    var order = Prescription.continuous(basal)
    (order.maxDose1h, order.maxDose24h) = (micrograms(500), micrograms(2_000))
    let bench = try PressureBench(order, on: rig)
    // A long thin catheter: 27 kPa more at four steps a second, which come in eight seconds.
    bench.usual = { 5_000 + Int64($0) * 800 }
    bench.run(for: .minutes(30))
    #expect(bench.pump.bolus(micrograms(20), .minutes(10)).isAccepted)
    bench.run(for: .minutes(5))
    #expect(bench.pascals > 15_000 && bench.pump.alarms.highest == nil)
    bench.isBlocked = true
    bench.run(for: .minutes(1))
    #expect(bench.pump.alarms.on[.occluded] && bench.pump.extraDose == nil)
  }

  @Test("R-141 Of a line that is blocked from the begin on the threshold tells")
  func threshold() throws {
    var rig = Rig.blocking()
    rig.occlusion = OcclusionLimits(
      threshold: Pressure(pascals: 20_000), rise: Pressure(pascals: 20_000))
    let bench = try PressureBench(.continuous(basal), on: rig)
    block(bench)
    // From 5 to 20 kPa are 139 steps.
    #expect((139...(139 + 30)).contains(bench.held), "\(bench.held)")
  }

  @Test(
    "R-139 R-141 Where the sensor says nothing any more what is ordered is tried, and somebody told"
  )
  func silent() throws {
    let bench = try bench()
    bench.run(for: .hours(1))
    block(bench)
    bench.isSilent = true
    bench.look()
    bench.run(for: .minutes(1))
    #expect(bench.pump.mode == .continuous && !bench.pump.alarms.on[.occluded])
    #expect(bench.pump.alarms.on[.pressureLost] && bench.pump.alarms.on[.wasOccluded])
  }

  @Test("R-141 A shaft that stands in a line that is blocked is tried when both may be tried")
  func standsToo() throws {
    let pump = try Pump(.continuous(basal), on: .blocking())
    /// A look, and ten seconds.
    func look(_ pascals: Int64) {
      var samples = SensorReadings()
      samples.encoder = SensorReading(.good, value: 100)
      samples.pressure = SensorReading(.good, value: pascals)
      pump.facts.samples = samples
      pump.run(to: pump.now + 100)
    }
    while !pump.alarms.on[.stalled], pump.now < 20_000 { look(5_000) }
    let stalled = pump.now
    while !pump.alarms.on[.occluded] { look(80_000) }
    let steps = pump.stepTicks.count
    #expect(pump.alarms.on[.stalled] && pump.mode == .stalled)
    // A minute after the stall, and not one after the occlusion.
    while pump.now < stalled + 700 { look(5_000) }
    #expect(pump.stepTicks.count == steps && pump.mode == .stalled)
    while pump.now < stalled + 1_200 { look(5_000) }
    #expect(pump.stepTicks.count > steps && pump.mode == .continuous)
  }

  @Test("R-131 R-141 A prime into a line that is blocked is over")
  func prime() throws {
    let pump = try Pump(.continuous(basal), on: .blocking())
    #expect(pump.tell(SupplyChange(.lineReplaced)) == nil)
    #expect(pump.tell(SupplyChange(.purge)) == nil && pump.prime != nil)
    for _ in 0..<3 { pump.press(80_000) }
    #expect(pump.prime == nil && pump.alarms.on[.wasOccluded])
    #expect(pump.tell(SupplyChange(.purge))?.reason == .occluded)
  }

  @Test("R-141 Without a sensor in the rig a pressure is nobody's")
  func none() throws {
    let bench = try PressureBench(.continuous(basal), on: .bench())
    bench.isBlocked = true
    bench.run(for: .hours(20))
    #expect(isOrdinary(bench))
  }
}
