internal import DosingCore
public import Journal
public import Quantities

/// What the clocks of this machine say at one moment.
public struct ClockReading: Sendable {
  public var now: MachineTime
  public var witnesses: ClockWitnesses

  public init(now: MachineTime, witnesses: ClockWitnesses = ClockWitnesses()) {
    self.now = now
    self.witnesses = witnesses
  }

  /// Time without power is believed up to this length.
  public static let gapMax = Nanoseconds.days(30)
  /// A clock with a battery tells whole seconds.
  private static let batteryStep = Nanoseconds.seconds(1)

  /// What UTC is more than the clock with a battery shows, as what was recorded last knows it; nil where that
  /// clock is not believed: it went back, or is far ahead of what was recorded.
  func batteryCorrection(after state: JournalState?) -> Int64? {
    guard let battery = witnesses.battery else { return nil }
    guard let state, let then = state.witnesses.battery ?? state.witnesses.kernel else { return 0 }
    let plausible = (then - Self.batteryStep.count)...(then + Self.gapMax.count)
    guard plausible.contains(battery) else { return nil }
    return state.witnesses.battery.map { state.utc - $0 } ?? 0
  }

  /// The time since a record, and whether somebody vouches for it.
  ///
  /// Within one boot CLOCK_BOOTTIME tells. Across boots it is zero unless one and the same clock vouched for
  /// UTC at both ends: what such a clock is off by at both does not count. Where several did, the least of
  /// what they say.
  public func passed(since state: JournalState) -> (time: Nanoseconds, isAttested: Bool) {
    if state.bootID == now.bootID {
      return (Nanoseconds(max(0, now.boot - state.boot)), true)
    }
    let least = gaps(since: state).min()
    return (min(Nanoseconds(least ?? 0), Self.gapMax), least != nil)
  }

  /// By each clock that vouches now and did then.
  private func gaps(since state: JournalState) -> [Int64] {
    var gaps: [Int64] = []
    if let before = state.witnesses.kernel, let now = witnesses.kernel, now >= before {
      gaps.append(now - before)
    }
    if let before = state.witnesses.battery, let now = witnesses.battery,
      batteryCorrection(after: state) != nil
    {
      gaps.append(max(0, now - before - Self.batteryStep.count))
    }
    return gaps
  }
}

extension ClockReading {
  /// What the better of those that vouch says; nil where nobody does.
  ///
  /// - Parameters:
  ///   - correction: see `batteryCorrection(after:)`.
  ///   - boot: CLOCK_BOOTTIME in tick 0.
  func vouchedUTC(
    batteryCorrection correction: Int64?, bootOfTickZero boot: Int64
  ) -> TickFacts.VouchedUTC? {
    let sinceTickZero = now.boot - boot
    if let kernel = witnesses.kernel {
      return TickFacts.VouchedUTC(.kernel, atTickZero: kernel - sinceTickZero)
    }
    guard let battery = witnesses.battery, let correction else { return nil }
    return TickFacts.VouchedUTC(.battery, atTickZero: battery + correction - sinceTickZero)
  }
}

/// Looks who vouches for UTC while the engine runs.
struct ClockWatch {
  /// What was recorded before this start; nil for nothing.
  private let recorded: JournalState?
  /// The reading with which this start began, and CLOCK_BOOTTIME in tick 0.
  private let start: ClockReading
  private let bootOfTickZero: Int64
  /// Judged once: a clock that was not believed at the start is not for being looked at later.
  private let batteryCorrection: Int64?
  /// UTC in tick 0 by which entries are stamped, and who vouches for it.
  private(set) var utcOfTickZero: Int64
  private(set) var source: ClockSource
  /// How long the machine was off is not known yet.
  private var gapIsOpen: Bool

  /// What a clock shows may differ by so much before that is worth a word.
  private static let tolerance = Nanoseconds.seconds(1)

  init(after recorded: JournalState?, start: ClockReading, bootOfTickZero: Int64) {
    self.recorded = recorded
    self.start = start
    self.bootOfTickZero = bootOfTickZero
    batteryCorrection = start.batteryCorrection(after: recorded)
    let vouched = start.vouchedUTC(
      batteryCorrection: batteryCorrection, bootOfTickZero: bootOfTickZero)
    source = vouched?.source ?? .nobody
    utcOfTickZero =
      vouched?.atTickZero ?? start.now.utc - (start.now.boot - bootOfTickZero)
    gapIsOpen = recorded.map { !start.passed(since: $0).isAttested } ?? false
  }

  /// What is worth telling the engine; nil where all is as before.
  mutating func look(_ reading: ClockReading) -> TickFacts.VouchedUTC? {
    let vouched = reading.vouchedUTC(
      batteryCorrection: batteryCorrection, bootOfTickZero: bootOfTickZero)
    guard var vouched else {
      guard source != .nobody else { return nil }
      source = .nobody
      return TickFacts.VouchedUTC(.nobody, atTickZero: 0)
    }
    let difference = abs(vouched.atTickZero - utcOfTickZero)
    if vouched.source == source, difference <= Self.tolerance.count { return nil }
    (source, utcOfTickZero) = (vouched.source, vouched.atTickZero)
    vouched.wasOff = takeGap(reading)
    return vouched
  }

  /// What is recorded of a reading: nothing of a clock that is not believed.
  func believed(_ reading: ClockReading) -> ClockWitnesses {
    ClockWitnesses(
      kernel: reading.witnesses.kernel,
      battery: batteryCorrection == nil ? nil : reading.witnesses.battery)
  }

  /// What a clock that vouches only now, and did before the start, says of the time between.
  private mutating func takeGap(_ reading: ClockReading) -> Nanoseconds {
    guard gapIsOpen, let recorded else { return .zero }
    let (time, isAttested) = reading.passed(since: recorded)
    guard isAttested else { return .zero }
    gapIsOpen = false
    let running = Nanoseconds(reading.now.boot - start.now.boot)
    // A clock tells to a second: less than that is no time of which nobody knows.
    return max(Self.tolerance, time - running)
  }
}
