public import Journal
public import Quantities

/// What this machine says about time at a start of the engine.
public struct StartTime: Sendable {
  /// Who vouches for UTC across the time without power.
  public enum Witness: Sendable {
    case nobody
    /// The kernel says that its clock is synchronised.
    case synchronisedKernel
    /// A clock with a battery, declared in the rig file, whose reading in ns is this.
    case batteryClock(utc: Int64)
    /// The bench is a simulation, and so is its clock. Time without power is attested by nobody.
    case simulation
  }

  public var now: MachineTime
  public var witness: Witness

  public init(now: MachineTime, witness: Witness) {
    self.now = now
    self.witness = witness
  }

  /// A battery clock is believed so far into the future of the newest record.
  public static let batteryClockSpan = Nanoseconds.days(30)

  /// The time since a record, and whether somebody vouches for it.
  ///
  /// Within one boot CLOCK_BOOTTIME tells. Across boots it is zero unless it is attested: then the UTC of
  /// the witness less that of the record, which must not lie in its future.
  public func passed(since state: JournalState) -> (time: Nanoseconds, isAttested: Bool) {
    if state.bootID == now.bootID {
      return (Nanoseconds(max(0, now.boot - state.boot)), true)
    }
    switch witness {
    case .nobody, .simulation: break
    case .synchronisedKernel where now.utc >= state.utc:
      return (Nanoseconds(now.utc - state.utc), true)
    case .batteryClock(let utc)
    where utc >= state.utc && utc - state.utc <= Self.batteryClockSpan.count:
      return (Nanoseconds(utc - state.utc), true)
    case .synchronisedKernel, .batteryClock: break
    }
    return (.zero, false)
  }
}
