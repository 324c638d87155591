internal import DosingCore
internal import Journal
internal import ProgrammerLink
internal import Quantities

/// What was proposed and may still be committed: one proposal for each key, its newest.
struct Proposals {
  private struct Pending {
    let digest: InlineArray<32, UInt8>
    let request: Request
    let circumstances: Circumstances
    /// CLOCK_BOOTTIME.
    let proposed: Nanoseconds
  }

  /// What a proposal is shown in; it dies where any of it changes.
  struct Circumstances: Equatable {
    /// The record of the order in force; nil for none.
    var order: [UInt8]?
    /// How many proposals came into force since the start of the pump.
    var commits: Int
    /// The therapy clock in tick 0.
    var clock: WeekTime
    /// When each alarm that latches was raised; -1 where it is off.
    var latches: [Int64]

    private static let latching: [FaultCode] = [
      .hardStop, .interlockDisagrees, .basalRefusedByLimit,
    ]

    init(order: [UInt8]?, commits: Int, status: Status) {
      self.order = order
      self.commits = commits
      let ticks = status.now.number % (WeekTime.week.count / max(1, status.tickPeriod.count))
      clock =
        WeekTime(sinceMonday: status.clock) - Nanoseconds(ticks * status.tickPeriod.count)
      latches = Self.latching.map {
        let fault = status.faults[Int($0.rawValue)]
        return fault.priority > 0 ? fault.raised.number : -1
      }
    }
  }

  private var pending: [KeyID: Pending] = [:]
  private let rig: [UInt8]

  static let life = Nanoseconds.minutes(10)

  init(rig: Rig) { self.rig = rig.recordBytes }

  /// Keeps a proposal, in place of an earlier one of the key.
  ///
  /// - Parameters:
  ///   - request: what its commit asks for.
  ///   - change: what it comes to, as bytes.
  /// - Returns: its digest: the same for the same change beside the same order on the same rig.
  mutating func keep(
    _ request: Request, _ change: [UInt8], by key: KeyID, in circumstances: Circumstances,
    at now: Nanoseconds
  ) -> InlineArray<32, UInt8> {
    let parts = [rig, circumstances.order ?? [], change]
    guard let digest = InlineArray<32, UInt8>(sha256(of: parts.flatMap { sha256(of: $0) })) else {
      preconditionFailure("a SHA-256 has 32 bytes")
    }
    pending[key] = Pending(
      digest: digest, request: request, circumstances: circumstances, proposed: now)
    return digest
  }

  /// What was shown to the holder of the key under that digest; nil where it is not there, is too old, or
  /// something has changed since. It is gone then.
  mutating func take(
    _ digest: InlineArray<32, UInt8>, by key: KeyID, in circumstances: Circumstances,
    at now: Nanoseconds
  ) -> Request? {
    guard let found = pending.removeValue(forKey: key) else { return nil }
    guard found.digest.array == digest.array, found.circumstances == circumstances,
      now - found.proposed <= Self.life
    else {
      return nil
    }
    return found.request
  }
}
