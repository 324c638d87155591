public import Quantities

/// A change as somebody proposes it. Body of `FrameKind.propose`: its kind, then what is proposed.
public enum ProposedChange: FrameBody, Sendable {
  case program(Prescription)
  case clock(ClockChange)
  case rig(Rig)
  case new(NewBody)
  case supply(SupplyChange)
  case clear

  public var kind: ChangeKind {
    switch self {
    case .program: .program
    case .clock: .clock
    case .rig: .rig
    case .new: .new
    case .supply: .supply
    case .clear: .clear
    }
  }

  /// One to read a frame into.
  public static func blank(_ kind: ChangeKind) -> ProposedChange {
    switch kind {
    case .program: .program(.blank)
    case .clock: .clock(ClockChange())
    case .rig: .rig(.blank)
    case .new: .new(NewBody())
    case .supply: .supply(SupplyChange(.begin))
    case .clear: .clear
    }
  }

  public mutating func layout(_ coder: inout some FrameCoder) {
    var kind = kind
    coder.field("kind", &kind)
    if kind != self.kind { clear(to: kind) }
    switch self {
    case .program: layoutOrder(&coder)
    case .clock(var change):
      change.layout(&coder)
      self = .clock(change)
    case .rig: layoutRig(&coder)
    case .new(var said):
      said.layout(&coder)
      self = .new(said)
    case .supply(var change):
      change.layout(&coder)
      self = .supply(change)
    case .clear: break
    }
  }

  // What is large is on the stack alone.

  @inline(never)
  private mutating func clear(to kind: ChangeKind) { self = .blank(kind) }

  @inline(never)
  private mutating func layoutOrder(_ coder: inout some FrameCoder) {
    guard case .program(var order) = self else { return }
    order.layout(&coder)
    self = .program(order)
  }

  @inline(never)
  private mutating func layoutRig(_ coder: inout some FrameCoder) {
    guard case .rig(var rig) = self else { return }
    rig.layout(&coder)
    self = .rig(rig)
  }
}

extension ProposedChange {
  /// Reads the body of a frame whose header has been read, into this one. In records before version 7 each
  /// kind of change had a kind of frame of its own, and before versions 9, 11 and 13 a rig did not say its line, its
  /// load cell, and its sensor of the pressure.
  ///
  /// - Returns: false where the frame proposes nothing.
  @inline(never)
  public mutating func read(
    _ frame: Span<UInt8>, _ header: FrameHeader
  ) throws(FrameFault) -> Bool {
    switch header.kind {
    case .propose where header.version < FrameHeader.versionOfPressure && Self.holdsRig(frame):
      try readEarlierRig(frame, header.version)
    case .propose: try readBody(frame, into: &self)
    case .program: try readOrder(frame)
    case .clock:
      var change = ClockChange()
      try readBody(frame, into: &change)
      self = .clock(change)
    case .new: self = .new(try NewBody.read(frame, header))
    case .clear:
      var nothing = EmptyBody()
      try readBody(frame, into: &nothing)
      self = .clear
    default: return false
    }
    return true
  }

  @inline(never)
  private mutating func readOrder(_ frame: Span<UInt8>) throws(FrameFault) {
    var order = Prescription.blank
    try readBody(frame, into: &order)
    self = .program(order)
  }

  private static func holdsRig(_ frame: Span<UInt8>) -> Bool {
    let kind = FrameHeader.headLength
    return frame.count > kind && frame[kind] == ChangeKind.rig.rawValue
  }

  @inline(never)
  private mutating func readEarlierRig(
    _ frame: Span<UInt8>, _ version: UInt16
  ) throws(FrameFault) {
    var body = EarlierRig(version: version)
    try readBody(frame, into: &body)
    self = .rig(body.rig)
  }

  /// Whether a frame asks for it to be looked at first. Unsigned it comes into force at once: nobody is
  /// there to look. Before version 7 only some kinds were looked at.
  public static func isProposal(_ header: FrameHeader, _ seal: Seal) -> Bool {
    switch header.kind {
    case .propose, .program, .clock: seal.isSigned
    default: false
    }
  }
}

/// A rig as versions 7 and 8 proposed it, whose line is the usual one; as 9 and 10 did, without a load cell; or as
/// 11 and 12, without a sensor of the pressure.
private struct EarlierRig: FrameBody {
  var rig = Rig.blank
  let version: UInt16

  init(version: UInt16) { self.version = version }

