import DosingCore
import Durability
import Foundation
import Journal
import Plant
import Quantities
import Simulation
import Testing

/// Clocks that are wrong, late, or nobody's, over every kind of end and gaps from seconds to decades: what
/// counts as time, what runs, and that no bolus comes too early in true time.
@Suite struct ClockMatrixTests {
  enum Synchronised: CaseIterable { case atStart, later, never }
  enum End: CaseIterable { case clean, kill, powerCut }
  /// What the clock with a battery shows, where the rig declares one.
  enum Battery: CaseIterable { case none, right, behind, ahead }

  struct Case: CustomStringConvertible {
    let isFlex: Bool
    let synchronised: (Synchronised, Synchronised)
    let battery: Battery
    let end: End
    let gap: Nanoseconds
    /// By how much the system clock is ahead until it is synchronised.
    let systemIsAhead: Nanoseconds

    var description: String {
      "\(isFlex ? "flex" : "continuous"), synchronised \(synchronised), battery \(battery), \(end), "
        + "off \(gap.count / 1_000_000_000) s, system \(systemIsAhead.count / 1_000_000_000) s ahead"
    }
  }

  static let gaps: [Nanoseconds] = [
    .seconds(3), .minutes(10), .hours(5), .hours(26), .days(31), .days(365 * 30),
  ]
  /// Right, hours off, 1970, 2100.
  static let offsets: [Nanoseconds] = [.zero, .hours(-8), .days(-20_370), .days(27_100)]

  static let cases: [Case] = {
    var all: [Case] = []
    for isFlex in [true, false] {
      for first in Synchronised.allCases {
        for second in Synchronised.allCases {
          for battery in Battery.allCases {
            for end in End.allCases {
              for gap in gaps {
                all.append(
                  Case(
                    isFlex: isFlex, synchronised: (first, second), battery: battery, end: end,
                    gap: gap, systemIsAhead: offsets[all.count % offsets.count]))
              }
            }
          }
        }
      }
    }
    return all
  }()

  /// What has to be, by a table.
  struct Row {
    /// How much of the time without power counts; nil for none that anybody vouches for.
    var counted: Nanoseconds?
    /// Whether the therapy clock is believed a minute after the start, and when all is over.
    var isTrusted: Bool
    var isTrustedAtLast: Bool

    /// | end | vouched for at both ends by the same clock | counted | believed |
    /// |---|---|---|---|
    /// | clean, kill | (the machine ran on) | all | as before, or since somebody vouches |
    /// | power cut | the kernel | at most 30 d | yes |
    /// | power cut | a battery, up to 30 d | all but a second | yes |
    /// | power cut | nobody | none | if somebody vouches now |
    init(_ of: Case) {
      let kernelThen = of.synchronised.0 != .never
      let kernelNow = of.synchronised.1 == .atStart
      let month = Nanoseconds.days(30)
      let batteryNow = of.battery != .none && of.gap < month
      let wasTrusted = kernelThen || of.battery != .none
      switch of.end {
      case .clean, .kill:
        counted = of.gap
        isTrusted = wasTrusted || kernelNow
      case .powerCut:
        var least: [Nanoseconds] = []
        if kernelThen, kernelNow { least.append(min(of.gap, month)) }
        if batteryNow { least.append(max(.zero, of.gap - .seconds(1))) }
        counted = least.min()
        isTrusted = kernelNow || batteryNow
      }
      isTrustedAtLast = isTrusted || of.synchronised.1 != .never
    }
  }

  /// One case of so many is looked at; PUMP_CLOCKS=all looks at each.
  private static let share =
    ProcessInfo.processInfo.environment["PUMP_CLOCKS"] == "all" ? 1 : 25

  @Test("R-090 What wrong, late and missing clocks come to is as the table says", arguments: 0..<4)
  func matrix(part: Int) throws {
    var boluses = 0
    for index in stride(from: part, to: Self.cases.count, by: 4 * Self.share) {
      // Prime to the lengths of the lists, so that every value of each is met in every part.
      let life = try ClockLife(Self.cases[(index * 7) % Self.cases.count])
      try life.live()
      boluses += life.boluses
    }
    #expect(boluses > 3)
  }
}

