internal import Quantities

/// The encoder on the shaft, held against the steps that were made. It never acts.
///
/// Of a step that was made less than `Limits.sensorAge` ago the newest angle may know nothing: so many are hidden,
/// by the pace of now and by that since the last look.
struct ShaftWatch: BitwiseCopyable {
  /// What is seen, where enough was told since the last verdict.
  enum Verdict: Equatable {
    case goes
    /// It does again; until then so many steps more may not have been made.
    case goesAgain(unmade: Int64)
    /// It made less than half of what it was told: so many steps may not have been made.
    case stands(unmade: Int64)
    /// It goes, and so many steps were lost on the way.
    case slips(unmade: Int64)
    /// It is further than it was told, or has turned back.
    case disobeys
  }

  /// So many samples in a row have to say that it disobeys, or slips.
  static let samplesInARow = 3

  private var last: Look?
  /// From where on it is held against all that it was told.
  private var anchor: Int64 = 0
  private var moved: Int64 = 0
  /// Where it is, and was at the two looks before, from where it was at the first; and how far it has been.
  private var places: (now: Int64, before: Int64, beforeThat: Int64) = (0, 0, 0)
  private var farthest: Int64 = 0
  /// Samples in a row that say that it is further than it was told, that it has turned back, and that it is behind.
  private var aheads = 0
  private var backs = 0
  private var behinds = 0
  private var seemsToStand = false
  private var stood = false
  private var hasJumped = false
  /// From where on it is asked whether it stands.
  private var window = Window(steps: 0)

  private struct Look: BitwiseCopyable {
    let counts: Int64
    let steps: Int64
    let tick: Tick
  }

  private struct Window: BitwiseCopyable {
    let steps: Int64
    var moved: Int64 = 0
    /// So said the look before.
    var isAhead = false
  }

  /// Nothing was seen yet.
  init() {}

  /// Takes a look at the shaft.
  ///
  /// - Parameters:
  ///   - counts: where it is; nil where the encoder is not believed: then it begins anew with the next.
  ///   - steps: how many were made since the pump was new.
  ///   - young: how many of them may be hidden by the pace of now.
  /// - Returns: nil where it is too early to say anything.
  mutating func take(
    _ counts: Int64?, after steps: Int64, at tick: Tick, young: Int64, _ rig: Rig
  ) -> Verdict? {
    guard let counts else {
      self = ShaftWatch()
      return nil
    }
    let look = Look(counts: counts, steps: steps, tick: tick)
    guard let last else { return begin(look) }
    let turn = Self.shorterWay(from: last.counts, to: counts)
    let hidden = max(young, Self.hidden(of: steps - last.steps, in: tick - last.tick, rig))
    if jumps(turn, told: steps - last.steps, rig) { return begin(look, hasJumped: true) }
    self.last = look
    moved += turn
    places = (places.now + turn, places.now, places.before)
    // What two looks alone say may be torn.
    farthest = max(farthest, min(places.now, min(places.before, places.beforeThat)))
    window.moved += turn
    behinds = lost(after: steps, hidden: hidden, rig) > rig.stepsSeen ? behinds + 1 : 0
    return disobeys(after: steps, rig) ?? goes(after: steps, hidden: hidden, rig)
  }

  private mutating func begin(_ look: Look, hasJumped: Bool = false) -> Verdict? {
    self = ShaftWatch()
    last = look
    anchor = look.steps
    window = Window(steps: look.steps)
    (stood, self.hasJumped) = (hasJumped, hasJumped)
    return nil
  }

  /// What seemed to stand may have been an encoder that was stuck, and now shows where the shaft is: that is
  /// believed once.
  private func jumps(_ turn: Int64, told: Int64, _ rig: Rig) -> Bool {
    let other = abs(turn - rig.counts(ofSteps: told))
    return stood && !hasJumped && other > rig.counts(ofSteps: rig.stepsSeen)
  }

