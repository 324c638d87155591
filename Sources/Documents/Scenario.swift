public import DosingCore
public import Quantities

/// What happens to a pump in virtual time.
public struct Scenario: Sendable {
  public enum Action: Sendable {
    case ask(Request)
    /// Somebody empties and fills the reservoir, and tells the pump.
    case refill(Refill)
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
    /// From here on the load cell, or the reservoir on it, has a fault; or no longer.
    case reservoir(ReservoirFault, on: Bool)
    /// From here on motor, driver or encoder has a fault; or no longer.
    case shaft(ShaftFault, on: Bool)
    /// From here on the line, or the sensor of the pressure in it, has a fault; or no longer.
    case line(LineFault, on: Bool)
    /// The process is killed, and started again after so long.
    case kill(Nanoseconds)
    /// The power is away for so long.
    case powerCut(Nanoseconds)
    /// UTC is set ahead by so much, or back.
    case setClock(Int64)
  }

  /// A refill: what is told to the pump, step by step, and what is done.
  public struct Refill: Sendable {
    /// What the label of the new drug says.
    public var concentration: Concentration
    public var aspirated: Volume
    public var filled: Volume
    public var lot: Label
    /// What mixes may be off its label by more than 5 %.
    public var overrides: Bool
    /// What really came out, and really was in the syringe that was emptied; nil for what is told.
    public var reallyAspirated: Volume?
    public var reallyFilled: Volume?

    public init(
      concentration: Concentration, aspirated: Volume, filled: Volume, lot: Label = .none,
      overrides: Bool = false, reallyAspirated: Volume? = nil, reallyFilled: Volume? = nil
    ) {
      (self.concentration, self.aspirated, self.filled) = (concentration, aspirated, filled)
      (self.lot, self.overrides) = (lot, overrides)
      (self.reallyAspirated, self.reallyFilled) = (reallyAspirated, reallyFilled)
    }

    /// What the pump is told, in order.
    public var requests: [Request] {
      [
        SupplyChange(.begin, concentration: concentration),
        SupplyChange(.aspirated, volume: aspirated),
        SupplyChange(.filled, volume: filled, lot: lot),
        SupplyChange(.finish, overrides: overrides),
      ].map { .supply($0) }
    }
  }

  public enum ReservoirFault: Equatable, Sendable {
    /// Nothing is heard of the cell.
    case cellFails
    /// It shows what it showed, whatever lies on it.
    case cellStuck
    /// Something lies on it, or lifts it.
    case cellOffset(milligrams: Int64)
    /// It walks faster than it does by itself.
    case cellDrift(milligramsPerDay: Int64)
    /// The reservoir loses so much.
    case leak(FlowRate)
    /// So much runs through head and line by itself.
    case freeFlow(FlowRate)
    /// Of the steps such a share finds no liquid, in thousandths.
    case dry(permille: Int64)
  }

  public enum ShaftFault: Equatable, Sendable {
    /// It stands, whatever the motor is told.
    case stall
    /// Of the steps such a share is lost, in thousandths.
    case slip(permille: Int64)
    /// The driver turns it by itself, so fast.
    case runAway(FlowRate)
    /// Nothing is heard of the encoder, or it shows what it showed.
    case encoderFails
    case encoderStuck
    /// Its magnet slips on the shaft, by so many thousandths of a turn.
    case magnetSlips(permille: Int64)
  }

  public enum LineFault: Equatable, Sendable {
    /// Of the way out such a share is closed, in thousandths.
    case occlusion(permille: Int64)
    /// Nothing is heard of the sensor, or it shows what it showed.
    case pressureFails
    case pressureStuck
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
  /// There is one on the shaft.
  public var hasEncoder: Bool
  /// What runs from time zero on.
  public var therapy: Therapy
  public var seed: UInt64
  /// The therapy clock at time zero.
  public var start: WeekTime
  public var duration: Nanoseconds
  /// In order of time; equal times in the order in which they happen.
  public var events: [Event]

  public init(
    rig: Rig, serial: Label, hasBatteryClock: Bool, hasEncoder: Bool, therapy: Therapy,
    seed: UInt64, start: WeekTime, duration: Nanoseconds, events: [Event]
  ) {
    self.rig = rig
    self.serial = serial
    self.hasBatteryClock = hasBatteryClock
    self.hasEncoder = hasEncoder
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
    case .ask, .refill, .lateTick, .suspend, .drive, .output, .reservoir, .shaft, .line: false
    }
  }
}