extension ClockMatrixTests.Battery {
  /// By how much it is ahead of true time; nil where there is none.
  static func ahead(_ battery: Self) -> Nanoseconds? {
    switch battery {
    case .none: nil
    case .right: .zero
    case .behind: .hours(-8)
    case .ahead: .days(9_000)
    }
  }
}

/// Two lives of a pump with a gap between them, held against true time.
private final class ClockLife {
  private let plan: ClockMatrixTests.Case
  private let machine = SimulatedMachine(seed: 5, hasBatteryClock: false)
  private let rig: Rig
  private var pump: SimulatedPump
  /// True time of each step, and of the end of each bolus, in ns.
  private var steps: [Int64] = []
  private var bolusEnds: [Int64] = []
  private(set) var boluses = 0

  private static let lockout = Nanoseconds.hours(1)
  private static let microgram: Int64 = 1_000

  init(_ plan: ClockMatrixTests.Case) throws {
    self.plan = plan
    rig = try CrashHistory(seed: 1, plan: CrashHistory.Plan(lives: 0, powerCuts: 0)).rig
    machine.systemIsAhead = plan.systemIsAhead.count
    machine.batteryIsAhead = ClockMatrixTests.Battery.ahead(plan.battery)?.count
    machine.kernelIsSynchronised = plan.synchronised.0 == .atStart
    pump = try Self.start(rig, machine, isNew: true, head: nil)
  }

  private static func start(
    _ rig: Rig, _ machine: SimulatedMachine, isNew: Bool, head: PumpHeadTruth?
  ) throws -> SimulatedPump {
    let memory = try PumpMemory(
      of: PumpMemory.Pump(
        rig: rig, serial: "BP-1", isSimulated: true, clock: WeekTime(ofUTC: machine.clocks.now.utc)),
      on: machine, at: machine.clocks, isNew: isNew, firstTickIn: .milliseconds(50))
    return try SimulatedPump(memory, on: machine, head: head)
  }

  private func order() throws -> Therapy {
    var order = Prescription(
      patient: try #require(Label(utf8: "P".utf8)), drug: try #require(Label(utf8: "D".utf8)),
      concentration: Concentration(nanogramsPerMillilitre: 500_000),
      mode: plan.isFlex ? .flex : .continuous,
      maxDose1h: Mass(nanograms: 60 * Self.microgram),
      maxDose24h: Mass(nanograms: 500 * Self.microgram))
    let (night, day) = (Self.rate(240), Self.rate(432))
    if plan.isFlex {
      order.patternCount = 1
      order.patterns[0].count = 2
      order.patterns[0].steps[0] = FlexStep(minute: 0, rate: night)
      order.patterns[0].steps[1] = FlexStep(minute: 390, rate: day)
    } else {
      order.setContinuous(night)
    }
    order.safeBasal = Self.rate(100)
    order.patientBolus = PatientBolus(
      dose: Mass(nanograms: 10 * Self.microgram), duration: .minutes(10), lockout: Self.lockout,
      maxIn24h: 4)
    var findings = Findings()
    return try #require(Therapy(order, on: rig, findings: &findings), "\(findings)")
  }

  private static func rate(_ microgramsPerDay: Int64) -> DoseRate {
    DoseRate(nanogramsPerDay: microgramsPerDay * microgram)
  }

  // MARK: Living

  func live() throws {
    _ = pump.ask(.program(try order()))
    run(for: .minutes(5))
    if plan.synchronised.0 == .later { machine.kernelIsSynchronised = true }
    run(for: .minutes(5))
    askForBolus()
    run(for: .minutes(20))
    try end()
    let before = pump.now
    machine.kernelIsSynchronised = plan.synchronised.1 == .atStart
    pump = try Self.start(rig, machine, isNew: false, head: pump.head)
    try judge(before)
  }

  private func end() throws {
    if plan.end == .clean { pump.end() }
    machine.disk.kill()
    switch plan.end {
    case .clean, .kill: machine.pass(plan.gap)
    case .powerCut: machine.cutPower(for: plan.gap)
    }
  }

