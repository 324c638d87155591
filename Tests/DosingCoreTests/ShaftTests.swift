import Quantities
import SeededNumbers
import Testing

@testable import DosingCore

/// A shaft that stands, slips, goes by itself or is not seen: what is told, and what becomes of basal.
@Suite struct ShaftTests {
  /// Of 500 ug/mL 0.15 mL/d: 9,600 steps a day, one in 90 ticks.
  private let basal = microgramsPerDay(75)

  private func bench() throws -> ShaftBench { try ShaftBench(.continuous(basal)) }

  @Test("R-137 A shaft that does as it is told is told of by nobody, over many turns")
  func ordinary() throws {
    let bench = try bench()
    bench.run(for: .hours(30))
    #expect(bench.turned > 3.5 * 3200 && bench.pump.alarms.highest == nil)
    #expect(bench.pump.stepsInDoubt == 0)
  }

  @Test(
    "R-137 An encoder that is read a second late tells nothing of a shaft that goes, however fast, and through the begin and the end of a fast bolus",
    arguments: [(24_000, 65), (90_000, 240)] as [(Int64, Int64)])
  func late(microlitresPerDayMost: Int64, dose: Int64) throws {
    var rig = Rig.bench(tick: 10, maxRate: microlitresPerDay(microlitresPerDayMost))
    rig.maxVolume1h = microlitres(4_000)
    rig.maxVolume24h = microlitres(20_000)
    var order = Prescription.continuous(basal)
    (order.maxDose1h, order.maxDose24h) = (micrograms(2_000), micrograms(9_000))
    let bench = try ShaftBench(order, on: rig)
    bench.age = 99
    bench.run(for: .minutes(7))
    for _ in 0..<6 {
      #expect(bench.pump.bolus(micrograms(dose), .minutes(8)).isAccepted)
      bench.run(for: .minutes(13))
      #expect(bench.pump.alarms.highest == nil && bench.pump.stepsInDoubt == 0)
    }
    // It stands in the middle of one: 18 steps a second, or 64.
    #expect(bench.pump.bolus(micrograms(dose), .minutes(8)).isAccepted)
    bench.run(for: .minutes(4))
    let steps = bench.pump.stepTicks.count
    bench.turns = { $0 < steps ? 1 : 0 }
    bench.run(for: .seconds(10))
    #expect(bench.pump.alarms.on[.stalled] && bench.pump.extraDose == nil)
  }

  @Test(
    "R-137 Wherever between two looks it stops, it is told before 57 steps more, and none of them is forgotten",
    arguments: [0, 1, 7, 15, 16, 17, 24, 31])
  func told(phase: Int) throws {
    let bench = try bench()
    let last = 320 + phase
    bench.turns = { $0 < last ? 1 : 0 }
    while bench.pump.alarms[.stalled] == nil, bench.pump.stepTicks.count < 1_000 {
      bench.run(to: bench.pump.now + 1)
    }
    let lost = bench.pump.stepTicks.count - last
    // A look each 32 steps: half of a stretch may have turned it, then a whole one does not; the look of the next
    // minute, seven steps later, has to say so too.
    #expect(lost <= 56 && lost >= 17)
    #expect(bench.pump.alarms[.stalled]?.priority == .medium)
    #expect(bench.pump.alarms.on[.wasStalled])
    #expect(bench.pump.mode == .stalled && !bench.pump.outputs.isOpen)
    bench.turns = { _ in 1 }
    bench.run(for: .hours(1))
    #expect(bench.pump.mode == .continuous && bench.pump.alarms[.stalled] == nil)
    // An angle has fewer counts than a quarter of a step.
    #expect(abs(Int(bench.pump.stepsInDoubt) - lost) <= 2)
  }

  /// The steps of each attempt, and the pause before it in ticks.
  private func attempts(_ ticks: ArraySlice<Int64>, after told: Int64) -> [(
    pause: Int64, count: Int
  )] {
    var found: [(pause: Int64, count: Int)] = []
    var last = told
    for tick in ticks {
      if tick - last > 100 { found.append((tick - last, 0)) }
      found[found.count - 1].count += 1
      last = tick
    }
    return found
  }

