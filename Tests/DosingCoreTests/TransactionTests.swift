import Quantities
import SeededNumbers
import Testing

@testable import DosingCore

@Suite struct TransactionTests {
  private static let order = Prescription.continuous(
    microgramsPerDay(300),
    patientBolus: .usual(dose: micrograms(1), lockout: .minutes(1)))

  private static func pump(_ order: Prescription = Self.order) throws -> DosingState {
    var state = DosingState(rig: .bench(), clock: midnight)
    #expect(state.decide(.program(try Therapy.of(order)), at: Tick(0)).isAccepted)
    run(&state, to: 20)
    return state
  }

  private static func run(_ state: inout DosingState, to tick: Int64) {
    while state.now.number < tick {
      if state.step(state.now + TickCount(1)).steps { state.stepEnded(nil) }
    }
  }

  enum Start: CaseIterable {
    case running, stopped, hardStop, noHistory
  }

  private static func state(_ start: Start) throws -> DosingState {
    var state = try pump()
    switch start {
    case .running: break
    case .stopped: _ = state.decide(.stop, at: Tick(21))
    case .hardStop:
      state.raise(.hardStop)
      state.latch()
    case .noHistory: state.loseHistory()
    }
    run(&state, to: 30)
    return state
  }

  enum Event: CaseIterable {
    case programUp, programDown, bolus, patientBolus, cancelBolus, stop, resume, acknowledge,
      silence,
      clear, new
    /// No request: the interlock and the core have counted differently.
    case fault
  }

  private struct Requests {
    let up: Therapy
    let down: Therapy

    init() throws {
      up = try Therapy.of(
        .continuous(
          microgramsPerDay(350), maxDose1h: micrograms(70), maxDose24h: micrograms(600),
          patientBolus: .usual(dose: micrograms(1), lockout: .minutes(2))))
      down = try Therapy.of(
        .continuous(
          microgramsPerDay(150), maxDose1h: micrograms(20), maxDose24h: micrograms(300),
          patientBolus: .usual(dose: micrograms(1), lockout: .minutes(1))))
    }

    func request(_ event: Event) -> Request? {
      switch event {
      case .programUp: .program(up)
      case .programDown: .program(down)
      case .bolus: .bolus(dose: micrograms(1), duration: .minutes(10))
      case .patientBolus: .patientBolus
      case .cancelBolus: .cancelBolus
      case .stop: .stop
      case .resume: .resume
      case .acknowledge: .acknowledge
      case .silence: .silence
      case .clear: .clear
      case .new: .new(deliveredIn24h: microlitres(10), deliveredIn1h: .zero)
      case .fault: nil
      }
    }
  }

  /// Runs some events, and 22 ticks after the last one.
  private func play(
    _ events: [Event], gaps: [Int], _ storage: SlowStorage, from start: DosingState,
    _ requests: Requests
  ) -> (pumps: TwoPumps, wrong: String?) {
    var pumps = TwoPumps(start, storage)
    var wrong: String?
    func note(_ found: String?) { wrong = wrong ?? found }
    // Those with no gap come in one tick.
    var index = 0
    while index < events.count {
      var together: [Request] = []
      var fault: FaultCode?
      repeat {
        if let request = requests.request(events[index]) {
          together.append(request)
        } else {
          fault = .hardStop
        }
        index += 1
      } while index < events.count && gaps[index - 1] == 0
      note(pumps.tick(together, raising: fault))
      let quiet = index < events.count ? gaps[index - 1] - 1 : 22
      for _ in 0..<quiet { note(pumps.tick()) }
    }
    if !pumps.isSettled { note("still waits") }
    return (pumps, wrong)
  }

  private func gaps(_ count: Int, using generator: inout SplitMix64) -> [Int] {
    (0..<count).map { _ in generator.oneIn(6) ? 0 : Int(generator.number(1...35)) }
  }

  @Test("R-081 Any two requests leave what a pump has that was asked when they took effect")
  func pairs() throws {
    var generator = SplitMix64(seed: 81)
    let requests = try Requests()
    var (carriedOut, takenBack) = (0, 0)
    for start in Start.allCases {
      let state = try Self.state(start)
      for storage in SlowStorage.allCases {
        for first in Event.allCases {
          for second in Event.allCases {
            let gaps = gaps(1, using: &generator)
            let (pumps, wrong) = play(
              [first, second], gaps: gaps, storage, from: state, requests)
            if let wrong {
              Issue.record("\(start) \(storage) \(first) \(gaps) \(second): \(wrong)")
              return
            }
            carriedOut += pumps.carriedOut
            takenBack += pumps.takenBack
          }
        }
      }
    }
    #expect(carriedOut > 500 && takenBack > 300, "\(carriedOut) \(takenBack)")
  }

