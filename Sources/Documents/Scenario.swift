public import DosingCore
public import Quantities

/// What happens to a pump in virtual time.
public struct Scenario: Sendable {
  public enum Action: Sendable {
    case ask(Request)
    /// The tick thread does not run for so long.
    case lateTick(Nanoseconds)
    /// The machine sleeps for so long.
    case suspend(Nanoseconds)
    /// From here on the drive makes no pulse, or a line cannot be written; or they work again.
    case drive(fails: Bool)
    case output(Output, fails: Bool)
    /// From here on nothing can be written to the disk, or each time it takes so long; or it works again.
    case storageFails(Bool)
    case storageSlow(Bool, delay: Nanoseconds)
    /// The process is killed, and started again after so long.
    case kill(Nanoseconds)
    /// The power is away for so long.
    case powerCut(Nanoseconds)
    /// UTC is set ahead by so much, or back.
    case setClock(Int64)
  }

  public enum Output: String, Sendable, CaseIterable {
    case enable
    case buzzer
    case lamp
  }

  public struct Event: Sendable {
    /// Since time zero.
    public let at: Nanoseconds
    public let action: Action

    public init(at: Nanoseconds, _ action: Action) {
      self.at = at
      self.action = action
    }
  }

  public var rig: Rig
  public var serial: Label
  /// A clock with a battery vouches for UTC across the time without power.
  public var hasBatteryClock: Bool
  /// What runs from time zero on.
  public var therapy: Therapy
  public var seed: UInt64
  /// The therapy clock at time zero.
  public var start: WeekTime
  public var duration: Nanoseconds
  /// In order of time; equal times in the order in which they happen.
  public var events: [Event]

  public init(
    rig: Rig, serial: Label, hasBatteryClock: Bool, therapy: Therapy, seed: UInt64,
    start: WeekTime, duration: Nanoseconds, events: [Event]
  ) {
    self.rig = rig
    self.serial = serial
    self.hasBatteryClock = hasBatteryClock
    self.therapy = therapy
    self.seed = seed
    self.start = start
    self.duration = duration
    self.events = events
  }

  /// Whether anything happens that only a pump with a journal can be brought through. Without one a request
  /// acts in the tick that decides it; with one, once it is durable.
  public var needsJournal: Bool { events.contains { $0.action.needsJournal } }
}

extension Scenario.Action {
  public var needsJournal: Bool {
    switch self {
    case .storageFails, .storageSlow, .kill, .powerCut, .setClock: true
    case .ask, .lateTick, .suspend, .drive, .output: false
    }
  }
}
