/// Where everything that was prescribed has gone, in units of account, exactly.
///
/// `prescribed = delivered + deficit + pending` after every change.
public struct Account: Sendable {
  /// Why something that was prescribed will never be delivered.
  public enum Deficit: Int, Sendable {
    /// The tick did not run when it should have.
    case lateTick = 0
    /// A step was due, and the interlock did not let it pass yet.
    case stepWaited = 1
    /// A limit refused a step.
    case limit = 2

    public static let count = 3
  }

  public internal(set) var perStep: Int64
  /// What has accrued and not been delivered: the fraction of a step, at most one whole step.
  public private(set) var pending: Int64 = 0
  public private(set) var prescribed: Int64 = 0
  /// Steps made.
  public private(set) var steps: Int64 = 0
  private var deficits: InlineArray<3, Int64> = InlineArray(repeating: 0)

  init(perStep: Int64) { self.perStep = perStep }

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

  /// Books what was prescribed while no tick ran.
  mutating func miss(_ units: Int64) {
    prescribed += units
    deficits[Deficit.lateTick.rawValue] += units
  }

  mutating func makeStep() {
    pending -= perStep
    steps += 1
  }

  /// Takes back a step that the interlock refused: it waits.
  mutating func unmakeStep() {
    pending += perStep
    steps -= 1
    clamp()
  }

  /// At most one due step waits, so nothing ever bursts.
  mutating func clamp() {
    guard pending > perStep else { return }
    deficits[Deficit.stepWaited.rawValue] += pending - perStep
    pending = perStep
  }

  /// Gives up the step that is due.
  mutating func dropStep() {
    pending -= perStep
    deficits[Deficit.limit.rawValue] += perStep
  }

  /// - Precondition: traps where something was lost or made up.
  func checkInvariants() {
    precondition(pending >= 0 && pending <= perStep)
    precondition(prescribed == steps * perStep + deficit + pending)
  }
}

// A list of all cases is an array, which bare metal does not have.
#if !hasFeature(Embedded)
  extension Account.Deficit: CaseIterable {}
#endif
