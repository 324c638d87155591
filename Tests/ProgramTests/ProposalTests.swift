import DosingCore
import Quantities
import Testing

@testable import pumpd

@Suite struct ProposalTests {
  private typealias Circumstances = Proposals.Circumstances

  private let key = KeyID(1)
  private let rig = Rig.bench(tick: .milliseconds(100))

  private func therapy() throws -> Therapy {
    var order = Prescription(
      patient: .none, drug: .none, concentration: Concentration(baseUnits: 500_000),
      mode: .stopped, maxDose1h: Mass(nanograms: 60_000), maxDose24h: Mass(nanograms: 500_000))
    order.safeBasal = nil
    var findings = Findings()
    return try #require(Therapy(order, on: rig, findings: &findings))
  }

  private func status(_ code: FaultCode? = nil, raised: Int64 = 5) -> Status {
    var status = Status(serial: .none)
    if let code {
      status.faults[Int(code.rawValue)].priority = AlarmPriority.high.rawValue
      status.faults[Int(code.rawValue)].raised = Tick(raised)
    }
    return status
  }

  /// Whether what was proposed in one state may be committed in another.
  private func holds(
    from before: Circumstances, to after: Circumstances, age: Nanoseconds = .seconds(1)
  ) throws -> Bool {
    var proposals = Proposals(rig: rig)
    let digest = proposals.keep(.program(try therapy()), [1], by: key, in: before, at: .zero)
    let isThere = proposals.take(digest, by: key, in: after, at: age) != nil
    // Whatever came of it, it is gone.
    #expect(proposals.take(digest, by: key, in: before, at: age) == nil)
    return isThere
  }

  @Test("R-104 A proposal dies with any commit, another order, and an alarm that latches")
  func circumstances() throws {
    let before = Circumstances(order: [1], commits: 3, status: status())
    #expect(try holds(from: before, to: before))
    #expect(try !holds(from: before, to: Circumstances(order: [2], commits: 3, status: status())))
    #expect(try !holds(from: before, to: Circumstances(order: nil, commits: 3, status: status())))
    // The same order again, by way of another.
    #expect(try !holds(from: before, to: Circumstances(order: [1], commits: 4, status: status())))
    for code in FaultCode.allCases {
      let after = Circumstances(order: [1], commits: 3, status: status(code))
      let latches = [.hardStop, .interlockDisagrees, .basalRefusedByLimit].contains(code)
      #expect(try holds(from: before, to: after) == !latches, "\(code)")
      // Shown with the alarm it may be committed with it, but not with a later one.
      #expect(try holds(from: after, to: after))
      let later = Circumstances(order: [1], commits: 3, status: status(code, raised: 6))
      #expect(try holds(from: after, to: later) == !latches, "\(code)")
    }
  }

  @Test("R-104 A proposal dies where the therapy clock is another one, and not with time")
  func clock() throws {
    func at(_ tick: Int64, _ clock: Nanoseconds) -> Circumstances {
      var status = status()
      (status.now, status.tickPeriod) = (Tick(tick), .milliseconds(10))
      status.clock = clock
      return Circumstances(order: [1], commits: 3, status: status)
    }
    let week = WeekTime.week
    let before = at(1_000, week - .seconds(1))
    #expect(try holds(from: before, to: at(1_100, .zero)))
    #expect(try holds(from: before, to: at(1_100 + week.count / 10_000_000, .zero)))
    #expect(try !holds(from: before, to: at(1_100, .hours(1))))
    #expect(try !holds(from: before, to: at(1_100, .milliseconds(10))))
  }

  @Test("R-104 A proposal lives ten minutes, belongs to its key, and answers to its digest alone")
  func lifeAndOwner() throws {
    let now = Circumstances(order: nil, commits: 0, status: status())
    #expect(try holds(from: now, to: now, age: .minutes(10)))
    #expect(try !holds(from: now, to: now, age: .minutes(10) + Nanoseconds(1)))
    var proposals = Proposals(rig: rig)
    var digest = proposals.keep(.program(try therapy()), [1], by: key, in: now, at: .zero)
    #expect(proposals.take(digest, by: KeyID(2), in: now, at: .zero) == nil)
    digest[31] ^= 1
    #expect(proposals.take(digest, by: key, in: now, at: .zero) == nil)
  }
}
