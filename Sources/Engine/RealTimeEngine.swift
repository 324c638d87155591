public import DosingCore
public import Hardware
public import Quantities
internal import Synchronization

/// The tick thread: runs the tick loop at absolute deadlines until it is told to end.
///
/// The other threads meet it through `requests`, `status` and `record`, and nothing else.
public final class RealTimeEngine: @unchecked Sendable {
  public let requests = RequestSlot()
  public let status: Latest<Status>
  public let record: TickRecord

  private var loop: RecordedLoop
  private let first: Int64
  private let drive: MotorDrive
  private let period: Nanoseconds
  private let start: Nanoseconds
  /// A status is published so often.
  private let ticksPerStatus: Int64
  private let ending = Atomic<Bool>(false)
  private let completed = Atomic<Int64>(0)
  private let hardStopped = Atomic<Bool>(false)
  private let sensors: SensorWatch?
  private let priority = Atomic<UInt8>(0)
  private var lateness = LatenessHistogram()
  private var health = TickHealth()
  /// A request was decided, and whoever asked will look.
  private var statusIsDue = false
  private var sampling: Sampling
  /// What the sensors said when they were looked at last.
  private var readings: SensorReadings?
  private var looksAt: Int64 = 0
  private var forecast = Forecast()
  private var forecastIsDue = true
  /// By how much the clock that counts suspension is ahead of the one that does not.
  private var suspendedSoFar = RealTime.sinceBoot - RealTime.now

  /// How often a status is published.
  public static let statusPeriod = Nanoseconds(100_000_000)

  /// It is worth more than the rest of a status, and changes less.
  private static let statusesPerForecast: Int64 = 600

  /// - Parameters:
  ///   - commits: the number of the newest commit there is; nil where nothing is made durable.
  ///   - start: the deadline of tick 0, since boot; the epoch with which the interlock was sealed.
  ///   - memoryLocked: whether the process has locked its memory; for the status.
  ///   - sensors: nil where the rig has none.
  public init(
    loop: consuming TickLoop, commits: Int64?, drive: MotorDrive, start: Nanoseconds,
    blank: Status, memoryLocked: Bool, sensors: SensorWatch? = nil
  ) {
    period = loop.core.rig.tick
    sampling = Sampling(loop.core.rig)
    first = loop.core.now.number + 1
    record = TickRecord()
    ticksPerStatus = max(1, Self.statusPeriod.count / period.count)
    // Whoever asks before the first tick sees what was restored, not a pump without therapy.
    var restored = blank
    loop.report(to: &restored)
    restored.forecast = loop.core.forecast()
    status = Latest(restored)
    self.loop = RecordedLoop(loop, record: record, commits: commits)
    self.drive = drive
    self.start = start
    self.sensors = sensors
    health.memoryLocked = memoryLocked
  }

  /// From any thread: the tick thread ends after the tick that runs.
  public func end() { ending.store(true, ordering: .relaxed) }

  /// From any thread: how many ticks have run. Grows as long as the tick thread is alive.
  public var ticksCompleted: Int64 { completed.load(ordering: .relaxed) }

  /// From any thread: whether the core asks for a hard stop, for whoever enforces it beside the tick.
  public var isHardStopped: Bool { hardStopped.load(ordering: .relaxed) }

  /// From any thread: the SCHED_FIFO priority that was granted, for the status.
  public func setGrantedPriority(_ granted: UInt8) { priority.store(granted, ordering: .relaxed) }

  /// The body of the tick thread.
  public func run() {
    var next = first
    while !ending.load(ordering: .relaxed) {
      let deadline = start + Nanoseconds(next * period.count)
      RealTime.sleep(untilBoot: deadline)
      let woke = RealTime.sinceBoot
      lateness.record(woke - deadline)
      // A tick that could only begin after the next deadline is skipped, never replayed.
      let number = max(next, (woke - start).count / period.count)
      run(number, missed: number - next)
      next = number + 1
    }
    loop.settle(at: next - 1)
  }

  /// For how long the machine slept since this was last asked: whole ticks of it.
  private func takeSuspension() -> Int64 {
    let suspended = RealTime.sinceBoot - RealTime.now
    let new = suspended - suspendedSoFar
    guard new >= period else { return 0 }
    suspendedSoFar = suspended
    return new.count
  }

  private func run(_ number: Int64, missed: Int64) {
    // Whoever slept has missed ticks.
    loop.begin(
      number, missed: missed, suspended: missed > 0 ? takeSuspension() : 0, samples: look(number))
    requests.answer(at: number) { request, id in
      // Whoever asked will look.
      statusIsDue = true
      return loop.decide(request, id: id, at: number)
    }
    let decision = loop.tick(number)
    // Whoever is told what became of it will look.
    if decision.carriedOut || decision.tookBack {
      (statusIsDue, forecastIsDue) = (true, true)
    }
    if statusIsDue || number % ticksPerStatus == 0 { publish(number) }
    // A load and a store, not one locked instruction: the tick is the only writer.
    completed.store(completed.load(ordering: .relaxed) + 1, ordering: .relaxed)
    hardStopped.store(loop.loop.core.board.effect.gate == .hardStop, ordering: .relaxed)
  }

  /// Looks at the sensors before the first tick of each status. Returns what the core is to hear of it.
  @inline(__always)
  private func look(_ number: Int64) -> SensorReadings? {
    guard let sensors, number >= looksAt else { return nil }
    return look(sensors, number)
  }

  @inline(never)
  private func look(_ sensors: SensorWatch, _ number: Int64) -> SensorReadings? {
    looksAt = number + ticksPerStatus
    let readings = sensors.readings(at: RealTime.now)
    self.readings = readings
    return sampling.take(readings, at: number, steps: loop.loop.core.account.steps)
  }

  private func publish(_ number: Int64) {
    statusIsDue = false
    loop.listen(at: RealTime.now)
    if forecastIsDue || number % (ticksPerStatus * Self.statusesPerForecast) == 0 {
      forecast = loop.loop.core.forecast()
      forecastIsDue = false
    }
    let counts = drive.counts
    health.ticks = number - first + 1
    health.missed = loop.loop.core.ticksMissed
    health.latenessMedian = lateness.quantile(perMille: 500)
    health.lateness99 = lateness.quantile(perMille: 990)
    health.latenessMax = lateness.max
    health.interlockSteps = counts.steps
    health.interlockRefusals = counts.refusals
    health.interlockLapses = counts.lapses
    health.interlockHourSteps = counts.hourSteps
    health.interlockDaySteps = counts.daySteps
    health.realTimePriority = priority.load(ordering: .relaxed)
    status.publish { status in
      status.health = health
      status.forecast = forecast
      if let readings { status.sensors = readings }
      loop.report(to: &status)
    }
  }
}
