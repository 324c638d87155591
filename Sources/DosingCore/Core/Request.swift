public import Quantities

/// What somebody asks of the engine.
public enum Request: Sendable, BitwiseCopyable {
  /// Whether a change would be accepted now; nothing changes.
  case propose(Change)
  case commit(Change)
  case bolus(dose: Mass, duration: Nanoseconds)
  case patientBolus
  /// Ends the extra dose that runs; basal goes on.
  case cancelBolus
  case stop
  case resume
  /// Somebody has seen the alarms that are on: those whose cause lies in the past end.
  case acknowledge
  /// No alarm that is on sounds for some minutes.
  case silence
}

extension Request {
  /// Whether anything is different where it is accepted.
  @inline(never)
  public var changesState: Bool {
    if case .propose = self { false } else { true }
  }

  /// Acts first and is made durable second: nothing more is delivered by it. Any other acts only once it is
  /// durable.
  @inline(never)
  public var actsAtOnce: Bool {
    switch self {
    case .commit, .bolus, .patientBolus, .resume: false
    // After a restart that forgot it, an extra dose is given up all the same.
    case .stop, .acknowledge, .silence, .propose, .cancelBolus: true
    }
  }
}

// What is committed where there is nobody to look at it first: in a scenario, a script, a test.
extension Request {
  public static func program(_ therapy: Therapy) -> Request { .commit(.program(therapy)) }
  public static func clock(_ change: ClockChange) -> Request { .commit(.clock(change)) }
  public static func new(deliveredIn24h day: Volume, deliveredIn1h hour: Volume) -> Request {
    .commit(.new(deliveredIn24h: day, deliveredIn1h: hour))
  }
  public static func supply(_ change: SupplyChange) -> Request { .commit(.supply(change)) }
  public static var clear: Request { .commit(.clear) }
}
