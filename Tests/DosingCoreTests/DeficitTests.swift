import Quantities
import SeededNumbers
import Testing

@testable import DosingCore

/// What is ordered and not delivered is booked once, by its cause, and nothing is lost in between.
@Suite struct DeficitTests {
  private static let usual = Prescription.continuous(microgramsPerDay(300))

  private static func running(_ order: Prescription = usual) throws -> DosingState {
    var state = DosingState(rig: .bench(), clock: midnight)
    #expect(state.decide(.program(try Therapy.of(order)), at: Tick(0)).isAccepted)
    _ = state.step(Tick(0))
    return state
  }

  private static func run(_ state: inout DosingState, to number: Int64) {
    while state.now.number < number {
      _ = state.step(Tick(state.now.number + 1))
    }
  }

  @Test("R-115 A gap that a stop ends is a deficit of the late tick, and nothing of it is lost")
  func gapEndsInStop() throws {
    var state = try Self.running()
    let basal = state.unitsPerTick.basal
    Self.run(&state, to: 100)
    // 30 min late, and stopped within.
    let late = Tick(100 + 18_000)
    #expect(state.decide(.stop, at: late).isAccepted)
    _ = state.step(late)
    #expect(state.account.prescribed == 18_100 * basal)
    #expect(state.account.deficit(.lateTick) == 17_999 * basal)
    #expect(state.account.deficit == 17_999 * basal && state.ticksMissed == 17_999)
    #expect(state.mode == .stoppedByCommand)
    Self.run(&state, to: 20_000)
    #expect(state.account.prescribed == 18_100 * basal)
  }

