import DosingCore
import Engine
import Hardware
import Quantities

extension TestRig {
  /// An engine on this rig, which has to be in real time. No thread runs it yet.
  func engine(start: Nanoseconds, loop: consuming TickLoop) -> RealTimeEngine {
    RealTimeEngine(
      loop: loop, commits: nil, drive: hardware.drive, start: start, blank: Status(serial: .none),
      memoryLocked: false)
  }

  func engine(start: Nanoseconds) -> RealTimeEngine { engine(start: start, loop: loop()) }
}

extension TestRig {
  /// An engine in virtual time on this rig. Nobody writes down what it does.
  func virtualEngine(
    clock: WeekTime = WeekTime(weekday: 0, minute: 0), skips: Bool = true
  ) -> VirtualEngine {
    VirtualEngine(
      loop: RecordedLoop(loop(clock: clock), record: TickRecord(), commits: nil),
      clock: hardware.virtualClock, skips: skips)
  }
}

extension RealTimeEngine {
  /// What the tick thread decided; nil where it took longer than any patience.
  func ask(_ request: Request) -> RequestSlot.Reply? {
    requests.offer(request)
    var reply: RequestSlot.Reply?
    _ = wait {
      reply = requests.takeReply()
      return reply != nil
    }
    return reply
  }

  /// Every event so far, in order.
  func takeEvents() -> [EngineEvent] {
    var taken: [EngineEvent] = []
    while let event = record.events.take() { taken.append(event) }
    return taken
  }

  /// The events of missed ticks that a status knows of. Takes all events.
  func ticksMissed(until status: Status) -> [EngineEvent] {
    takeEvents().filter { $0.kind == .ticksMissed && $0.tick <= status.now.number }
  }
}
