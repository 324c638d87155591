import Documents
import Glibc
import Testing

@testable import Commissioning

private let limits = """
  Limit                     Soft Limit           Hard Limit           Units
  Max cpu time              unlimited            unlimited            seconds
  Max locked memory         8388608              unlimited            bytes
  Max realtime priority     49                   80
  Max realtime timeout      unlimited            unlimited            us

  """
private let status = """
  Name:\tpumpctl
  CapPrm:\t000001ffffffffff
  CapEff:\t0000000001800000
  CapBnd:\t000001ffffffffff

  """

extension ProcessGrants {
  fileprivate static func only(
    priority: UInt64 = 0, locked: UInt64 = 8 << 20, mayLock: UInt64 = 8 << 20,
    _ capabilities: [Capability] = []
  ) -> Self {
    Self(
      realTimePriority: Limit(soft: priority, hard: priority),
      lockedBytes: Limit(soft: locked, hard: mayLock),
      capabilities: capabilities.reduce(0) { $0 | 1 << $1.rawValue })
  }
}

@Suite struct RealTimeDiagnosisTests {
  @Test("the kernel's text is read: soft and hard limits, unlimited, capabilities")
  func grants() throws {
    let grants = try #require(ProcessGrants(limits: limits, status: status))
    #expect(grants.realTimePriority == ProcessGrants.Limit(soft: 49, hard: 80))
    #expect(grants.lockedBytes == ProcessGrants.Limit(soft: 8 << 20, hard: .max))
    #expect(grants.has(.systemNice) && grants.has(.systemResource))
    #expect(ProcessGrants(limits: limits, status: "Name:\tx\n") == nil)
    #expect(ProcessGrants(limits: "", status: status) == nil)
    #expect(ProcessGrants.own != nil)
  }

  private func realTime(
    _ priority: Int32, refused: Int32, _ grants: ProcessGrants, isNeeded: Bool = true
  ) -> Diagnosis {
    .realTime(priority: priority, refusal: refused, grants: grants, isNeeded: isNeeded)
  }

  @Test func priorityIsGranted() {
    expect(
      realTime(80, refused: 0, .only(priority: 99)), .ok, found: "SCHED_FIFO 80",
      "RLIMIT_RTPRIO is 99")
    expect(
      realTime(80, refused: 0, .only(priority: .max)), .ok, found: "RLIMIT_RTPRIO is unlimited")
    expect(
      realTime(80, refused: 0, .only([.systemNice])), .ok, found: "RLIMIT_RTPRIO is 0",
      "privileged")
  }

  @Test func priorityIsRefused() {
    let poor = ProcessGrants.only(priority: 20)
    expect(
      realTime(80, refused: EPERM, poor), .error, found: "SCHED_FIFO 80 is refused",
      "RLIMIT_RTPRIO is 20", remedy: "LimitRTPRIO=80", "limits.d", code: .noPermission)
    // A simulated rig harms nobody when it is late.
    expect(
      realTime(80, refused: EPERM, poor, isNeeded: false), .warning, found: "may be late",
      remedy: "LimitRTPRIO=80")
  }

  @Test("where the limit permits it and the kernel refuses, another thing is to be done")
  func groupIsRefused() {
    for grants in [ProcessGrants.only(priority: 99), .only([.systemNice])] {
      expect(
        realTime(80, refused: EPERM, grants), .error, found: "refused",
        remedy: "CONFIG_RT_GROUP_SCHED", code: .noPermission)
    }
  }

  @Test func ordinaryPolicyIsAsked() {
    expect(
      realTime(0, refused: 0, .only()), .warning, found: "--priority 0", "late",
      remedy: "leave --priority out")
  }

  @Test func memoryMayBeLocked() {
    func diagnosis(_ grants: ProcessGrants) -> Diagnosis { .memoryLock(grants, isNeeded: true) }
    expect(diagnosis(.only(locked: .max, mayLock: .max)), .ok, found: "is unlimited")
    expect(diagnosis(.only(locked: 1 << 30, mayLock: 1 << 30)), .ok, found: "is 1 GiB")
    expect(diagnosis(.only(mayLock: 2 << 30)), .ok, found: "is 8 MiB", "raise it to 2 GiB")
    expect(diagnosis(.only([.systemResource])), .ok, found: "is 8 MiB", "CAP_SYS_RESOURCE")
  }

  @Test func memoryMayNotBeLocked() {
    let poor = ProcessGrants.only(locked: 64 << 10, mayLock: (1 << 30) - 1)
    expect(
      .memoryLock(poor, isNeeded: true), .error, found: "is 64 KiB", "needs 1 GiB",
      remedy: "LimitMEMLOCK=infinity", "limits.d", code: .noPermission)
    expect(
      .memoryLock(poor, isNeeded: false), .warning, found: "is 64 KiB",
      remedy: "LimitMEMLOCK=infinity")
    expect(
      .memoryLock(.only(locked: 0, mayLock: 0), isNeeded: true), .error, found: "is 0 bytes",
      code: .noPermission)
  }
}