  private func judge(_ before: Tick) throws {
    let row = ClockMatrixTests.Row(plan)
    let passed = (pump.now - before).count * rig.tick.count
    // A cut takes what ran since the newest commit, at most a minute and a half; the first tick comes a
    // little after the start.
    let lost = plan.end == .powerCut ? Nanoseconds.seconds(90).count : 0
    let (wanted, slack) = ((row.counted ?? .zero).count, Nanoseconds.seconds(1).count)
    let range = (wanted - lost - slack)...(wanted + slack)
    #expect(range.contains(passed), "\(plan): \(passed) ns instead of \(wanted)")
    run(for: .minutes(1))
    _ = pump.ask(.acknowledge)
    run(for: .minutes(1))
    #expect(pump.clockIsTrusted == row.isTrusted, "\(plan)")
    judgeMode()
    for round in 0..<14 {
      askForBolus()
      run(for: .minutes(7))
      if round == 2, plan.synchronised.1 == .later { machine.kernelIsSynchronised = true }
      if round == 5, !pump.tickHasBegun {
        pump.skip(Nanoseconds.minutes(20).count / rig.tick.count, isSuspended: true)
      }
    }
    #expect(pump.clockIsTrusted == row.isTrustedAtLast, "\(plan)")
    _ = pump.ask(.acknowledge)
    run(for: .minutes(1))
    judgeMode()
    judgeClock()
    judgeWindows()
    #expect(!pump.board.on[.basalRefusedByLimit] && !pump.board.on[.hardStop], "\(plan)")
  }

  private func judgeMode() {
    let wanted: DeliveryMode =
      !plan.isFlex ? .continuous : pump.clockIsTrusted ? .flex : .safeBasal
    #expect(pump.mode == wanted, "\(plan)")
    let isTold = pump.board.on[.clockUncertain]
    #expect(isTold == (plan.isFlex && !pump.clockIsTrusted), "\(plan)")
  }

  /// A synchronised kernel shows true UTC: the therapy clock is that, or it is told that it is not.
  private func judgeClock() {
    guard machine.kernelIsSynchronised else { return }
    let off = abs(WeekTime(ofUTC: machine.utc).distance(from: pump.clock).count)
    let differs = off > Nanoseconds.minutes(1).count
    #expect(differs == pump.board.on[.clockDiffers], "\(plan): off by \(off) ns")
    // What nobody had vouched for before goes by the kernel.
    if plan.battery == .none || plan.end == .powerCut && plan.synchronised.0 != .never {
      #expect(off <= Nanoseconds.seconds(2).count, "\(plan)")
    }
  }

  private func askForBolus() {
    let (answer, _) = pump.ask(.patientBolus)
    guard case .accepted = answer else { return }
    let now = trueTime(ofTick: pump.next)
    if let last = bolusEnds.last {
      let since = now - last
      #expect(since >= Self.lockout.count - rig.tick.count, "\(plan): \(since) ns after a bolus")
    }
    boluses += 1
    bolusEnds.append(now + Nanoseconds.minutes(10).count)
  }

  /// In true time no hour and no day holds more than the limits.
  private func judgeWindows() {
    let step = 7_813  // ng, rounded up: 50 uL in 3200 steps, 500 ug/mL
    for (length, most) in [(Nanoseconds.hours(1), 60_000), (.hours(24), 500_000)] {
      var first = 0
      for last in steps.indices {
        while steps[last] - steps[first] >= length.count { first += 1 }
        #expect((last - first + 1) * step / 1_000 <= most, "\(plan)")
        if (last - first + 1) * step / 1_000 > most { return }
      }
    }
  }

  private func run(for length: Nanoseconds) {
    let end = pump.next + length.count / rig.tick.count
    while pump.run(until: end) != nil {}
    let zero = trueTime(ofTick: 0)
    pump.observe { steps.append(zero + $0) }
  }

  private func trueTime(ofTick tick: Int64) -> Int64 {
    machine.utc - machine.boot + pump.epoch.count + tick * rig.tick.count
  }
}
