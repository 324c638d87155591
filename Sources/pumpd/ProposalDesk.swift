internal import DosingCore
internal import Durability
internal import Journal
internal import ProgrammerLink
internal import Quantities

/// What was proposed and may still be committed: one proposal for each key, its newest.
struct ProposalDesk {
  private struct Pending {
    let digest: InlineArray<32, UInt8>
    let change: Change
    let basis: Basis
    /// CLOCK_BOOTTIME.
    let proposed: Nanoseconds
  }

  private var pending: [KeyID: Pending] = [:]

  static let life = Nanoseconds.minutes(10)

  /// Keeps a proposal, in place of an earlier one of the key.
  ///
  /// - Returns: what is shown of it, and its digest: the same for the same change beside the same things.
  mutating func keep(
    _ change: Change, shown: ShownChange, by key: KeyID, on basis: Basis, at now: Nanoseconds
  ) -> ProposalBody {
    var body = ProposalBody(generations: basis.generations, shown: shown)
    body.digest = Self.digest(of: change.proposed, body)
    pending[key] = Pending(digest: body.digest, change: change, basis: basis, proposed: now)
    return body
  }

  /// What was shown to the holder of the key under that digest; nil where it is not there, is too old, or
  /// something has changed on which it hangs.
  ///
  /// It is gone then; one of another digest is left alone.
  mutating func take(
    _ digest: InlineArray<32, UInt8>, by key: KeyID, on basis: Basis, at now: Nanoseconds
  ) -> Change? {
    guard let found = pending[key], found.digest.array == digest.array else { return nil }
    pending[key] = nil
    guard now - found.proposed <= Self.life else { return nil }
    let row = found.change.kind.row
    for circumstance in Circumstance.allCases where row.diesWith.contains(circumstance) {
      if !basis.agrees(with: found.basis, in: circumstance) { return nil }
    }
    return found.change
  }

  /// SHA-256 over what is proposed and, behind it, what is shown and what it hangs on.
  private static func digest(
    of proposed: ProposedChange, _ body: ProposalBody
  ) -> InlineArray<32, UInt8> {
    var (proposed, body, writer) = (proposed, body, RecordWriter())
    proposed.layout(&writer)
    body.layoutDigested(&writer)
    guard let digest = InlineArray<32, UInt8>(sha256(of: writer.array)) else {
      preconditionFailure("a SHA-256 has 32 bytes")
    }
    return digest
  }
}

/// What a proposal is shown beside, and may hang on.
struct Basis {
  /// The order in force; nil for none.
  let order: Prescription?
  let generations: Generations
  /// When each alarm that latches was raised; -1 where it is off.
  private let latches: [Int64]
  /// How many proposals came into force since the start of the pump.
  private let commits: Int

  private static let latching: [FaultCode] = [
    .hardStop, .interlockDisagrees, .driveDisobeys, .basalRefusedByLimit,
  ]

  /// - Parameters:
  ///   - order: the record of the order in force; nil for none.
  ///   - history: the name of what the journal holds.
  init(order: [UInt8]?, rig: Rig, history: [UInt8], commits: Int, status: Status) {
    self.order = order.flatMap { Prescription(recordBytes: $0) }
    var generations = Generations()
    generations.order = order.map { Self.generation($0) } ?? 0
    generations.clock = Self.generation(Self.clock(status))
    generations.rig = Self.generation(rig.recordBytes)
    generations.history = Self.generation(history)
    self.generations = generations
    self.commits = commits
    latches = Self.latching.map {
      let fault = status.faults[Int($0.rawValue)]
      return fault.priority > 0 ? fault.raised.number : -1
    }
  }

  /// The clock in tick 0, which goes with the ticks, and its offset.
  private static func clock(_ status: Status) -> [UInt8] {
    let ticks = status.now.number % (WeekTime.week.count / max(1, status.tickPeriod.count))
    let zero = WeekTime(sinceMonday: status.clock) - Nanoseconds(ticks * status.tickPeriod.count)
    var (writer, sinceMonday, offset) = (RecordWriter(), zero.sinceMonday, status.utcOffset.count)
    writer.field(&sinceMonday)
    writer.field(&offset)
    return writer.array
  }