  @Test(
    "R-137 While it stands 64 steps are tried after 1, 2, 5, 10 and then every 15 min; high from the second on; what is not given is a deficit, and nothing is made up"
  )
  func attempts() throws {
    let bench = try bench()
    bench.turns = { $0 < 320 ? 1 : 0 }
    while bench.pump.mode != .stalled { bench.run(to: bench.pump.now + 1) }
    let (told, before) = (bench.pump.now, bench.pump.stepTicks.count)
    var isHighAt: Int64?
    var ordered: (Int128, Int128) = (0, 0)
    while bench.pump.now < told + bench.pump.ticks(.hours(4)) {
      bench.run(to: bench.pump.now + 1)
      if isHighAt == nil, bench.pump.alarms[.stalled]?.priority == .high {
        isHighAt = bench.pump.now
      }
      let account = bench.pump.account
      ordered = (account.prescribed, account.delivered + account.deficit + account.pending)
      #expect(ordered.0 == ordered.1 && !bench.pump.alarms.on[.driveFails])
    }
    let made = attempts(bench.pump.stepTicks[before...], after: told)
    // A step takes 90 ticks; what was pending may bring the first one at once.
    let pauses = [600, 1_200, 3_000, 6_000, 9_000, 9_000, 9_000]
    for (attempt, pause) in zip(made, pauses) {
      #expect((0...91).contains(attempt.pause - Int64(pause)), "\(made)")
      #expect(attempt.count == 64)
    }
    #expect(made.count >= 7)
    let second = try #require(made.count > 1 ? isHighAt : nil)
    #expect(second - told < 600 + 64 * 91 + 1_200 + 10 && second - told > 600 + 64 * 89)
    let deficit = bench.pump.account.deficit(.driveFailed)
    // It goes again: basal as ordered, at its own pace.
    bench.turns = { _ in 1 }
    bench.run(for: .minutes(40))
    #expect(bench.pump.mode == .continuous && bench.pump.alarms[.stalled] == nil)
    #expect(bench.pump.alarms.on[.wasStalled] && !bench.pump.alarms.on[.driveFails])
    let (steps, lost) = (bench.pump.stepTicks.count, bench.pump.account.deficit(.driveFailed))
    bench.run(for: .hours(6))
    #expect(bench.pump.stepTicks.count - steps == 2_400)
    #expect(bench.pump.account.deficit(.driveFailed) == lost && lost > deficit)
    for (one, next) in zip(bench.pump.stepTicks, bench.pump.stepTicks.dropFirst()) {
      #expect(next - one >= 89)
    }
    #expect(bench.pump.ask(.acknowledge).isAccepted && bench.pump.alarms.highest == nil)
  }

  @Test("R-137 A stall that comes again after it was acknowledged is told again")
  func again() throws {
    let bench = try bench()
    bench.turns = { $0 < 320 ? 1 : 0 }
    bench.run(for: .hours(2))
    #expect(bench.pump.ask(.acknowledge).isAccepted)
    #expect(bench.pump.alarms.on[.stalled] && !bench.pump.alarms.on[.wasStalled])
    bench.turns = { _ in 1 }
    bench.run(for: .hours(1))
    #expect(bench.pump.alarms.highest == nil)
    bench.turns = { _ in 0 }
    bench.run(for: .hours(1))
    #expect(bench.pump.alarms.on[.stalled] && bench.pump.alarms.on[.wasStalled])
  }

  @Test("R-137 Nobody gets an extra dose while it stands, and one that runs ends there")
  func extras() throws {
    var order = Prescription.continuous(basal)
    order.maxDose1h = micrograms(200)
    let bench = try ShaftBench(order)
    bench.run(for: .minutes(1))
    #expect(bench.pump.bolus(micrograms(100), .hours(2)).isAccepted)
    bench.turns = { _ in 0 }
    bench.run(for: .minutes(30))
    #expect(bench.pump.extraDose == nil && bench.pump.alarms.on[.stalled])
    #expect(bench.pump.bolus(micrograms(1), .minutes(5)).reason == .driveFails)
    #expect(bench.pump.tell(SupplyChange(.prime)) != nil)
  }

