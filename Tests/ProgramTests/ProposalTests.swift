import DosingCore
import Quantities
import Testing

@testable import pumpd

@Suite struct ProposalTests {
  private let key = KeyID(1)
  private let rig = Rig.bench(tick: .milliseconds(100))

  private func order(_ hour: Int64 = 60_000) -> Prescription {
    Prescription(
      patient: .none, drug: .none, concentration: Concentration(baseUnits: 500_000),
      mode: .stopped, maxDose1h: Mass(nanograms: hour), maxDose24h: Mass(nanograms: 500_000))
  }

  private func change(_ kind: ChangeKind) throws -> Change {
    var proposed = ProposedChange.blank(kind)
    if kind == .program { proposed = .program(order()) }
    if kind == .rig { proposed = .rig(rig) }
    var findings = Findings()
    return try #require(Change(proposed, on: rig, order: order(), findings: &findings))
  }

  private func status(_ code: FaultCode? = nil, raised: Int64 = 5) -> Status {
    var status = Status(serial: .none)
    if let code {
      status.faults[Int(code.rawValue)].priority = AlarmPriority.high.rawValue
      status.faults[Int(code.rawValue)].raised = Tick(raised)
    }
    return status
  }

  private func basis(
    order: [UInt8]? = [1], rig: Rig? = nil, history: [UInt8] = [7], commits: Int = 3,
    _ status: Status? = nil
  ) -> Basis {
    Basis(
      order: order, rig: rig ?? self.rig, history: history, commits: commits,
      status: status ?? self.status())
  }

  private func shown(_ change: Change, _ status: Status? = nil) -> ShownChange {
    ShownChange(
      beside: change, order: order(), rig: rig, status: status ?? self.status(),
      findings: Findings())
  }

  private func digest(_ change: Change, _ shown: ShownChange, on basis: Basis) -> [UInt8] {
    var desk = ProposalDesk()
    let body = desk.keep(change, shown: shown, by: key, on: basis, at: .zero)
    return body.digest.indices.map { body.digest[$0] }
  }

  /// Whether what was proposed on one basis may be committed on another.
  private func holds(
    _ kind: ChangeKind = .program, from before: Basis, to after: Basis,
    age: Nanoseconds = .seconds(1)
  ) throws -> Bool {
    var desk = ProposalDesk()
    let change = try change(kind)
    let body = desk.keep(change, shown: shown(change), by: key, on: before, at: .zero)
    let taken = desk.take(body.digest, by: key, on: after, at: age)
    #expect(taken == nil || taken?.kind == kind)
    // Whatever came of it, it is gone.
    #expect(desk.take(body.digest, by: key, on: before, at: age) == nil)
    return taken != nil
  }

  private func clock(_ tick: Int64, _ clock: Nanoseconds, offset: Nanoseconds = .zero) -> Status {
    var status = status()
    (status.now, status.tickPeriod) = (Tick(tick), .milliseconds(10))
    (status.clock, status.utcOffset) = (clock, offset)
    return status
  }

  @Test(
    "R-104 R-122 A proposal of each kind dies with what its row says, and with nothing else",
    arguments: ChangeKind.allCases)
  func circumstances(kind: ChangeKind) throws {
    let zero = clock(0, .zero)
    var other = rig
    other.pump.maxRate = FlowRate(picolitresPerDay: rig.pump.maxRate.picolitresPerDay / 2)
    let before = basis(zero)
    #expect(try holds(kind, from: before, to: before))
    for circumstance in Circumstance.allCases {
      let after =
        switch circumstance {
        case .order: basis(order: [2], zero)
        case .clock: basis(clock(0, .milliseconds(10)))
        case .rig: basis(rig: other, zero)
        case .history: basis(history: [8], zero)
        case .latches: basis(status(.hardStop))
        case .commits: basis(commits: 4, zero)
        }
      // A person knows what was given, what he looked at in a hard stop, and what he filled, whatever the
      // time of day.
      let dies = circumstance != .clock || ![.new, .clear, .supply].contains(kind)
      #expect(kind.row.diesWith.contains(circumstance) == dies)
      #expect(try holds(kind, from: before, to: after) != dies, "\(circumstance)")
    }
  }

