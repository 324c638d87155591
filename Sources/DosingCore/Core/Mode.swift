/// What is delivered now, and why.
public enum DeliveryMode: UInt8, Sendable, BitwiseCopyable {
  case hardStop = 1
  case stoppedByCommand = 2
  /// Nobody knows what was given in the last 24 h.
  case noHistory = 10
  case noTherapy = 3
  case reservoirEmpty = 4
  /// The shaft stands, and it is not tried now.
  case stalled = 11
  /// The line is blocked, and it is not tried now.
  case occluded = 12
  case safeBasal = 5
  case stopped = 6
  case minimum = 7
  case continuous = 8
  case flex = 9

  /// What the faults leave of what is ordered.
  ///
  /// - Parameters:
  ///   - ordered: nil where there is no order.
  ///   - isTrying: where the shaft stands or the line is blocked, an attempt runs.
  init(_ effect: Effect, ordered: BasalMode?, isTrying: Bool) {
    guard let ordered else {
      // What is not ordered cannot be kept back by an empty reservoir.
      switch effect.closedAs {
      case nil, .reservoirEmpty, .stalled, .occluded: self = .noTherapy
      case .some(let closed): self = closed
      }
      return
    }
    if let closed = effect.closedAs, !closed.hasAttempts || !isTrying {
      self = closed
    } else {
      self = ordered.delivers && effect.rate == .safe ? .safeBasal : ordered.shown
    }
  }

  public var delivers: Bool {
    switch self {
    case .safeBasal, .minimum, .continuous, .flex: true
    case .hardStop, .stoppedByCommand, .noHistory, .noTherapy, .reservoirEmpty, .stalled,
      .occluded, .stopped:
      false
    }
  }

  private var hasAttempts: Bool { self == .stalled || self == .occluded }

  /// Of several that close the gate the lowest is shown.
  var precedence: UInt8 {
    switch self {
    case .hardStop: 0
    case .stoppedByCommand: 1
    case .noHistory: 2
    case .reservoirEmpty: 3
    case .stalled: 4
    case .occluded: 5
    case .noTherapy, .safeBasal, .stopped, .minimum, .continuous, .flex: 6
    }
  }
}

extension BasalMode {
  /// As it is shown where it runs.
  var shown: DeliveryMode {
    switch self {
    case .stopped: .stopped
    case .minimum: .minimum
    case .continuous: .continuous
    case .flex: .flex
    }
  }
}

#if !hasFeature(Embedded)
  extension DeliveryMode: CaseIterable {}
#endif

extension DeliveryMode {
  /// Why nobody gets an extra dose in it, whatever else stands; nil where that hangs on faults, of which the rows
  /// say it, and on limits.
  public var refusesExtraDoses: RefusalReason? {
    switch self {
    case .hardStop: .hardStop
    case .noHistory: .noHistory
    case .stoppedByCommand, .stopped: .stopped
    case .noTherapy: .noTherapy
    case .minimum: .minimumBasal
    case .reservoirEmpty, .stalled, .occluded, .safeBasal, .continuous, .flex: nil
    }
  }
}
