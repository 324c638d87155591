/// A point in time by the clocks of the machine.
public struct MachineTime: Equatable, Sendable {
  /// UTC as the system has it, CLOCK_BOOTTIME and CLOCK_MONOTONIC, in ns.
  public var utc: Int64
  public var boot: Int64
  public var monotonic: Int64
  /// The boot that CLOCK_BOOTTIME counts from: 16 bytes.
  public var bootID: [UInt8]

  public init(utc: Int64, boot: Int64, monotonic: Int64, bootID: [UInt8]) {
    self.utc = utc
    self.boot = boot
    self.monotonic = monotonic
    self.bootID = bootID
  }
}

/// What UTC is, or was, by each clock that may vouch for it, in ns since 1970; nil where it does not.
public struct ClockWitnesses: Equatable, Sendable {
  /// The kernel's clock, where the kernel says that it is synchronised.
  public var kernel: Int64?
  /// A clock with a battery that the rig file declares.
  public var battery: Int64?

  public init(kernel: Int64? = nil, battery: Int64? = nil) {
    self.kernel = kernel
    self.battery = battery
  }

  /// The same moment, so many ns later.
  public func later(by length: Int64) -> ClockWitnesses {
    ClockWitnesses(kernel: kernel.map { $0 + length }, battery: battery.map { $0 + length })
  }
}

/// The newest commit: everything that a restart needs.
public struct JournalState: Equatable, Sendable {
  public var commit: Int64
  /// Of the safe-basal record that belongs to it.
  public var generation: Int64
  public var tick: Int64
  /// The time of that tick. Its CLOCK_MONOTONIC is not kept.
  public var utc: Int64
  public var boot: Int64
  public var bootID: [UInt8]
  /// In that tick.
  public var witnesses: ClockWitnesses
  public var leaseEnd: Int64
  /// The engine ended in order.
  public var isSettled: Bool
  /// The record of the rig that was committed, and of the prescription; nil for none.
  public var rig: [UInt8]
  public var prescription: [UInt8]?
  /// What `DosingState.layout` wrote.
  public var body: [UInt8]

  public init(
    commit: Int64, generation: Int64, tick: Int64, time: MachineTime,
    witnesses: ClockWitnesses = ClockWitnesses(), leaseEnd: Int64, isSettled: Bool, rig: [UInt8],
    prescription: [UInt8]?, body: [UInt8]
  ) {
    self.commit = commit
    self.generation = generation
    self.tick = tick
    utc = time.utc
    boot = time.boot
    bootID = time.bootID
    self.witnesses = witnesses
    self.leaseEnd = leaseEnd
    self.isSettled = isSettled
    self.rig = rig
    self.prescription = prescription
    self.body = body
  }

  /// SHA-256 of all of it, the documents by their own digests.
  func digest(rig: [UInt8], prescription: [UInt8]) -> [UInt8] {
    // Behind the number of each witness, so that a state without any is as before there were some.
    let vouched = [witnesses.kernel, witnesses.battery].enumerated().flatMap { number, utc in
      utc.map { [Int64(number + 1), $0] } ?? []
    }
    let numbers = [commit, generation, tick, utc, boot, leaseEnd, isSettled ? 1 : 0] + vouched
    return sha256(of: bytes(of: numbers) + bootID + rig + prescription + body)
  }
}
