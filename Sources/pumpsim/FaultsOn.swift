internal import Documents
internal import Quantities

/// Which faults of a scenario are on, where the same may be on twice; and what they may do to basal.
struct FaultsOn {
  private var drive = 0
  private var lines: [Scenario.Output: Int] = [:]
  private var storage = 0
  private var delays: [Nanoseconds] = []
  /// A fault that has ended may be felt until then, in ns.
  private var feltUntil: Int64 = 0
  private var safeForever = false
  private var stalls = 0
  /// Motor, driver and encoder are ordinary ones, and ever were.
  private(set) var shaftIsOrdinary = true
  /// So is the way through the line, and the sensor of the pressure in it.
  private(set) var lineIsOrdinary = true
  private var hardStops = false
  private var silentEncoders = 0
  /// Something else was wrong with delivery, or with what measures it: nobody may have acknowledged it yet.
  private var otherTrouble = false
  /// What the shaft does is seen by somebody.
  var shaftIsSeen: Bool { silentEncoders == 0 }
  /// The reservoir has come to its empty mark.
  private(set) var reservoirIsEmpty = false

  /// How long the engine may take until all is as before: leases, the interlock's lapse, a new commit.
  private static let recovery = Nanoseconds.minutes(1).count
  /// From the end of a stall, or of an occlusion, to the attempt that finds it gone, at the most.
  private static let untilAttempt = Nanoseconds.minutes(15).count
  /// After so long without an engine the table asks for safe basal, until somebody acknowledges it.
  private static let longInterruption = Nanoseconds.hours(24)

  var driveFails: Bool { drive > 0 }
  func fails(_ line: Scenario.Output) -> Bool { lines[line, default: 0] > 0 }
  var storageFails: Bool { storage > 0 }
  var storageDelay: Nanoseconds { delays.max() ?? .zero }
  var storageIsBad: Bool { storageFails || !delays.isEmpty }

  /// Until when steps may be kept back, in ns.
  var keptBackUntil: Int64 {
    stalls > 0 || hardStops || driveFails || fails(.enable) || storageIsBad || reservoirIsEmpty
      ? .max : feltUntil
  }

  /// Until when safe basal may stand in for the schedule, in ns.
  var safeUntil: Int64 {
    safeForever || storageIsBad || silentEncoders > 0 && otherTrouble ? .max : feltUntil
  }

  mutating func note(_ action: Scenario.Action, at now: Int64, hasBatteryClock: Bool) {
    if action.leavesDeliveryOpen { otherTrouble = true }
    switch action {
    case .drive(let fails): drive += fails ? 1 : -1
    case .output(let line, let fails): lines[line, default: 0] += fails ? 1 : -1
    case .storageFails(let fails): storage += fails ? 1 : -1
    case .storageSlow(true, let delay): delays.append(delay)
    case .storageSlow(false, let delay):
      if let index = delays.firstIndex(of: delay) { delays.remove(at: index) }
    case .lateTick(let length), .suspend(let length): feel(until: now + length.count)
    case .kill(let length):
      feel(until: now + length.count)
      if length >= Self.longInterruption || storageIsBad { safeForever = true }
    case .powerCut(let length):
      feel(until: now + length.count)
      // Without a clock that is vouched for a schedule is not followed.
      if length >= Self.longInterruption || storageIsBad || !hasBatteryClock {
        safeForever = true
      }
    case .shaft(let fault, let isOn):
      note(fault, on: isOn)
      feel(until: now + Self.untilAttempt)
    case .line(let fault, let isOn):
      lineIsOrdinary = false
      // One that shows what it showed may show a line that is blocked.
      if fault != .pressureFails { stalls += isOn ? 1 : -1 }
      // It opens, and the pressure has to be seen to fall.
      feel(until: now + Self.untilAttempt + Nanoseconds.minutes(2).count)
    case .ask, .refill, .setClock, .reservoir: return
    }
    feel(until: now)
  }

  /// One that cannot be seen to turn is treated as one that stands.
  private mutating func note(_ fault: Scenario.ShaftFault, on isOn: Bool) {
    shaftIsOrdinary = false
    switch fault {
    case .stall, .encoderStuck, .slip: stalls += isOn ? 1 : -1
    // Nothing ends what follows but a person.
    case .runAway, .magnetSlips: hardStops = true
    case .encoderFails: silentEncoders += isOn ? 1 : -1
    }
  }

  /// Free flow was told: nothing ends what follows but a person.
  mutating func stopHard() { hardStops = true }

  mutating func reservoir(isEmpty: Bool, at now: Int64) {
    reservoirIsEmpty = isEmpty
    feel(until: now)
  }

  /// The engine starts. A journal that cannot be written then is only read, until the next start.
  mutating func start() {
    if storageIsBad { safeForever = true }
  }

  private mutating func feel(until end: Int64) { feltUntil = max(feltUntil, end + Self.recovery) }
}

extension Scenario.Action {
  /// Whether it may leave open, beside an encoder that says nothing, whether what is told is given.
  fileprivate var leavesDeliveryOpen: Bool {
    switch self {
    case .shaft(.encoderFails, _): false
    case .drive, .output, .line, .shaft, .refill, .reservoir: true
    case .ask, .lateTick, .suspend, .kill, .powerCut, .storageFails, .storageSlow, .setClock: false
    }
  }
}