  private static func generation(_ bytes: [UInt8]) -> UInt64 {
    sha256(of: bytes).prefix(8).reversed().reduce(0) { $0 << 8 | UInt64($1) }
  }

  func agrees(with other: Basis, in circumstance: Circumstance) -> Bool {
    switch circumstance {
    case .order: generations.order == other.generations.order
    case .clock: generations.clock == other.generations.clock
    case .rig: generations.rig == other.generations.rig
    case .history: generations.history == other.generations.history
    case .latches: latches == other.latches
    case .commits: commits == other.commits
    }
  }
}

extension ShownChange {
  /// What is shown beside a change of a pump that stands as the status says.
  init(
    beside change: Change, order: Prescription?, rig: Rig, status: Status, findings: Findings
  ) {
    switch change {
    case .program: self = .program(old: order, findings: findings)
    case .clock(let change): self = .clock(ShownClock(change, order: order, status))
    case .rig: self = .rig(old: rig, findings: findings)
    case .new: self = .new(ShownHistory(rig, status))
    case .supply(let change): self = .supply(ShownSupply(change, rig, status))
    case .clear: self = .clear(ShownHardStop(status))
    }
  }
}

extension ShownClock {
  fileprivate init(_ change: ClockChange, order: Prescription?, _ status: Status) {
    self.init()
    self.order = order
    clock = WeekTime(sinceMonday: status.clock)
    utcOffset = status.utcOffset
    newClock = change.clock(
      at: status.now, of: status.tickPeriod, insteadOf: clock, utcOffset: utcOffset,
      behind: status.clockBehind)
    newUTCOffset = change.utcOffset
  }
}

extension ShownHistory {
  fileprivate init(_ rig: Rig, _ status: Status) {
    self.init()
    isCorrection = status.faults[Int(FaultCode.noHistory.rawValue)].priority == 0
    mostIn24h = min(rig.maxVolume24h, rig.reservoir.volume)
    mostIn1h = min(rig.maxVolume1h, mostIn24h)
  }
}

extension ShownSupply {
  fileprivate init(_ change: SupplyChange, _ rig: Rig, _ status: Status) {
    self.init()
    (refill, contents) = (status.refill, status.reservoir)
    held = status.line.count > 0 ? status.line[status.line.count - 1].concentration : .zero
    holds =
      switch change.step {
      case .begin: change.concentration
      case .filled, .finish: change.makes(of: refill, rig)
      case .aspirated, .leave, .catheterEmptied, .lineReplaced, .prime, .purge, .connected: held
      }
    self.flow = status.flow
    let flow = holds > .zero ? FlowRate(of: status.basalRate, at: holds, rounded: .down) : nil
    flowAfter = flow ?? .zero
    arrivesAfter = status.flow.time(for: rig.line.volume)
    guard [.prime, .purge].contains(change.step), status.line.count > 1 else { return }
    let empty = status.line[0]
    push(empty.volume - empty.uncertain, of: status.line[1].concentration, rig)
  }
}

extension SupplyChange {
  /// What the reservoir holds when it is told.
  fileprivate func makes(of refill: ShownRefill, _ rig: Rig) -> Concentration {
    if step == .finish { return refill.mixed }
    return Refill(refill, filled: volume).mixed(rig)
  }
}

extension FlowRate {
  /// 0 where nothing flows.
  fileprivate func time(for volume: Volume) -> Nanoseconds {
    guard picolitresPerDay > 0 else { return .zero }
    let seconds = Double(volume.picolitres) / Double(picolitresPerDay) * 86_400
    return .seconds(Int64(seconds.rounded()))
  }
}

extension ShownHardStop {
  fileprivate init(_ status: Status) {
    self.init()
    interlockRefused = status.faults[Int(FaultCode.interlockDisagrees.rawValue)].priority > 0
    raised = status.faults[Int(FaultCode.hardStop.rawValue)].raised
    (engineHourSteps, engineDaySteps) = (status.hourSteps, status.daySteps)
    interlockHourSteps = status.health.interlockHourSteps
    interlockDaySteps = status.health.interlockDaySteps
  }
}
