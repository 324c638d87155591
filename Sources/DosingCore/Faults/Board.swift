public import Quantities

/// A fault that is on.
public struct Fault: Equatable, Sendable, BitwiseCopyable {
  public let code: FaultCode
  public let priority: AlarmPriority
  public let raised: Tick
}

/// What holds now, of all faults that are on: the strictest on each axis.
public struct Effect: Equatable, Sendable, BitwiseCopyable {
  public internal(set) var rate = FaultRow.Rate.scheduled
  public internal(set) var gate = FaultRow.Gate.run
  /// What is shown as the mode while the gate is closed.
  var closedAs: DeliveryMode?
  /// Where what is ordered is booked while the gate is closed; nil where nothing is ordered.
  var withheld: Account.Deficit?
  /// Why an extra dose is refused, and by which fault.
  var extras: Obstacle?

  struct Obstacle: Equatable, BitwiseCopyable {
    let fault: FaultCode
    let reason: RefusalReason
    let priority: AlarmPriority
  }
}

/// All faults, each with the time since which it is on, and what they come to together.
public struct FaultBoard: Sendable, BitwiseCopyable {
  private struct Entry: BitwiseCopyable {
    var raised = Tick(0)
    var priority = AlarmPriority.low
  }

  public private(set) var on = FaultSet()
  /// Those that somebody has seen since they were raised or became more urgent. Nobody has after a restart.
  public private(set) var acknowledged = FaultSet()
  /// The end of an audio pause; nil where there is none. Whatever is raised ends it.
  public private(set) var silentUntil: Tick?
  public private(set) var effect = Effect()
  private var entries: PerFault<Entry> = InlineArray(repeating: Entry())

  public subscript(code: FaultCode) -> Fault? {
    guard on[code] else { return nil }
    let entry = entries[Int(code.rawValue)]
    return Fault(code: code, priority: entry.priority, raised: entry.raised)
  }

  /// By the raw value of the code; nil where it is off, or there is no such code.
  public subscript(index: Int) -> Fault? {
    FaultCode(rawValue: UInt8(truncatingIfNeeded: index)).flatMap { self[$0] }
  }

  /// The highest priority that is on.
  public var highest: AlarmPriority? { highest(unseen: false) }

  /// The highest that nobody has acknowledged.
  public var highestUnseen: AlarmPriority? { highest(unseen: true) }

  private func highest(unseen: Bool) -> AlarmPriority? {
    var highest: AlarmPriority?
    for index in 0..<FaultCode.count {
      guard let fault = self[index], !(unseen && acknowledged[fault.code]) else { continue }
      if highest.map({ $0 < fault.priority }) ?? true { highest = fault.priority }
    }
    return highest
  }

  // MARK: Changes. Each returns whether anything changed.

  /// Turns a fault on, or raises its priority.
  ///
  /// - Parameter priority: nil for that of its row.
  mutating func raise(_ code: FaultCode, _ priority: AlarmPriority? = nil, at tick: Tick) -> Bool {
    let wanted = priority ?? FaultRow(of: code).priority
    let place = Int(code.rawValue)
    if on[code] {
      guard wanted > entries[place].priority else { return false }
      entries[place].priority = wanted
    } else {
      on[code] = true
      entries[place] = Entry(raised: tick, priority: wanted)
    }
    acknowledged[code] = false
    silentUntil = nil
    fold()
    return true
  }

  mutating func end(_ code: FaultCode) -> Bool {
    guard on[code] else { return false }
    on[code] = false
    acknowledged[code] = false
    if on == FaultSet() { silentUntil = nil }
    entries[Int(code.rawValue)] = Entry()
    fold()
    return true
  }

  /// A fault that is on exactly while its cause holds.
  mutating func set(
    _ code: FaultCode, on isOn: Bool, _ priority: AlarmPriority? = nil, at tick: Tick
  ) -> Bool {
    isOn ? raise(code, priority, at: tick) : end(code)
  }

  /// Ends every fault whose row says that this ends it.
  mutating func endAll(by end: FaultRow.End) -> Bool {
    var changed = false
    for index in 0..<FaultCode.count {
      guard let fault = self[index], FaultRow(of: fault.code).end == end else { continue }
      changed = self.end(fault.code) || changed
    }
    return changed
  }

  /// Somebody has seen all that are on: those whose cause lies in the past end, the others sound no more until
  /// they become more urgent.
  mutating func acknowledge() -> Bool {
    let changed = endAll(by: .acknowledge)
    acknowledged = on
    silentUntil = nil
    return changed
  }