  @Test("R-115 A gap that ends an extra dose, too, books the whole of both")
  func gapInADose() throws {
    var state = try Self.running()
    let (basal, scale) = (state.unitsPerTick.basal, try #require(state.therapy?.scale))
    Self.run(&state, to: 99)
    let dose = Request.bolus(dose: micrograms(5), duration: .minutes(10))
    #expect(state.decide(dose, at: Tick(100)).isAccepted)
    Self.run(&state, to: 200)
    // The dose has 5,900 ticks to go; 3,000 of them are missed before the stop.
    #expect(state.decide(.stop, at: Tick(3_201)).isAccepted)
    let extra = scale.units(micrograms(5)) * 3_101 / 6_000
    #expect(state.account.prescribed == 3_201 * basal + extra)
    // The even dose begins and ends in the middle of a gap: to a unit, since units are whole.
    let missed = 3_000 * basal + scale.units(micrograms(5)) * 3_000 / 6_000
    #expect(abs(state.account.deficit(.lateTick) - missed) <= 1)
  }

  @Test("R-115 Stops in whatever tick lose none: the rate times the ticks that ran is ordered")
  func stopsLoseNothing() throws {
    print("stops, seed 115")
    var generator = SplitMix64(seed: 115)
    var state = try Self.running()
    let basal = state.unitsPerTick.basal
    var (began, ran, missed) = (Int64(0), Int64(0), Int64(0))
    for _ in 0..<200 {
      // Now and then the tick of the request is late.
      for request in [Request.stop, .resume] {
        Self.run(&state, to: state.now.number + generator.number(0...100))
        let gap = generator.oneIn(4) ? generator.number(1...5_000) : 0
        let tick = Tick(state.now.number + 1 + gap)
        #expect(state.decide(request, at: tick).isAccepted)
        _ = state.step(tick)
        if case .stop = request {
          ran += tick.number - began
          missed += gap
        } else {
          began = tick.number
        }
        #expect(state.account.prescribed == Int128(ran) * basal)
        #expect(state.account.deficit(.lateTick) == Int128(missed) * basal)
      }
    }
    let account = state.account
    let delivered = Int128(account.steps) * account.perStep
    #expect(account.prescribed == delivered + account.pending + account.deficit)
    #expect(account.deficit == account.deficit(.lateTick) + account.deficit(.stepWaited))
    // A step that was due as it was stopped waits; what had accrued beyond it is the rest.
    #expect(account.deficit(.stepWaited) < 200 * basal)
  }

  @Test("R-115 Of a gap the part in which the machine slept is booked so, and the clock goes on")
  func suspended() throws {
    // 240 ug/d until 00:10 and 480 from then on.
    let order = Prescription.flex(
      [[(minute: 0, rate: microgramsPerDay(240)), (minute: 10, rate: microgramsPerDay(480))]],
      safeBasal: microgramsPerDay(200))
    let pump = try Pump(order)
    let scale = try #require(pump.therapy?.scale)
    let (low, high) = (
      scale.perTick(microgramsPerDay(240)), scale.perTick(microgramsPerDay(480))
    )
    pump.run(to: 5_000)
    pump.facts.suspended = .minutes(10)
    pump.skip(to: 12_000)
    // Asleep in 5,001 to 11,000, late in 11,001 to 11,999; the rate changes behind tick 6,000.
    #expect(pump.account.deficit(.suspended) == 999 * low + 5_001 * high)
    #expect(pump.account.deficit(.lateTick) == 999 * high)
    #expect(pump.account.prescribed == 6_000 * low + 6_000 * high)
    #expect(pump.alarms[.suspended]?.priority == .medium && pump.ticksMissed == 6_999)
    #expect(pump.report().clock == .minutes(20) && pump.unitsPerTick.basal == high)
    #expect(pump.bolus(micrograms(2), .minutes(5)).isAccepted)
    #expect(pump.ask(.acknowledge).isAccepted && pump.alarms[.suspended] == nil)
    // That ticks were late is another alarm, which lasts.
    #expect(pump.alarms[.ticksLate]?.raised == Tick(12_000))
  }

  @Test("R-115 No more of a gap was slept than there is, and a part of a tick is none")
  func suspendedTooLong() throws {
    let pump = try Pump(Self.usual)
    let basal = pump.unitsPerTick.basal
    pump.run(to: 10)
    pump.facts.suspended = .hours(8)
    pump.skip(to: 111)
    #expect(pump.account.deficit(.suspended) == 100 * basal)
    #expect(pump.account.deficit(.lateTick) == 0)
    pump.facts.suspended = .milliseconds(199)
    pump.skip(to: 122)
    #expect(pump.account.deficit(.suspended) == 101 * basal)
    #expect(pump.account.deficit(.lateTick) == 9 * basal)
    #expect(pump.account.prescribed == 122 * basal)
  }

  @Test("R-115 What an empty reservoir withholds is ordered, and missing, in ticks and in gaps")
  func reservoirEmpty() throws {
    let pump = try Pump(Self.usual, on: .bench(reservoir: .nearlyEmpty))
    let basal = pump.unitsPerTick.basal
    while pump.mode == .continuous { pump.run(to: pump.now + 1) }
    #expect(pump.mode == .reservoirEmpty && pump.account.steps == 640)
    // The tick that noticed it has accrued.
    let before = pump.account.deficit(.reservoirEmpty)
    let noticed = pump.now
    pump.run(for: .minutes(10))
    pump.skip(.hours(1))
    let missing = Int128(pump.now - noticed) * basal
    #expect(pump.account.deficit(.reservoirEmpty) - before == missing)
    #expect(pump.account.deficit(.lateTick) == 0 && pump.account.steps == 640)
    #expect(pump.account.prescribed == Int128(pump.now) * basal)
    // Stopped besides, nothing is ordered.
    pump.ask(.stop)
    let prescribed = pump.account.prescribed
    pump.run(for: .minutes(10))
    pump.skip(.hours(1))
    #expect(pump.account.prescribed == prescribed && pump.mode == .stoppedByCommand)
  }

  @Test("R-115 What a hard stop withholds is ordered, and missing, in ticks and in gaps")
  func hardStop() throws {
    var order = Self.usual
    order.safeBasal = microgramsPerDay(200)
    let pump = try Pump(order)
    let safe = try #require(pump.therapy?.safeBasalPerTick)
    pump.hardStop()
    let (before, noticed) = (pump.account, pump.now)
    pump.run(for: .minutes(10))
    pump.skip(.hours(1))
    // The interlock disagrees, too, so that safe basal is what would run.
    let missing = Int128(pump.now - noticed) * safe
    #expect(pump.account.deficit(.hardStop) - before.deficit(.hardStop) == missing)
    #expect(pump.account.prescribed - before.prescribed == missing)
    #expect(pump.account.steps == before.steps && pump.account.deficit(.lateTick) == 0)
  }

  @Test("R-115 Where nobody knows what was given, and where it is stopped, nothing is ordered")
  func nothingOrdered() throws {
    for isStopped in [false, true] {
      let pump = try Pump(Self.usual)
      pump.run(to: 1_000)
      if isStopped { pump.ask(.stop) } else { pump.loseHistory() }
      let before = pump.account
      pump.run(for: .minutes(30))
      pump.skip(.hours(5))
      #expect(pump.mode == (isStopped ? .stoppedByCommand : .noHistory))
      #expect(pump.account.prescribed == before.prescribed)
      #expect(pump.account.deficit == before.deficit && pump.account.steps == before.steps)
    }
  }
}