  /// A turn that was not told moves more than was ordered; one back is a drive that does what it likes.
  private mutating func disobeys(after steps: Int64, _ rig: Rig) -> Verdict? {
    let told = rig.counts(ofSteps: steps - anchor)
    let tolerance = rig.counts(ofSteps: rig.stepsSeen)
    aheads = moved - told > tolerance ? aheads + 1 : 0
    backs = farthest - places.now > tolerance ? backs + 1 : 0
    return max(aheads, backs) < Self.samplesInARow ? nil : .disobeys
  }

  private mutating func goes(after steps: Int64, hidden: Int64, _ rig: Rig) -> Verdict? {
    let told = steps - window.steps
    guard told - hidden >= rig.stepsSeen else { return nil }
    let seen = rig.counts(ofSteps: told - hidden)
    // What is torn ahead is no place to begin from. Where two looks are ahead it was the begin that was torn, back.
    let isAhead = window.moved > rig.counts(ofSteps: told + rig.stepsSeen)
    if isAhead, !window.isAhead {
      window.isAhead = true
      return nil
    }
    window.isAhead = false
    let stands = window.moved * 2 < seen
    // One look may be torn: the next one has to say the same.
    if stands, !stood, !seemsToStand {
      seemsToStand = true
      return nil
    }
    seemsToStand = false
    defer { window = Window(steps: steps) }
    // Of all since the last verdict, or of the window, where the encoder errs the other way.
    let ofAll = steps - anchor - rig.steps(ofCounts: moved)
    let unmade = max(0, max(told - rig.steps(ofCounts: window.moved), ofAll))
    defer { (stood, hasJumped) = (stands, stands && hasJumped) }
    if stands || stood {
      // Those are told; from here on it is held against what comes.
      (anchor, moved, behinds) = (steps, 0, 0)
      return stands ? .stands(unmade: unmade) : .goesAgain(unmade: unmade)
    }
    return slips(after: steps, hidden: hidden, rig) ?? .goes
  }

  private mutating func slips(after steps: Int64, hidden: Int64, _ rig: Rig) -> Verdict? {
    guard behinds >= Self.samplesInARow else { return nil }
    let lost = lost(after: steps, hidden: hidden, rig)
    behinds = 0
    anchor += lost
    return .slips(unmade: lost)
  }

  /// So many steps less than it was told it has made since the anchor, however few the angle knows of.
  private func lost(after steps: Int64, hidden: Int64, _ rig: Rig) -> Int64 {
    steps - anchor - hidden - rig.steps(ofCounts: moved)
  }

  /// Of steps that were made in a time, those of the end of it that are too young to be seen.
  private static func hidden(of steps: Int64, in time: TickCount, _ rig: Rig) -> Int64 {
    max(0, min(steps, steps * rig.ticks(Limits.sensorAge) / max(1, time.count)))
  }

  private static func shorterWay(from old: Int64, to new: Int64) -> Int64 {
    let all = EncoderCounts.perRevolution
    let ahead = ((new - old) % all + all) % all
    return ahead > all / 2 ? ahead - all : ahead
  }
}

/// The counts of an encoder with 12 bits.
public enum EncoderCounts {
  public static let perRevolution: Int64 = 4096
}

extension Rig {
  /// Two full steps of a motor with 200: so much of a revolution is more than an encoder errs by.
  public var stepsSeen: Int64 { max(1, pump.stepsPerRevolution / 100) }

  /// An attempt to turn a shaft that stands: just enough to see it go. 64 of 3200.
  public var attemptSteps: Int64 { 2 * stepsSeen }

  func counts(ofSteps steps: Int64) -> Int64 {
    steps * EncoderCounts.perRevolution / pump.stepsPerRevolution
  }

  func steps(ofCounts counts: Int64) -> Int64 {
    counts * pump.stepsPerRevolution / EncoderCounts.perRevolution
  }
}
