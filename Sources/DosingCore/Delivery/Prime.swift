public import Quantities

/// The head fills what of the line holds no drug, at the rig's rate for it. It is nobody's dose: no step of it
/// is charged, and by plug flow the tip gives nothing with it.
public struct Prime: Sendable, BitwiseCopyable {
  public enum Kind: UInt8, Sendable, BitwiseCopyable {
    /// The catheter is where it belongs.
    case prime = 1
    /// The tip is in a beaker.
    case purge = 2
  }

  public let kind: Kind
  /// Steps that are not made yet.
  public private(set) var stepsLeft: Int64
  /// The tick in which it is given up, whatever is left.
  public let end: Tick
  /// The next step is to be made.
  private(set) var isDue = false
  /// Steps a tick, as a fraction below or equal to 1, and what it has come to since the last step.
  private let perTick: Int64
  private let whole: Int64
  private var carry: Int64 = 0

  init(_ kind: Kind, steps: Int64, at now: Tick, _ rig: Rig) {
    self.kind = kind
    stepsLeft = steps
    perTick = rig.primeRate.picolitresPerDay * rig.pump.stepsPerRevolution
    whole = rig.pump.volumePerRevolution.picolitres * rig.ticks(.days(1))
    end = now + TickCount(Self.most(steps, perTick, whole) + rig.ticks(.minutes(1)))
  }

  /// The ticks that it takes, and a twentieth: a step may have to wait.
  private static func most(_ steps: Int64, _ perTick: Int64, _ whole: Int64) -> Int64 {
    Int64(clamping: Int128(steps) * Int128(whole) * 21 / (Int128(max(1, perTick)) * 20))
  }

  /// How long so many steps take.
  static func time(_ steps: Int64, _ rig: Rig) -> Nanoseconds {
    let volume = Int128(rig.volume(ofSteps: steps).picolitres)
    let rate = Int128(max(1, rig.primeRate.picolitresPerDay))
    return Nanoseconds(Int64(clamping: volume * Int128(Nanoseconds.days(1).count) / rate))
  }

  /// One that was read: what is needed to know which of the steps since then were its own.
  init(_ kind: Kind, stepsLeft: Int64) {
    (self.kind, self.stepsLeft) = (kind, stepsLeft)
    (end, perTick, whole) = (Tick(0), 0, 1)
  }

  mutating func accrue() {
    if isDue { return }
    carry += perTick
    guard carry >= whole else { return }
    carry -= whole
    isDue = stepsLeft > 0
  }

  mutating func makeStep() {
    stepsLeft -= 1
    isDue = false
  }

  /// The step of this tick was not made: it waits.
  mutating func unmakeStep() {
    stepsLeft += 1
    isDue = true
  }

  func isOver(at tick: Tick) -> Bool { stepsLeft <= 0 || tick >= end }

  /// What may reach the tip if all that it moves mixes with what was there: of one volume of a line that is
  /// flushed with another, 1/e of what fills it, rounded up (DESIGN section 12). In what a step moves at 1 ng/mL.
  static func mixed(_ steps: Int64, of concentration: Int64) -> Int64 {
    scaled(steps, by: concentration * 37, over: 100, rounded: .up) ?? .max
  }
}

#if !hasFeature(Embedded)
  extension Prime.Kind: CaseIterable {}
#endif