  @Test("R-137 A stop outlasts a stall, and a stall outlasts a stop")
  func stopped() throws {
    let bench = try bench()
    bench.turns = { $0 < 320 ? 1 : 0 }
    bench.run(for: .hours(2))
    #expect(bench.pump.ask(.stop).isAccepted && bench.pump.mode == .stoppedByCommand)
    let steps = bench.pump.stepTicks.count
    bench.run(for: .hours(2))
    #expect(bench.pump.stepTicks.count == steps && bench.pump.mode == .stoppedByCommand)
    #expect(bench.pump.alarms.on[.stalled])
    #expect(bench.pump.ask(.resume).isAccepted)
    bench.turns = { _ in 1 }
    bench.run(for: .hours(1))
    #expect(bench.pump.mode == .continuous && !bench.pump.alarms.on[.stalled])
  }

  @Test(
    "R-137 A shaft that loses one step in ten is told, its losses are in doubt, and basal goes on")
  func slips() throws {
    let bench = try bench()
    bench.turns = { $0 % 10 == 9 ? 0 : 1 }
    bench.run(for: .hours(24))
    let alarms = bench.pump.alarms
    #expect(alarms.on[.shaftSlips] && !alarms.on[.wasStalled])
    #expect(bench.pump.stepTicks.count == 9_600 && bench.pump.mode == .continuous)
    let lost = 9_600 - bench.turned
    // What came since the newest of them was told is not told yet: 3 windows and 2 full steps.
    #expect(Double(bench.pump.stepsInDoubt) > lost - 140)
    #expect(Double(bench.pump.stepsInDoubt) < lost + 4)
    #expect(bench.pump.ask(.acknowledge).isAccepted)
    bench.run(for: .hours(3))
    #expect(bench.pump.alarms.on[.shaftSlips])
  }

