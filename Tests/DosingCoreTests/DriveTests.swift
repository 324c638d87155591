import DosingCore
import Quantities
import Testing

@Suite struct DriveTests {
  /// A step every 22.5 ticks: the first is due in tick 23.
  private func pump(safeBasal: DoseRate? = nil) throws -> Pump {
    var order = Prescription.continuous(microgramsPerDay(300))
    order.safeBasal = safeBasal ?? order.safeBasal
    return try Pump(order)
  }

  @Test("R-114 A drive that takes no step for 10 s is a fault, and what accrues meanwhile lost")
  func drive() throws {
    let pump = try pump()
    pump.drive = .driveFailed
    pump.run(to: 122)
    #expect(pump.alarms.highest == nil && pump.stepTicks.isEmpty)
    pump.run(to: 123)
    #expect(pump.alarms[.driveFails]?.priority == .medium)
    #expect(pump.alarms[.driveFails]?.raised == Tick(123) && pump.mode == .continuous)
    for _ in 0..<500 {
      pump.run(to: pump.now + 1)
      let account = pump.account
      #expect(account.pending == account.perStep && account.steps == 0)
      #expect(account.deficit(.driveFailed) == account.prescribed - account.perStep)
      #expect(account.deficit(.driveFailed) == account.deficit)
    }
    #expect(pump.bolus(micrograms(2), .minutes(5)).reason == .driveFails)
    #expect(pump.alarms[.driveFails]?.priority == .medium)
    #expect(pump.report().usedHour == .zero)
  }

  @Test("R-114 The first step that is made ends it, and nothing is made up")
  func driveEnds() throws {
    let pump = try pump()
    pump.drive = .driveFailed
    pump.run(to: 600)
    #expect(pump.alarms[.driveFails] != nil)
    let lost = pump.account.deficit
    pump.drive = nil
    pump.run(to: 601)
    #expect(pump.stepTicks == [601])
    pump.run(to: 602)
    #expect(pump.alarms.highest == nil)
    // The step that waited, and no burst.
    #expect(pump.account.deficit == lost)
    pump.run(to: 622)
    #expect(pump.stepTicks == [601])
    pump.run(to: 623)
    #expect(pump.stepTicks == [601, 623] && pump.account.deficit == lost)
    #expect(pump.bolus(micrograms(2), .minutes(5)).isAccepted)
  }

  @Test("R-114 A step that is made within 10 s is no fault, however often the drive fails")
  func driveFailsShortly() throws {
    let pump = try pump()
    for _ in 0..<4 {
      pump.drive = .driveFailed
      pump.runToStep()
      pump.run(for: Nanoseconds.seconds(9))
      pump.drive = nil
      pump.runToStep()
      pump.run(for: .minutes(15))
      #expect(pump.alarms.highest == nil)
    }
    #expect(pump.account.deficit(.driveFailed) > 0)
  }

  @Test("R-114 Where less is lost, it is a high alarm 5 min after it was raised")
  func driveBecomesHigh() throws {
    let pump = try pump()
    pump.drive = .driveFailed
    pump.run(to: 123)
    #expect(pump.alarms[.driveFails]?.priority == .medium)
    // Nothing is lost while it is stopped, and the drive is no better for it.
    pump.ask(.stop)
    pump.run(to: 123 + 2_999)
    #expect(pump.alarms[.driveFails]?.priority == .medium)
    pump.run(to: 123 + 3_000)
    #expect(pump.alarms[.driveFails]?.priority == .high)
    #expect(pump.alarms[.driveFails]?.raised == Tick(123))
  }

  @Test("R-114 A drive that fails now and then is a high alarm as soon as 2 % of an hour are lost")
  func intermittentDrive() throws {
    let pump = try pump()
    let most = 720 * pump.unitsPerTick.basal
    var raisedAt: Int64?
    while pump.now < 20_000 {
      // 9 s of failure, and 30 s that are well.
      pump.drive = pump.now % 390 < 90 ? .driveFailed : nil
      let lost = pump.account.deficit(.driveFailed)
      pump.run(to: pump.now + 1)
      #expect(pump.alarms[.driveFails]?.priority == (lost > most ? .high : nil))
      if lost > most { raisedAt = raisedAt ?? pump.now }
    }
    let raised = try #require(raisedAt)
    #expect(pump.alarms[.driveFails]?.raised == Tick(raised) && pump.mode == .continuous)
    #expect(pump.bolus(micrograms(2), .minutes(5)).reason == .driveFails)
    // It ends when the hour has passed, and not with a step.
    pump.drive = nil
    pump.run(for: .minutes(30))
    #expect(pump.alarms[.driveFails]?.priority == .high)
    pump.run(for: .minutes(31))
    #expect(pump.alarms.highest == nil)
  }

