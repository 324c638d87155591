public import Quantities

/// Who vouches for UTC.
public enum ClockSource: UInt8, Sendable, BitwiseCopyable {
  case nobody = 0
  /// A person has said what it is.
  case person = 1
  /// A clock with a battery that the rig file declares.
  case battery = 2
  /// The kernel says that its clock is synchronised.
  case kernel = 3
}

/// The pump's own local time, which selects the step of flex and nothing else.
///
/// It goes with the ticks. Somebody has to vouch for it once after each start of the machine; what is said
/// later about UTC moves it no more, and is told.
struct TherapyClock: BitwiseCopyable {
  private let tick: Nanoseconds
  private(set) var atTickZero: WeekTime
  private(set) var isTrusted = true
  /// Local time less UTC. There is no daylight saving.
  private(set) var utcOffset = Nanoseconds.zero
  /// Who vouches for UTC now.
  private(set) var source = ClockSource.nobody
  /// UTC in tick 0 in ns since 1970, as it was vouched for since the machine started; nil where nobody did.
  private(set) var utcAtTickZero: Int64?

  /// - Parameter start: the time at tick 0.
  init(start: WeekTime, tick: Nanoseconds) {
    self.tick = tick
    atTickZero = start
    set(atTickZero: start)
  }

  /// Cut to a whole tick, so that the edges of a schedule are ticks.
  private mutating func set(atTickZero time: WeekTime) {
    atTickZero = WeekTime(
      sinceMonday: Nanoseconds(time.sinceMonday.count / tick.count * tick.count))
  }

  func at(_ tick: Tick) -> WeekTime { atTickZero + sinceTickZero(tick) }

  /// Without whole weeks.
  private func sinceTickZero(_ tick: Tick) -> Nanoseconds {
    let week = WeekTime.week.count / self.tick.count
    return Nanoseconds(tick.number % week * self.tick.count)
  }

  // MARK: UTC

  /// By how much it is behind the UTC that somebody vouches for, less than half a week either way; nil where
  /// nobody does.
  var behind: Nanoseconds? {
    guard let utcAtTickZero else { return nil }
    return (WeekTime(ofUTC: utcAtTickZero) + utcOffset).distance(from: atTickZero)
  }

  /// Nobody has vouched for UTC since the machine started.
  mutating func distrust() {
    (isTrusted, utcAtTickZero, source) = (false, nil, .nobody)
  }

  /// Somebody vouches for UTC, or nobody does any more: what was said before still holds then.
  mutating func learn(_ utc: TickFacts.VouchedUTC) {
    source = utc.source
    if utc.source != .nobody { utcAtTickZero = utc.atTickZero }
  }

  /// Goes by the UTC that somebody vouches for.
  mutating func adoptUTC() {
    guard let utcAtTickZero else { return }
    set(atTickZero: WeekTime(ofUTC: utcAtTickZero) + utcOffset)
    isTrusted = true
  }

  // MARK: What a person says

  /// The time that it would show in a tick.
  func at(_ tick: Tick, after change: ClockChange) -> WeekTime {
    change.clock(
      at: tick, of: self.tick, insteadOf: at(tick), utcOffset: utcOffset, behind: behind)
  }

  mutating func take(_ change: ClockChange) {
    set(atTickZero: at(Tick(0), after: change))
    utcOffset = change.utcOffset
    if change.stated != nil {
      (isTrusted, source) = (true, .person)
    } else if utcAtTickZero != nil {
      isTrusted = true
    }
  }

  // MARK: Its record

  mutating func layout(_ coder: inout some FrameCoder) {
    layoutFirst(&coder)
    coder.field(utcOffset: &utcOffset)
    coder.field(&source)
    var isVouched = utcAtTickZero != nil
    coder.field(&isVouched)
    var utc = utcAtTickZero ?? 0
    coder.field(&utc)
    if !isVouched && utc != 0 { coder.fail() }
    utcAtTickZero = isVouched ? utc : nil
  }

  /// As it was before it knew UTC.
  mutating func layoutFirst(_ coder: inout some FrameCoder) {
    var sinceMonday = atTickZero.sinceMonday
    coder.field(&sinceMonday)
    atTickZero = WeekTime(sinceMonday: sinceMonday)
    coder.field(&isTrusted)
  }
}

/// What a person says of the therapy clock.
public struct ClockChange: Equatable, Sendable, BitwiseCopyable {
  /// Local time less UTC: whole minutes, from -12 h to +14 h.
  public var utcOffset: Nanoseconds
  /// Nil where the pump's UTC stays what it is.
  public var stated: StatedUTC?

  /// What UTC was in a tick of the pump.
  public struct StatedUTC: Equatable, Sendable, BitwiseCopyable {
    /// In ns since 1970.
    public var utc: Int64
    public var tick: Tick

    public init(utc: Int64, tick: Tick) {
      self.utc = utc
      self.tick = tick
    }
  }

  public init(utcOffset: Nanoseconds = .zero, stated: StatedUTC? = nil) {
    self.utcOffset = utcOffset
    self.stated = stated
  }

  /// What the therapy clock would show.
  ///
  /// - Parameters:
  ///   - clock: what it shows in that tick without the change.
  ///   - old: its offset without the change.
  ///   - behind: by how much it is behind the UTC that somebody vouches for; nil where nobody does.
  public func clock(
    at tick: Tick, of period: Nanoseconds, insteadOf clock: WeekTime, utcOffset old: Nanoseconds,
    behind: Nanoseconds?
  ) -> WeekTime {
    guard let stated else { return clock + (behind ?? .zero) + utcOffset - old }
    let ticks = (tick - stated.tick).count % (WeekTime.week.count / period.count)
    return WeekTime(ofUTC: stated.utc) + Nanoseconds(ticks * period.count) + utcOffset
  }
}

extension FrameCoder {
  mutating func field(utcOffset: inout Nanoseconds) {
    let minute = Nanoseconds.minutes(1).count
    var minutes = Int16(truncatingIfNeeded: utcOffset.count / minute)
    field(&minutes)
    if minutes < -12 * 60 || minutes > 14 * 60 { fail() }
    utcOffset = Nanoseconds(Int64(minutes) * minute)
  }
}

#if !hasFeature(Embedded)
  extension ClockSource: CaseIterable {}
#endif
