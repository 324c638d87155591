/// Where everything that was prescribed has gone, in units of account, exactly.
///
/// `prescribed = delivered + deficit + pending` after every change.
public struct Account: Sendable, BitwiseCopyable {
  /// Why something that was prescribed will never be delivered.
  public enum Deficit: Int, Sendable {
    /// The tick did not run when it should have.
    case lateTick = 0
    /// A step was due, and the interlock did not let it pass yet.
    case stepWaited = 1
    /// A limit refused a step.
    case limit = 2
    /// The engine did not run, or nobody can tell how far it got.
    case notRunning = 3
    /// A step was due, and the storage had not yet written down that it may be made.
    case noLease = 4

    public static let count = 5
  }

  public internal(set) var perStep: Int64
  /// What has accrued and not been delivered: the fraction of a step, at most one whole step.
  public private(set) var pending: Int64 = 0
  public private(set) var prescribed: Int64 = 0
  /// Steps made.
  public private(set) var steps: Int64 = 0
  /// What accrued for extra doses, which is a part of `prescribed`.
  public private(set) var extra: Int64 = 0
  private var deficits: InlineArray<5, Int64> = InlineArray(repeating: 0)

  /// Nothing was prescribed yet.
  public init(perStep: Int64) { self.perStep = perStep }

  public func deficit(_ reason: Deficit) -> Int64 { deficits[reason.rawValue] }

  /// By the raw value of the reason.
  public func deficit(at index: Int) -> Int64 { deficits[index] }

  public var deficit: Int64 {
    var sum: Int64 = 0
    for index in deficits.indices { sum += deficits[index] }
    return sum
  }

  var stepIsDue: Bool { pending >= perStep }

  mutating func accrue(_ units: Int64) {
    prescribed += units
    pending += units
  }

  mutating func accrueExtra(_ units: Int64) {
    accrue(units)
    extra += units
  }

  /// Books what was prescribed while no tick ran.
  mutating func miss(_ units: Int64, _ reason: Deficit) {
    prescribed += units
    deficits[reason.rawValue] += units
  }

  mutating func makeStep() {
    pending -= perStep
    steps += 1
  }

  /// Takes back a step that the interlock refused: it waits.
  mutating func unmakeStep() {
    pending += perStep
    steps -= 1
    clamp(.stepWaited)
  }

  /// At most one due step waits, so nothing ever bursts.
  mutating func clamp(_ reason: Deficit) {
    guard pending > perStep else { return }
    deficits[reason.rawValue] += pending - perStep
    pending = perStep
  }

  /// Gives up the step that is due.
  mutating func dropStep(_ reason: Deficit) {
    pending -= perStep
    deficits[reason.rawValue] += perStep
  }

  /// Nobody knows whether the newest step was made: it is not counted, and not made again either.
  mutating func doubtStep() {
    steps -= 1
    deficits[Deficit.notRunning.rawValue] += perStep
  }

  /// Gives up the fraction of a step that is pending.
  mutating func dropPending() {
    deficits[Deficit.notRunning.rawValue] += pending
    pending = 0
  }

  /// Visits every field, to write the account down or to read it.
  public mutating func layout(_ coder: inout some FrameCoder) {
    coder.field(magnitude: &perStep)
    coder.field(magnitude: &pending)
    coder.field(magnitude: &prescribed)
    coder.field(magnitude: &steps)
    coder.field(magnitude: &extra)
    for index in deficits.indices { coder.field(magnitude: &deficits[index]) }
    if !isConsistent { coder.fail() }
  }

  /// Whether nothing was lost or made up.
  private var isConsistent: Bool {
    // In 128 bits: what was read from a disk may be anything.
    var sum = Int128(steps) * Int128(perStep) + Int128(pending)
    for index in deficits.indices { sum += Int128(deficits[index]) }
    return pending >= 0 && pending <= perStep && Int128(prescribed) == sum
  }

  /// - Precondition: traps where something was lost or made up.
  func checkInvariants() {
    precondition(isConsistent)
  }
}

// A list of all cases is an array, which bare metal does not have.
#if !hasFeature(Embedded)
  extension Account.Deficit: CaseIterable {}
#endif
