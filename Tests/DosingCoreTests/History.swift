import DosingCore
import Quantities
import SeededNumbers

/// One engine through some days of chance, with an oracle that judges each tick.
struct History: ~Copyable {
  struct Counts {
    var accepted = 0
    var boluses = 0
    var cancels = 0
    var programs = 0
    var refused: [RefusalReason: Int] = [:]
    var lateTicks: Int64 = 0
    var waits = 0
    /// Requests that were refused for a limit, asked again when the refusal said, and granted.
    var promisesKept = 0
  }

  let seed: UInt64
  private var generator: SplitMix64
  private let orders: RandomOrders
  private var state: DosingState
  private(set) var oracle: Oracle
  private(set) var counts = Counts()
  /// Of every answer and every decision.
  private(set) var digest: UInt64 = 0xcbf2_9ce4_8422_2325

  private var nextRequest: Int64 = 1
  private var nextGap: Int64 = 1
  private var nextLapse: Int64 = 1
  private var lapseEnds: Int64 = 0
  /// Nothing happens until the promise is due.
  private var promise: Promise?
  private var isQuiet = false

  init?(seed: UInt64, milliseconds: Int64) {
    self.seed = seed
    var generator = SplitMix64(seed: seed)
    guard let orders = RandomOrders(tick: milliseconds, using: &generator) else { return nil }
    var first: Therapy?
    for _ in 0..<20 where first == nil {
      first = orders.draw(using: &generator)
      if first?.prescription.drug != Label("baclofen") { first = nil }
      if first?.prescription.concentration != orders.concentration { first = nil }
    }
    guard let first else { return nil }
    let clock = WeekTime(sinceMonday: Nanoseconds(generator.number(0...604_799_999_999_999)))
    self.generator = generator
    self.orders = orders
    state = DosingState(rig: orders.rig, clock: clock)
    oracle = Oracle(rig: orders.rig, clock: clock)
    ask(.program(first), at: 0)
    tick(0)
    planRequest()
    planGap()
    planLapse()
  }

  var summary: String {
    let (hour, day) = (Int(oracle.mostOfHour * 100), Int(oracle.mostOfDay * 100))
    let refused = counts.refused.map { "\($0.key) \($0.value)" }.sorted()
    return """
      \(oracle.stepTicks.count) steps, \(counts.boluses) boluses, \(counts.programs) programs, \
      \(counts.lateTicks) ticks late, \(counts.waits) waits, \(counts.promisesKept) promises, \
      at most \(hour) % of an hour's limit, \(day) % of a day's; refused: \(refused)
      """
  }

  /// Runs until the tick, or until something is wrong.
  mutating func run(to last: Int64) {
    while state.now.number < last && !oracle.failed { advance() }
  }

  private mutating func advance() {
    var next = state.now.number + 1
    if isQuiet {
      if let promise, next >= promise.at { keep(promise) }
    } else {
      if next >= nextGap {
        next += gap()
        planGap()
      }
      while next >= nextRequest && !isQuiet {
        makeRequest(at: next)
        planRequest()
      }
    }
    tick(next)
  }

  /// One tick, and whether the interlock lets its step pass.
  private mutating func tick(_ number: Int64) {
    let decision = state.step(Tick(number))
    if decision.steps { mix(UInt64(bitPattern: number)) }
    oracle.stepped(at: number, decision)
    if decision.steps && !isQuiet && refuses(number) {
      state.stepEnded(.notYet)
      oracle.stepWaits()
      counts.waits += 1
    }
    let account = state.account
    oracle.judge(account)
    if number % 10_000 == 0 { oracle.judgeExactly(account) }
    if decision.faultsChanged { oracle.expect(noDefect, "the engine found itself wrong") }
  }

  private var noDefect: Bool {
    !state.board.on[.basalRefusedByLimit] && !state.board.on[.interlockDisagrees]
      && !state.board.on[.hardStop]
  }

  private mutating func mix(_ value: UInt64) {
    digest = (digest ^ value) &* 0x0000_0100_0000_01b3
  }

  // MARK: Requests

  private mutating func ask(_ request: Request, at tick: Int64) {
    var proposed: Answer?
    if case .commit(.program(let therapy)) = request {
      // Whoever asks before is told what he will be told, and changes nothing by it.
      proposed = state.decide(.propose(.program(therapy)), at: Tick(tick))
    }
    let answer = state.decide(request, at: Tick(tick))
    if let proposed {
      oracle.expect(
        proposed.reason == answer.reason, "proposed \(proposed), then programmed \(answer)")
    }
    mix(UInt64(answer.reason?.rawValue ?? 0) << 32 ^ UInt64(bitPattern: tick))
    oracle.asked(request, at: tick, answer: answer, perStep: state.account.perStep)
    oracle.judgeExactly(state.account)
    note(request, answer, at: tick)
  }