  @Test("R-114 A drive that fails on and on is a high alarm at 2 %, before its 5 min are over")
  func losesMuch() throws {
    let pump = try pump()
    let most = 720 * pump.unitsPerTick.basal
    pump.drive = .driveFailed
    while pump.account.deficit(.driveFailed) <= most {
      #expect(pump.alarms.highest != .high)
      pump.run(to: pump.now + 1)
    }
    // 22.5 ticks of basal wait, and 720 more are lost.
    #expect(pump.now == 743)
    pump.run(to: 744)
    #expect(pump.alarms[.driveFails]?.priority == .high)
    #expect(pump.alarms[.driveFails]?.raised == Tick(123))
  }

  @Test("R-114 A line that cannot be driven is a fault after 10 s, and ends when it can")
  func outputs() throws {
    let pump = try pump()
    pump.run(to: 1_000)
    pump.facts.failedOutputs = .lamp
    pump.run(to: 1_050)
    // Another one beside it is no new beginning.
    var both = OutputSet.lamp
    both.insert(.buzzer)
    pump.facts.failedOutputs = both
    pump.run(to: 1_100)
    #expect(pump.alarms.highest == nil)
    pump.run(to: 1_101)
    #expect(pump.alarms[.outputFails]?.priority == .medium)
    #expect(pump.alarms[.outputFails]?.raised == Tick(1_101))
    #expect(pump.bolus(micrograms(1), .minutes(1)).isAccepted)
    pump.run(to: 1_101 + 2_999)
    #expect(pump.alarms[.outputFails]?.priority == .medium)
    pump.run(to: 1_101 + 3_000)
    #expect(pump.alarms[.outputFails]?.priority == .high && pump.mode == .continuous)
    pump.facts.failedOutputs = OutputSet.none
    pump.run(to: pump.now + 1)
    #expect(pump.alarms.highest == nil && pump.account.deficit == 0)
    // What failed before is forgotten.
    pump.facts.failedOutputs = .buzzer
    pump.run(for: .seconds(9))
    #expect(pump.alarms.highest == nil)
  }

  @Test("R-114 Storage slower than the lease is a fault where 1 % of an hour was lost to it")
  func slowStorage() throws {
    // 4.8 mL/d: 32 steps are 9 s, asked for when half are left.
    let pump = try Pump(
      .continuous(
        microgramsPerDay(2_400), maxDose1h: micrograms(400), maxDose24h: micrograms(9_000)))
    pump.beginLeases()
    let most = 360 * pump.unitsPerTick.basal
    var storage = StorageWait()
    var (lostInFive, raised, ended) = ([Int64: Int128](), Int64?.none, Int64?.none)
    while pump.now < 60_000 {
      let before = pump.account.deficit(.noLease)
      // The hour and the five minutes that are begun.
      let five = (pump.now + 1) / 3_000
      let lost = lostInFive.filter { five - $0.key <= 12 }.values.reduce(0, +)
      let isAsked = storage.tick(pump, latency: pump.now < 3_000 ? 80 : 2)
      lostInFive[pump.now / 3_000, default: 0] += pump.account.deficit(.noLease) - before
      let isOn = pump.alarms[.storageSlow] != nil
      // It is looked at whenever a commit is durable, and once a minute.
      if isAsked || pump.now % 600 == 0 { #expect(isOn == (lost > most), "tick \(pump.now)") }
      if isOn { raised = raised ?? pump.now }
      if raised != nil, !isOn { ended = ended ?? pump.now }
      #expect(pump.alarms[.storageFailed] == nil && pump.mode == .continuous)
    }
    let begin = try #require(raised)
    #expect(begin > 360 && begin < 3_000)
    // The first five minutes have left the hour, or those after them.
    let end = try #require(ended)
    #expect([13 * 3_000, 14 * 3_000].contains(end), "\(end)")
    #expect(pump.alarms.highest == nil)
  }
}

/// Writes down what is asked for, some ticks later.
private struct StorageWait {
  private var isOnItsWay: (lease: (commit: Int64, leaseEnd: Int64), at: Int64)?

  /// The next tick. Returns whether a commit became durable in it.
  mutating func tick(_ pump: Pump, latency: Int64) -> Bool {
    var isDurable = false
    if let (lease, at) = isOnItsWay, at == pump.now + 1 {
      pump.grant(lease)
      (isOnItsWay, isDurable) = (nil, true)
    }
    pump.run(to: pump.now + 1)
    if pump.decision.wantsCommit, isOnItsWay == nil {
      isOnItsWay = (pump.propose(), pump.now + latency)
    }
    return isDurable
  }
}