  @Test("R-081 Any three requests leave what a pump has that was asked when they took effect")
  func triples() throws {
    var generator = SplitMix64(seed: 82)
    let requests = try Requests()
    let states = try Start.allCases.map { try Self.state($0) }
    for first in Event.allCases {
      for second in Event.allCases {
        for third in Event.allCases {
          let storage = generator.pick(SlowStorage.allCases)
          let start = generator.oneIn(2) ? 0 : Int(generator.number(1...3))
          let gaps = gaps(2, using: &generator)
          let events = [first, second, third]
          let (_, wrong) = play(events, gaps: gaps, storage, from: states[start], requests)
          if let wrong {
            Issue.record("\(Start.allCases[start]) \(storage) \(events) \(gaps): \(wrong)")
            return
          }
        }
      }
    }
  }

  @Test("R-081 Two resumes that are not durable leave a stop, with a tick late by 3.4 s between")
  func resumesThatFail() throws {
    for late in [0, 10, 18, 19, 20, 34, 60] as [Int64] {
      var pumps = TwoPumps(try Self.pump(), .never)
      #expect(pumps.tick([.stop]) == nil)
      #expect(pumps.tick([.resume]) == nil)
      // The resume is taken back in the very tick in which the next one is asked for.
      #expect(pumps.tick([.resume], late: late) == nil)
      #expect(pumps.leased.mode == .stoppedByCommand)
      for _ in 0..<25 { #expect(pumps.tick() == nil) }
      #expect(pumps.isSettled && pumps.leased.mode == .stoppedByCommand)
      #expect(pumps.leased.board.on[.stopped])
      // What would be written down now says so too.
      var writer = RecordWriter()
      var after = pumps.leased.afterWaiting
      after.layout(&writer)
      let bytes = (0..<writer.count).map { writer.bytes[$0] }
      guard
        let read = DosingState.restored(
          from: bytes.span, rig: pumps.leased.rig, therapy: pumps.leased.therapy)
      else { throw Unreadable() }
      #expect(read.mode == .stoppedByCommand && read.board.on[.stopped])
    }
  }

  @Test("R-081 What is written down has the request carried out, and what runs has not")
  func recordIsAhead() throws {
    var pumps = TwoPumps(try Self.pump(), .never)
    #expect(pumps.tick([.bolus(dose: micrograms(1), duration: .minutes(10))]) == nil)
    #expect(pumps.leased.extraDose == nil)
    #expect(pumps.leased.afterWaiting.extraDose?.start == pumps.leased.now)
    #expect(pumps.tick([.stop]) == nil)
    let after = pumps.leased.afterWaiting
    #expect(after.extraDose == nil && after.lastExtraDose == nil && after.mode == .stoppedByCommand)
  }

  @Test("R-081 A program with other limits that is taken back leaves the outputs as they were")
  func outputsAfterATakeBack() throws {
    for (rate, hour, day) in [(200, 20, 400), (350, 90, 900)] as [(Int64, Int64, Int64)] {
      let other = try Therapy.of(
        .continuous(
          microgramsPerDay(rate), maxDose1h: micrograms(hour), maxDose24h: micrograms(day)))
      var pumps = TwoPumps(try Self.pump(), .never)
      let before = pumps.leased.outputs
      #expect(pumps.tick([.program(other)]) == nil)
      #expect(pumps.leased.outputs == before)
      for _ in 0..<20 { #expect(pumps.tick() == nil) }
      #expect(pumps.takenBack == 1 && pumps.isSettled)
      #expect(pumps.leased.outputs == before)
      #expect(pumps.leased.outputs.stepsPerHourMax == 7_680)
      // The same is granted, and carried out, where the storage is fast.
      var fast = TwoPumps(try Self.pump(), .atOnce)
      for request in [[.program(other)], []] as [[Request]] { #expect(fast.tick(request) == nil) }
      #expect(fast.carriedOut == 1 && fast.leased.outputs.stepsPerHourMax != 7_680)
    }
  }
}