  private mutating func note(_ request: Request, _ answer: Answer, at tick: Int64) {
    guard let refusal = answer.refusal else {
      counts.accepted += 1
      switch request {
      case .bolus, .patientBolus: counts.boluses += 1
      case .commit(.program): counts.programs += 1
      case .cancelBolus: counts.cancels += 1
      case .stop, .resume, .acknowledge, .silence, .propose, .commit: break
      }
      return
    }
    counts.refused[refusal.reason, default: 0] += 1
    guard let at = refusal.allowedAt?.number, !isQuiet else { return }
    oracle.expect(at > tick, "allowed at \(at), which has passed")
    // Whatever names a time keeps its promise; those of the limits are the hardest.
    guard generator.oneIn(refusal.reason.isLimit ? 2 : 12) else { return }
    promise = Promise(request: request, reason: refusal.reason, at: at)
    isQuiet = true
  }

  /// Asks again at the tick that the refusal named, after a quiet time.
  private mutating func keep(_ promise: Promise) {
    isQuiet = false
    self.promise = nil
    let answer = state.decide(promise.request, at: Tick(promise.at))
    oracle.asked(
      promise.request, at: promise.at, answer: answer, perStep: state.account.perStep)
    counts.promisesKept += 1
    if let refusal = answer.refusal { oracle.fail("\(promise) was refused with \(refusal)") }
  }

  private mutating func makeRequest(at tick: Int64) {
    if oracle.stopped {
      ask(generator.oneIn(4) ? request() : .resume, at: tick)
    } else {
      ask(request(), at: tick)
    }
  }

  private mutating func request() -> Request {
    switch generator.number(0...15) {
    case 15: return .silence
    case 14: return .acknowledge
    case 13: return .cancelBolus
    case 12: return .clock(ClockChange(utcOffset: .minutes(generator.number(-720...840))))
    case 0: return .stop
    case 1: return .resume
    case 2...5: return .patientBolus
    case 6...8: return orders.bolus(using: &generator)
    default:
      if let therapy = orders.draw(using: &generator) { return .program(therapy) }
      return .patientBolus
    }
  }

  // MARK: When

  private var minute: Int64 { oracle.ticksPerDay / 1440 }

  private mutating func planRequest() {
    let now = state.now.number
    nextRequest = now + generator.magnitude(1...(90 * minute))
    // Moments at which something changes, and the ticks beside them.
    let moments = [
      oracle.running?.end, state.patientBolusAllowedAt?.number,
      (nextRequest / minute) * minute, (nextRequest / (15 * minute)) * 15 * minute,
    ]
    if generator.oneIn(2), let moment = generator.pick(moments), moment < now + 600 * minute {
      nextRequest = moment + generator.number(-1...1)
    }
    nextRequest = max(nextRequest, now + 1)
    if generator.oneIn(5) { nextRequest = now + 1 }
  }

  private mutating func planGap() {
    nextGap = state.now.number + generator.magnitude(minute...(600 * minute))
  }

  /// Ticks that do not run: from one to hours, or up to a moment at which something changes.
  private mutating func gap() -> Int64 {
    let now = state.now.number
    var missed = generator.magnitude(1...20)
    if generator.oneIn(8) { missed = generator.magnitude(20...(300 * minute)) }
    if generator.oneIn(6), let end = oracle.running?.end {
      missed = max(1, end - now + generator.number(-2...1))
    }
    if generator.oneIn(8) {
      missed = max(1, (now / minute + 1) * minute - now + generator.number(-2...1))
    }
    counts.lateTicks += missed
    return missed
  }

  private mutating func planLapse() {
    nextLapse = state.now.number + generator.magnitude(minute...(300 * minute))
    lapseEnds = nextLapse + generator.magnitude(1...(3 * minute))
  }

  /// Now and then the interlock lets no step pass for some ticks, up to minutes.
  private mutating func refuses(_ tick: Int64) -> Bool {
    if tick < nextLapse { return false }
    if tick > lapseEnds { planLapse() }
    return true
  }
}

/// A request that was refused for a limit, and when it would be granted if nothing else happened.
private struct Promise: CustomStringConvertible {
  let request: Request
  let reason: RefusalReason
  let at: Int64

  var description: String {
    let name =
      switch request {
      case .commit(.program(let therapy)): "a program of mode \(therapy.prescription.mode)"
      case .bolus(let dose, let duration): "a bolus of \(dose) in \(duration)"
      case .patientBolus: "a patient bolus"
      case .commit(.clock(let change)):
        "a clock \(change.utcOffset.count / 60_000_000_000) min from UTC"
      case .cancelBolus, .stop, .resume, .acknowledge, .silence, .propose, .commit: "a request"
      }
    return "\(name), refused with \(reason) and promised for tick \(at),"
  }
}

extension RefusalReason {
  fileprivate var isLimit: Bool {
    switch self {
    case .doseLimit1h, .doseLimit24h, .volumeLimit1h, .volumeLimit24h: true
    default: false
    }
  }
}