  mutating func layout(_ coder: inout some FrameCoder) {
    var kind = ChangeKind.rig
    coder.field("kind", &kind)
    if kind != .rig { coder.fail() }
    rig.layoutPump(&coder)
    if version >= FrameHeader.versionOfLines { rig.layoutLine(&coder) }
    if version >= FrameHeader.versionOfWeighing { rig.layoutWeighing(&coder) }
  }
}

extension Change {
  /// Nil where it is not valid; `findings` says why.
  ///
  /// - Parameter order: what is in force; nil for nothing.
  public init?(
    _ proposed: ProposedChange, on rig: Rig, order: Prescription?, findings: inout Findings
  ) {
    self = .clear
    if !take(proposed, on: rig, order: order, findings: &findings) { return nil }
  }

  /// In place: it is large, and bare metal has little stack.
  ///
  /// - Returns: false where it is not valid; `findings` says why.
  @inline(never)
  mutating func take(
    _ proposed: ProposedChange, on rig: Rig, order: Prescription?, findings: inout Findings
  ) -> Bool {
    switch proposed {
    case .program(let new): return take(program: new, on: rig, findings: &findings)
    case .clock(let change): self = .clock(change)
    case .rig(let new): return take(rig: new, order: order, findings: &findings)
    case .new(let said):
      self = .new(deliveredIn24h: said.deliveredIn24h, deliveredIn1h: said.deliveredIn1h)
    case .supply(let change): self = .supply(change)
    case .clear: self = .clear
    }
    return true
  }

  @inline(never)
  private mutating func take(
    program new: Prescription, on rig: Rig, findings: inout Findings
  ) -> Bool {
    var therapy = Therapy(nothingOn: rig)
    guard therapy.take(new, on: rig, isInForce: false, findings: &findings) else { return false }
    self = .program(therapy)
    return true
  }

  @inline(never)
  private mutating func take(
    rig new: Rig, order: Prescription?, findings: inout Findings
  ) -> Bool {
    guard let change = RigChange(new, order: order, findings: &findings) else { return false }
    self = .rig(change)
    return true
  }

  public var proposed: ProposedChange {
    switch self {
    case .program(let therapy): .program(therapy.prescription)
    case .clock(let change): .clock(change)
    case .rig(let change): .rig(change.rig)
    case .new(let day, let hour): .new(NewBody(deliveredIn24h: day, deliveredIn1h: hour))
    case .supply(let change): .supply(change)
    case .clear: .clear
    }
  }

  public var kind: ChangeKind { proposed.kind }
}

/// Body of `FrameKind.proposal`: what the pump would change, and under which name it can be committed.
public struct ProposalBody: FrameBody, Sendable {
  /// SHA-256 over the body of the proposing frame and, behind it, this one from `generations` on.
  public var digest: InlineArray<32, UInt8>
  public var generations: Generations
  public var shown: ShownChange

  public init(
    digest: InlineArray<32, UInt8> = InlineArray(repeating: 0),
    generations: Generations = Generations(), shown: ShownChange = .blank(.program)
  ) {
    self.digest = digest
    self.generations = generations
    self.shown = shown
  }

  public mutating func layout(_ coder: inout some FrameCoder) {
    coder.field("digest", &digest)
    layoutDigested(&coder)
  }

  /// What the digest covers of it.
  public mutating func layoutDigested(_ coder: inout some FrameCoder) {
    generations.layout(&coder)
    shown.layout(&coder)
  }
}

/// What a proposal hangs on, each as the first 8 bytes of a SHA-256, as a little-endian number: another
/// one is another generation.
public struct Generations: Equatable, Sendable, BitwiseCopyable {
  /// The record of the order in force; 0 for none.
  public var order: UInt64 = 0
  /// The therapy clock in tick 0, and its offset from UTC.
  public var clock: UInt64 = 0
  /// The record of the rig in force.
  public var rig: UInt64 = 0
  /// The name of the history in the journal.
  public var history: UInt64 = 0

  public init() {}

  fileprivate mutating func layout(_ coder: inout some FrameCoder) {
    coder.begin("generations", .plain)
    coder.field("order", &order)
    coder.field("clock", &clock)
    coder.field("rig", &rig)
    coder.field("history", &history)
    coder.end()
  }
}

/// What the pump shows beside a change, by its kind.
public enum ShownChange: Sendable {
  /// The order in force, nil for none; warnings about the new one.
  case program(old: Prescription?, findings: Findings)
  case clock(ShownClock)
  /// The rig in force; warnings about the order in force on the new one.
  case rig(old: Rig, findings: Findings)
  case new(ShownHistory)
  case supply(ShownSupply)
  case clear(ShownHardStop)