  /// Begins an audio pause, or begins it anew: nothing that is on sounds for a while.
  mutating func pauseAudio(at tick: Tick, rig: Rig) {
    silentUntil = highestUnseen.map { tick + TickCount(rig.ticks($0.audioPause)) }
  }

  /// What time alone does: faults become high alarms, those that last no longer end, and so does an audio pause.
  mutating func pass(to tick: Tick, rig: Rig) -> Bool {
    var changed = false
    if let end = silentUntil, tick >= end { silentUntil = nil }
    for index in 0..<FaultCode.count {
      guard let fault = self[index] else { continue }
      if let end = expiry(of: fault.code, rig: rig), tick >= end {
        changed = self.end(fault.code) || changed
      } else if let high = becomesHigh(fault, rig: rig), tick >= high {
        changed = raise(fault.code, .high, at: tick) || changed
      }
    }
    return changed
  }

  /// The next tick at which time alone changes anything.
  func nextChange(rig: Rig) -> Tick {
    var next = Tick.never
    guard on != FaultSet() else { return next }
    if let end = silentUntil { next = end }
    for index in 0..<FaultCode.count {
      guard let fault = self[index] else { continue }
      next = min(next, expiry(of: fault.code, rig: rig) ?? .never)
      next = min(next, becomesHigh(fault, rig: rig) ?? .never)
    }
    return next
  }

  /// When a fault that is on ends by itself; nil where it does not.
  func expiry(of code: FaultCode, rig: Rig) -> Tick? {
    guard let fault = self[code], let lasts = FaultRow(of: code).lasts else { return nil }
    return fault.raised + TickCount(rig.ticks(lasts))
  }

  private func becomesHigh(_ fault: Fault, rig: Rig) -> Tick? {
    guard fault.priority < .high else { return nil }
    let isUnseen = fault.priority == .medium && !acknowledged[fault.code]
    guard
      let after = FaultRow(of: fault.code).becomesHighAfter
        ?? (isUnseen ? Limits.unseenEscalation : nil)
    else { return nil }
    return fault.raised + TickCount(rig.ticks(after))
  }

  /// The strictest on each axis. A closed gate shows the fault whose row comes first in `DeliveryMode`.
  private mutating func fold() {
    effect = Effect()
    var isOrdered = true
    for index in 0..<FaultCode.count {
      guard let fault = self[index] else { continue }
      let row = FaultRow(of: fault.code)
      effect.rate = max(effect.rate, on[.encoderLost] ? row.rateUnseen : row.rate)
      effect.gate = max(effect.gate, row.gate)
      if let reason = row.refusesExtras { refuseExtras(fault, reason) }
      guard row.gate > .run, let mode = row.mode else { continue }
      if effect.closedAs.map({ mode.precedence < $0.precedence }) ?? true { effect.closedAs = mode }
      switch row.withheld {
      case .notOrdered: isOrdered = false
      case .deficit(let reason): effect.withheld = effect.withheld ?? reason
      }
    }
    if !isOrdered { effect.withheld = nil }
  }

  private mutating func refuseExtras(_ fault: Fault, _ reason: RefusalReason) {
    if let known = effect.extras, known.priority >= fault.priority { return }
    effect.extras = Effect.Obstacle(
      fault: fault.code, reason: reason, priority: fault.priority)
  }

  /// Visits every field, to write the board down or to read it. Faults that a reader does not know are
  /// an error, since it does not know what follows from them.
  mutating func layout(_ coder: inout some FrameCoder) {
    var count = FaultCode.count
    coder.field(count: &count, atMost: FaultCode.count)
    layout(&coder, count: count)
  }

  /// - Parameter count: of how many faults the record tells.
  mutating func layout(_ coder: inout some FrameCoder, count: Int) {
    var read = FaultBoard()
    for index in 0..<count {
      var priority = self[index]?.priority.rawValue ?? 0
      var raised = self[index]?.raised ?? Tick(0)
      coder.field(&priority)
      coder.field(&raised)
      guard priority > 0 else { continue }
      guard let known = AlarmPriority(rawValue: priority),
        let code = FaultCode(rawValue: UInt8(truncatingIfNeeded: index))
      else { return coder.fail() }
      _ = read.raise(code, known, at: raised)
    }
    self = read
  }
}