  @Test("R-104 A proposal dies with the order's end, and with an alarm that latches and no other")
  func latches() throws {
    let before = basis()
    #expect(try !holds(from: before, to: basis(order: nil)))
    for code in FaultCode.allCases {
      let after = basis(status(code))
      let latches = [.hardStop, .interlockDisagrees, .driveDisobeys, .basalRefusedByLimit]
        .contains(code)
      #expect(try holds(from: before, to: after) == !latches, "\(code)")
      // Shown with the alarm it may be committed with it, but not with a later one.
      #expect(try holds(from: after, to: after))
      let later = basis(status(code, raised: 6))
      #expect(try holds(from: after, to: later) == !latches, "\(code)")
    }
  }

  @Test("R-104 A proposal dies where the therapy clock is another one, and not with time")
  func clocks() throws {
    let week = WeekTime.week
    let before = basis(clock(1_000, week - .seconds(1)))
    #expect(try holds(from: before, to: basis(clock(1_100, .zero))))
    #expect(try holds(from: before, to: basis(clock(1_100 + week.count / 10_000_000, .zero))))
    #expect(try !holds(from: before, to: basis(clock(1_100, .hours(1)))))
    #expect(try !holds(from: before, to: basis(clock(1_100, .milliseconds(10)))))
    #expect(try !holds(from: before, to: basis(clock(1_100, .zero, offset: .hours(1)))))
  }

  @Test(
    "R-104 A proposal lives ten minutes, belongs to its key, and a wrong digest leaves it alone")
  func lifeAndOwner() throws {
    let now = basis(order: nil, commits: 0)
    #expect(try holds(from: now, to: now, age: .minutes(10)))
    #expect(try !holds(from: now, to: now, age: .minutes(10) + Nanoseconds(1)))
    var desk = ProposalDesk()
    let change = try change(.program)
    let digest = desk.keep(change, shown: shown(change), by: key, on: now, at: .zero).digest
    #expect(desk.take(digest, by: KeyID(2), on: now, at: .zero) == nil)
    var wrong = digest
    wrong[31] ^= 1
    #expect(desk.take(wrong, by: key, on: now, at: .zero) == nil)
    #expect(desk.take(digest, by: key, on: now, at: .zero) != nil)
  }

  @Test("R-104 R-122 The digest covers what is proposed, what is shown, and each generation")
  func digests() throws {
    let program = try change(.program)
    let base = digest(program, shown(program), on: basis())
    #expect(digest(program, shown(program), on: basis()) == base)
    // How often anything was committed is no generation: a look before and after a start agrees.
    #expect(digest(program, shown(program), on: basis(commits: 9)) == base)
    var rig = rig
    rig.maxVolume24h = Volume(picolitres: rig.maxVolume24h.picolitres - 1)
    var findings = Findings()
    findings.append(Finding(.safeBasalUnused))
    let warned = ShownChange.program(old: order(), findings: findings)
    let otherOld = ShownChange.program(old: order(50_000), findings: Findings())
    let cleared = try change(.clear)
    var hardStop = status(.hardStop)
    hardStop.health.interlockHourSteps = 1
    let others = [
      digest(program, shown(program), on: basis(order: [2])),
      digest(program, shown(program), on: basis(rig: rig)),
      digest(program, shown(program), on: basis(history: [8])),
      digest(program, shown(program), on: basis(clock(0, .hours(1)))),
      digest(program, warned, on: basis()), digest(program, otherOld, on: basis()),
      digest(try change(.new), shown(try change(.new)), on: basis()),
      digest(cleared, shown(cleared), on: basis()),
      digest(cleared, shown(cleared, hardStop), on: basis()),
    ]
    #expect(Set(others + [base]).count == others.count + 1)
  }
}