  public var kind: ChangeKind {
    switch self {
    case .program: .program
    case .clock: .clock
    case .rig: .rig
    case .new: .new
    case .supply: .supply
    case .clear: .clear
    }
  }

  public static func blank(_ kind: ChangeKind) -> ShownChange {
    switch kind {
    case .program: .program(old: nil, findings: Findings())
    case .clock: .clock(ShownClock())
    case .rig: .rig(old: .blank, findings: Findings())
    case .new: .new(ShownHistory())
    case .supply: .supply(ShownSupply())
    case .clear: .clear(ShownHardStop())
    }
  }

  fileprivate mutating func layout(_ coder: inout some FrameCoder) {
    var kind = kind
    coder.field("kind", &kind)
    if kind != self.kind { self = .blank(kind) }
    switch self {
    case .program(var old, var findings):
      coder.field("old", &old)
      findings.layout(&coder)
      self = .program(old: old, findings: findings)
    case .clock(var clock):
      clock.layout(&coder)
      self = .clock(clock)
    case .rig(var old, var findings):
      coder.begin("old", .plain)
      old.layout(&coder)
      coder.end()
      findings.layout(&coder)
      self = .rig(old: old, findings: findings)
    case .new(var history):
      history.layout(&coder)
      self = .new(history)
    case .supply(var supply):
      supply.layout(&coder)
      self = .supply(supply)
    case .clear(var stop):
      stop.layout(&coder)
      self = .clear(stop)
    }
  }
}

/// What the therapy clock shows, and would show instead, at the moment of the proposal.
public struct ShownClock: Sendable {
  /// The order in force; nil for none.
  public var order: Prescription?
  public var clock = WeekTime(sinceMonday: .zero)
  public var utcOffset = Nanoseconds.zero
  public var newClock = WeekTime(sinceMonday: .zero)
  public var newUTCOffset = Nanoseconds.zero

  public init() {}

  fileprivate mutating func layout(_ coder: inout some FrameCoder) {
    coder.field("order", &order)
    coder.field("clock", &clock)
    coder.field("utc_offset", utcOffset: &utcOffset)
    coder.field("new_clock", &newClock)
    coder.field("new_utc_offset", utcOffset: &newUTCOffset)
  }
}

/// What a pump knows of the last day when somebody says what was given in it.
public struct ShownHistory: Sendable {
  /// Something was said before, or delivered since: this corrects it.
  public var isCorrection = false
  /// The most that can be said of 24 h and of 1 h.
  public var mostIn24h = Volume.zero
  public var mostIn1h = Volume.zero

  public init() {}

  fileprivate mutating func layout(_ coder: inout some FrameCoder) {
    coder.field("is_correction", &isCorrection)
    coder.field("most_in_24h", &mostIn24h)
    coder.field("most_in_1h", &mostIn1h)
  }
}

/// The cause of a hard stop, and what engine and interlock have counted, in steps.
public struct ShownHardStop: Sendable {
  /// The interlock had refused a step before.
  public var interlockRefused = false
  /// Since when it stands.
  public var raised = Tick(0)
  public var engineHourSteps: Int64 = 0
  public var engineDaySteps: Int64 = 0
  public var interlockHourSteps: Int64 = 0
  public var interlockDaySteps: Int64 = 0

  public init() {}

  fileprivate mutating func layout(_ coder: inout some FrameCoder) {
    coder.field("interlock_refused", &interlockRefused)
    coder.field("raised", magnitude: &raised.number, unit: "tick")
    coder.field("engine_hour_steps", magnitude: &engineHourSteps, unit: "steps")
    coder.field("engine_day_steps", magnitude: &engineDaySteps, unit: "steps")
    coder.field("interlock_hour_steps", magnitude: &interlockHourSteps, unit: "steps")
    coder.field("interlock_day_steps", magnitude: &interlockDaySteps, unit: "steps")
  }
}

/// Body of `FrameKind.commit`: the digest that the pump answered to the proposal.
public struct CommitBody: FrameBody, Sendable {
  public var digest: InlineArray<32, UInt8>

  public init(digest: InlineArray<32, UInt8> = InlineArray(repeating: 0)) { self.digest = digest }

  public mutating func layout(_ coder: inout some FrameCoder) {
    coder.field("digest", &digest)
  }
}