  @Test(
    "R-138 A shaft that turns further than it was told, or back, ends in a hard stop at the third look, and not before it is 2 full steps off",
    arguments: [(0.5, true), (-0.5, true), (0.0003, true), (0.00002, false)])
  func strays(perTick: Double, isTold: Bool) throws {
    let bench = try bench()
    bench.run(for: .hours(1))
    bench.strays = perTick
    bench.run(for: .hours(12))
    let strayed = abs(perTick) * Double(bench.pump.ticks(.hours(12)))
    #expect(bench.pump.alarms.on[.driveDisobeys] == isTold, "\(strayed)")
    #expect(isTold == (strayed > 34))
    guard isTold else { return #expect(bench.pump.alarms.highest == nil) }
    #expect(bench.pump.alarms.on[.hardStop] && bench.pump.mode == .hardStop)
    let outputs = bench.pump.outputs
    #expect(!outputs.isOpen && !outputs.enable && !outputs.beats && outputs.signal.sound == .high)
    #expect(bench.pump.ask(.resume).reason == .hardStop)
    #expect(bench.pump.ask(.acknowledge).isAccepted && bench.pump.mode == .hardStop)
    // Whoever clears it while it still turns is told again.
    #expect(bench.pump.ask(.clear).isAccepted)
    #expect(bench.pump.alarms.on[.stopped] && !bench.pump.alarms.on[.driveDisobeys])
    #expect(bench.pump.outputs.beats)
    bench.run(for: .hours(12))
    #expect(bench.pump.mode == .hardStop)
    bench.strays = 0
    #expect(bench.pump.ask(.clear).isAccepted && bench.pump.ask(.resume).isAccepted)
    bench.run(for: .hours(12))
    #expect(bench.pump.mode == .continuous && bench.pump.alarms.highest == nil)
  }

  @Test(
    "R-138 Looks that are torn are believed no sooner than at the third in a row, and of a stand at the second, however often they come"
  )
  func torn() throws {
    let bench = try bench()
    bench.run(for: .hours(1))
    for round in 1...12 {
      // Back by 60 counts once; or ahead once or twice.
      let isBack = round % 3 == 0
      for _ in 0..<(isBack ? 1 : round % 2 + 1) {
        bench.shown = bench.angle + (isBack ? -60 : 60)
        bench.look()
        bench.run(to: bench.pump.now + 2)
      }
      bench.shown = nil
      bench.look()
      bench.run(for: .minutes(20))
      let told = FaultCode.allCases.filter { bench.pump.alarms.on[$0] }
      #expect(told.isEmpty && bench.pump.stepsInDoubt == 0, "round \(round), \(told)")
    }
  }

  @Test(
    "R-137 A look that is torn makes no shaft stand or slip, however often it comes",
    arguments: [(32, -60), (32, 60), (128, -60), (128, 60)] as [(Int64, Int64)])
  func tornWhereItIsAsked(steps: Int64, counts torn: Int64) {
    let rig = Rig.bench()
    var watch = ShaftWatch()
    var verdicts: [ShaftWatch.Verdict] = []
    for look in Int64(0)...60 {
      let off = look % 3 == 2 ? torn : 0
      let counts = (look * steps * 4096 / 3200 + off + 4096) % 4096
      let verdict = watch.take(
        counts, after: look * steps, at: Tick(look * steps * 90), young: 0, rig)
      if let verdict { verdicts.append(verdict) }
    }
    #expect(verdicts.count > 30 && verdicts.allSatisfy { $0 == .goes }, "\(verdicts)")
  }

  @Test(
    "R-137 After one look that was torn back, whenever it came, a stall is told as soon as ever",
    arguments: [-30, -41, -50, -60, -80, -120, 30, 60] as [Int64])
  func tornOnce(counts: Int64) throws {
    for after in 0..<4 {
      let bench = try bench()
      bench.run(for: .hours(1))
      bench.run(to: bench.pump.now + Int64(after) * 700)
      bench.shown = bench.angle + counts
      bench.look()
      bench.run(to: bench.pump.now + 2)
      bench.shown = nil
      bench.run(for: .hours(12))
      #expect(bench.pump.alarms.highest == nil)
      let steps = bench.pump.stepTicks.count
      bench.turns = { $0 < steps ? 1 : 0 }
      while bench.pump.alarms[.stalled] == nil, bench.pump.stepTicks.count < steps + 1_000 {
        bench.run(to: bench.pump.now + 1)
      }
      #expect(bench.pump.stepTicks.count - steps <= 57 + 64, "\(after)")
    }
  }

  @Test("R-138 A coil that is wired the other way round ends in a hard stop")
  func reversed() throws {
    let bench = try bench()
    bench.turns = { _ in -1 }
    bench.run(for: .hours(2))
    #expect(bench.pump.mode == .hardStop && bench.pump.alarms.on[.driveDisobeys])
    // Back by no more than it takes to see it: six looks.
    #expect(bench.turned > -200)
  }

  @Test(
    "R-137 An encoder that was stuck and shows where the shaft is, is believed once; a shaft that goes by itself then is not",
    arguments: [180, 187, 195, 206, 214] as [Int64])
  func stuck(minutes: Int64) throws {
    let bench = try bench()
    bench.run(for: .hours(1))
    bench.shown = bench.angle
    bench.run(for: .minutes(minutes))
    #expect(bench.pump.alarms[.stalled]?.priority == .high)
    bench.shown = nil
    bench.run(for: .hours(1))
    #expect(!bench.pump.alarms.on[.driveDisobeys] && bench.pump.mode == .continuous)
    bench.shown = bench.angle
    bench.run(for: .minutes(minutes))
    bench.shown = nil
    // More between two looks than an encoder errs by.
    bench.strays = 4
    bench.run(for: .minutes(10))
    #expect(bench.pump.mode == .hardStop)
  }

  @Test(
    "R-139 A sensor of which nothing is believed for 10 s is lost; of the encoder a high alarm after an hour"
  )
  func lost() throws {
    let bench = try bench()
    bench.run(for: .minutes(10))
    bench.isSilent = true
    bench.look()
    let begin = bench.pump.now + 1
    bench.run(to: begin + 99)
    #expect(bench.pump.alarms.highest == nil)
    bench.run(to: begin + 100)
    #expect(bench.pump.alarms[.encoderLost]?.priority == .medium)
    #expect(bench.pump.bolus(micrograms(1), .minutes(5)).reason == .encoderLost)
    #expect(bench.pump.mode == .continuous)
    bench.run(to: begin + 100 + 36_001)
    #expect(bench.pump.alarms[.encoderLost]?.priority == .high)
    bench.isSilent = false
    bench.look()
    bench.run(for: .seconds(1))
    #expect(bench.pump.alarms.highest == nil)
    #expect(bench.pump.bolus(micrograms(1), .minutes(5)).isAccepted)
  }

  @Test("R-137 A stall of which nobody can see the end any more ends: what is ordered is tried")
  func unseenStall() throws {
    let bench = try bench()
    bench.turns = { $0 < 320 ? 1 : 0 }
    bench.run(for: .hours(2))
    bench.isSilent = true
    bench.look()
    bench.run(for: .seconds(11))
    // That it stood, and that nobody sees it, are two faults: what is ordered is safe basal.
    #expect(!bench.pump.alarms.on[.stalled] && bench.pump.mode == .safeBasal)
    #expect(bench.pump.alarms.on[.wasStalled] && bench.pump.alarms.on[.encoderLost])
    // For less than 10 s nothing is different.
    let other = try self.bench()
    other.turns = { $0 < 320 ? 1 : 0 }
    other.run(for: .hours(2))
    other.isSilent = true
    other.look()
    other.run(for: .seconds(5))
    other.isSilent = false
    other.look()
    other.run(for: .seconds(60))
    #expect(other.pump.alarms[.stalled]?.priority == .high)
  }

  @Test(
    "R-137 R-126 Steps that may not have been made move no boundary for certain: it is where they leave it, or before"
  )
  func boundary() throws {
    var order = Prescription.continuous(basal, maxDose1h: micrograms(200))
    order.concentration = Concentration(nanogramsPerMillilitre: 500_000)
    let bench = try ShaftBench(order, on: .bench(residue: .zero))
    bench.pump.refill(1_000)
    let end = bench.pump.state(\.ledger.line)[0].end
    bench.turns = { $0 < 320 ? 1 : 0 }
    bench.run(for: .hours(6))
    let lost = Double(bench.pump.stepTicks.count) - bench.turned
    let doubts = Double(bench.pump.stepsInDoubt)
    #expect(doubts <= lost + 2 && doubts >= lost - 64)
    #expect(Double(bench.pump.state(\.ledger.line)[0].end - end) == doubts)
    // By count there may be what there really is, and what there would be had they been made.
    let intervals = bench.pump.intervals.counted
    let really = 20_000_000_000 - Int64(bench.turned * 15_625)
    #expect(intervals.least.picolitres <= really - Int64(lost * 15_625))
    #expect(intervals.most.picolitres >= really - 64 * 15_625)
  }

  /// One hour of a random shaft: it follows, stands, slips, is stuck, or is not seen.
  private func anything(_ bench: ShaftBench, _ chance: inout SplitMix64) {
    bench.turns = { _ in 1 }
    (bench.shown, bench.isSilent) = (nil, false)
    switch chance.number(0...7) {
    case 0, 1: bench.turns = { _ in 0 }
    case 2: bench.turns = { $0 % 5 == 0 ? 0 : 1 }
    case 3: bench.isSilent = true
    case 4: bench.turns = { $0 % 2 == 0 ? 0 : 1 }
    default: break
    }
  }

  @Test(
    "R-137 Whatever the shaft does: never more steps than basal needs, each that was lost in doubt, and who stands long is told high",
    arguments: 1...12)
  func histories(seed: UInt64) throws {
    var chance = SplitMix64(seed: seed)
    let bench = try bench()
    var lostUnseen = 0.0
    for _ in 0..<24 {
      anything(bench, &chance)
      let before = Double(bench.pump.stepTicks.count) - bench.turned
      bench.run(for: .minutes(chance.number(5...120)))
      // What nobody sees nobody can doubt.
      let lost = Double(bench.pump.stepTicks.count) - bench.turned - before
      if bench.isSilent { lostUnseen += lost }
      let pump = bench.pump
      let due = Double(pump.now) / 90
      #expect(Double(pump.stepTicks.count) <= due + 1)
      let missing = Double(pump.stepTicks.count) - bench.turned - lostUnseen
      // What came since the last verdict is not judged yet, at most once for each change.
      #expect(Double(pump.stepsInDoubt) >= missing - 48 * 24, "seed \(seed)")
      #expect(
        pump.account.prescribed == pump.account.delivered + pump.account.deficit
          + pump.account.pending)
      #expect(!pump.alarms.on[.driveDisobeys], "seed \(seed)")
    }
  }
}
