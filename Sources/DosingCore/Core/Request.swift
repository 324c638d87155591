public import Quantities

/// What somebody asks of the engine.
public enum Request: Sendable, BitwiseCopyable {
  case program(Therapy)
  /// Whether a program would be accepted now; nothing changes.
  case propose(Therapy)
  case bolus(dose: Mass, duration: Nanoseconds)
  case patientBolus
  case stop
  case resume
  /// Somebody has seen the faults whose cause lies in the past.
  case acknowledge
  /// Says what was given in the last 24 h, and in the last hour of them, to a pump that has no history;
  /// or corrects what was said.
  case new(deliveredIn24h: Volume, deliveredIn1h: Volume)
  /// Ends a hard stop, of which cause and counts have been looked at. The pump stays stopped by command.
  case clear
  case clock(ClockChange)
  /// Whether such a change of the clock would be accepted now; nothing changes.
  case proposeClock(ClockChange)
}

extension Request {
  /// Whether anything is different where it is accepted.
  @inline(never)
  public var changesState: Bool {
    switch self {
    case .propose, .proposeClock: false
    default: true
    }
  }

  /// What is asked first, of that which is shown before it comes into force; nil for all else.
  @inline(never)
  public var proposal: Request? {
    switch self {
    case .program(let therapy): .propose(therapy)
    case .clock(let change): .proposeClock(change)
    default: nil
    }
  }

  /// Acts first and is made durable second: nothing more is delivered by it. Any other acts only once it is
  /// durable.
  @inline(never)
  public var actsAtOnce: Bool {
    switch self {
    case .program, .bolus, .patientBolus, .resume, .new, .clear, .clock: false
    case .stop, .acknowledge, .propose, .proposeClock: true
    }
  }
}
