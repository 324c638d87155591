public import DosingCore
public import Hardware
public import Quantities
internal import Synchronization

/// The tick thread: runs the tick loop at absolute deadlines until it is told to end.
///
/// The other threads meet it through `requests`, `status` and `events`, and nothing else.
public final class RealTimeEngine: @unchecked Sendable {
  public let requests = RequestSlot()
  public let status: Latest<Status>
  public let events = EventRing()

  private var loop: TickLoop
  private let drive: MotorDrive
  private let period: Nanoseconds
  private let start: Nanoseconds
  /// A status is published so often.
  private let ticksPerStatus: Int64
  private let ending = Atomic<Bool>(false)
  private let completed = Atomic<Int64>(0)
  private let sensors: SensorWatch?
  private let priority = Atomic<UInt8>(0)
  private var lateness = LatenessHistogram()
  private var health = TickHealth()
  /// A request was decided, and whoever asked will look.
  private var statusIsDue = false

  /// How often a status is published.
  public static let statusPeriod = Nanoseconds(100_000_000)

  /// - Parameters:
  ///   - start: the deadline of tick 0; the epoch with which the interlock was sealed.
  ///   - memoryLocked: whether the process has locked its memory; for the status.
  ///   - sensors: nil where the rig has none.
  public init(
    loop: consuming TickLoop, drive: MotorDrive, start: Nanoseconds, blank: Status,
    memoryLocked: Bool, sensors: SensorWatch? = nil
  ) {
    period = loop.core.rig.tick
    ticksPerStatus = max(1, Self.statusPeriod.count / period.count)
    self.loop = loop
    self.drive = drive
    self.start = start
    self.sensors = sensors
    health.memoryLocked = memoryLocked
    status = Latest(blank)
  }

  /// From any thread: the tick thread ends after the tick that runs.
  public func end() { ending.store(true, ordering: .relaxed) }

  /// From any thread: how many ticks have run. Grows as long as the tick thread is alive.
  public var ticksCompleted: Int64 { completed.load(ordering: .relaxed) }

  /// From any thread: the SCHED_FIFO priority that was granted, for the status.
  public func setGrantedPriority(_ granted: UInt8) { priority.store(granted, ordering: .relaxed) }

  /// The body of the tick thread.
  public func run() {
    var next: Int64 = 0
    while !ending.load(ordering: .relaxed) {
      let deadline = start + Nanoseconds(next * period.count)
      RealTime.sleep(until: deadline)
      let woke = RealTime.now
      lateness.record(woke - deadline)
      // A tick that could only begin after the next deadline is skipped, never replayed.
      let number = max(next, (woke - start).count / period.count)
      run(number, missed: number - next)
      next = number + 1
    }
  }

  private func run(_ number: Int64, missed: Int64) {
    requests.answer(at: number) { request in decide(request, at: number) }
    let decision = loop.tick(number)
    if missed > 0 { note(.ticksMissed, at: number, value: missed) }
    if decision != Self.quiet && decision != Self.stepping { note(decision, at: number) }
    if statusIsDue || number % ticksPerStatus == 0 { publish(number) }
    // A load and a store, not one locked instruction: the tick is the only writer.
    completed.store(completed.load(ordering: .relaxed) + 1, ordering: .relaxed)
  }

  private static let quiet = Decision()
  private static let stepping: Decision = {
    var decision = Decision()
    decision.steps = true
    return decision
  }()

  private func decide(_ request: Request, at number: Int64) -> Answer {
    let answer = loop.decide(request, at: number)
    statusIsDue = true
    if case .accepted = answer {
      note(.accepted, at: number)
    } else {
      note(.refused, at: number)
    }
    return answer
  }

  private func note(_ decision: Decision, at number: Int64) {
    if decision.basalChanged { note(.basalChanged, at: number) }
    if decision.extraDoseEnded { note(.extraDoseEnded, at: number) }
    if decision.alarmsChanged { note(.alarmsChanged, at: number) }
  }

  private func note(_ kind: EngineEvent.Kind, at number: Int64, value: Int64? = nil) {
    var alarms: UInt8 = 0
    for index in 0..<AlarmCode.count where loop.core.alarms[index] != nil {
      alarms |= 1 << UInt8(index)
    }
    events.append(
      EngineEvent(
        kind: kind, tick: number, value: value ?? Int64(loop.core.mode.rawValue), alarms: alarms))
  }

  private func publish(_ number: Int64) {
    statusIsDue = false
    let counts = drive.counts
    health.ticks = number + 1
    health.missed = loop.core.ticksMissed
    health.latenessMedian = lateness.quantile(perMille: 500)
    health.lateness99 = lateness.quantile(perMille: 990)
    health.latenessMax = lateness.max
    health.interlockSteps = counts.steps
    health.interlockRefusals = counts.refusals
    health.interlockLapses = counts.lapses
    health.realTimePriority = priority.load(ordering: .relaxed)
    let readings = sensors?.readings(at: RealTime.now)
    status.publish { status in
      status.health = health
      if let readings { status.sensors = readings }
      loop.core.report(to: &status)
    }
  }
}
