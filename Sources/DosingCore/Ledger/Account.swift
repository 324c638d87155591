/// Where everything that was prescribed has gone, in units of account, exactly.
///
/// `prescribed = delivered + deficit + pending` after every change.
public struct Account: Sendable, BitwiseCopyable {
  /// Why something that was prescribed will never be delivered.
  public enum Deficit: UInt8, Sendable, BitwiseCopyable {
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
    /// The reservoir is empty.
    case reservoirEmpty = 5
    /// A hard stop is in force.
    case hardStop = 6
    /// The machine was suspended.
    case suspended = 7
    /// A step was due, and the drive or one of its lines failed.
    case driveFailed = 8
    /// Nothing was at the tip but liquid without drug.
    case noDrug = 9

    public static let count = 10
  }

  /// What the next step is charged with.
  public private(set) var perStep: Int128
  /// What the tip gives with it: the same, or nothing where there is no drug.
  public private(set) var gift: Int128
  /// What has accrued and not been delivered: the fraction of a step, at most one whole step.
  public private(set) var pending: Int128 = 0
  public private(set) var prescribed: Int128 = 0
  /// What the tip has given.
  public private(set) var delivered: Int128 = 0
  /// Steps made.
  public private(set) var steps: Int64 = 0
  /// What accrued for extra doses, which is a part of `prescribed`.
  public private(set) var extra: Int128 = 0
  private var deficits: InlineArray<10, Int128> = InlineArray(repeating: 0)

  /// Nothing was prescribed yet.
  public init(perStep: Int128) { (self.perStep, gift) = (perStep, perStep) }

  /// An account that was read; nil where it cannot be.
  init?(
    perStep: Int128, pending: Int128, steps: Int64, extra: Int128,
    firstDeficits: InlineArray<5, Int128>
  ) {
    self.init(perStep: perStep)
    (self.pending, self.steps, self.extra) = (pending, steps, extra)
    for index in firstDeficits.indices { deficits[index] = firstDeficits[index] }
    guard countOneWorth(), complete() else { return nil }
  }

  /// All steps were worth the same, as they were before there were lines. False where that is too much.
  private mutating func countOneWorth() -> Bool {
    let (product, overflows) = Int128(steps).multipliedReportingOverflow(by: perStep)
    delivered = overflows ? 0 : product
    return !overflows
  }

  /// Adds up `prescribed`. False where the parts cannot be those of an account.
  private mutating func complete() -> Bool {
    guard perStep > 0, perStep <= Self.perStepMax, pending <= perStep, let whole else {
      return false
    }
    prescribed = whole
    return true
  }

  public func deficit(_ reason: Deficit) -> Int128 { deficits[Int(reason.rawValue)] }

  /// By the raw value of the reason.
  public func deficit(at index: Int) -> Int128 { deficits[index] }

  public var deficit: Int128 {
    var sum: Int128 = 0
    for index in deficits.indices { sum += deficits[index] }
    return sum
  }

  var stepIsDue: Bool { pending >= perStep }

  /// How much more has to accrue until a step is due.
  var unitsUntilDue: Int128 { perStep - pending }

  mutating func accrue(_ units: Int128) {
    prescribed += units
    pending += units
  }

  mutating func accrueExtra(_ units: Int128) {
    accrue(units)
    extra += units
  }

  /// Books what was prescribed and is not delivered.
  mutating func miss(_ units: Int128, _ reason: Deficit) {
    prescribed += units
    book(units, reason)
  }

  private mutating func book(_ units: Int128, _ reason: Deficit) {
    deficits[Int(reason.rawValue)] += units
  }

  /// From the next step on another drug may be at the tip. Where a step takes less than before, what is above
  /// a whole one is cut off.
  mutating func setWorth(charge: Int128, gift: Int128) {
    let takesLess = charge < perStep
    (perStep, self.gift) = (charge, gift)
    if takesLess { clamp(.stepWaited) }
  }

  mutating func makeStep() {
    pending -= perStep
    steps += 1
    delivered += gift
    if gift != perStep { book(perStep - gift, .noDrug) }
  }

  /// A step that nobody is charged with, and that gives nothing.
  mutating func moveStep(_ count: Int64) { steps += count }

  /// Takes back a step of this tick that was not made: it waits.
  mutating func unmakeStep(_ reason: Deficit) {
    takeBackStep()
    pending += perStep
    clamp(reason)
  }

  private mutating func takeBackStep() {
    steps -= 1
    delivered -= gift
    if gift != perStep { book(gift - perStep, .noDrug) }
  }

  /// At most one due step waits, so nothing ever bursts.
  mutating func clamp(_ reason: Deficit) {
    guard pending > perStep else { return }
    book(pending - perStep, reason)
    pending = perStep
  }

  /// Gives up the step that is due.
  mutating func dropStep(_ reason: Deficit) {
    pending -= perStep
    book(perStep, reason)
  }

  /// Nobody knows whether the newest step was made: it is not counted, and not made again either.
  mutating func doubtStep() {
    takeBackStep()
    book(perStep, .notRunning)
  }

  /// Takes over how far the account of a tick had come.
  ///
  /// - Parameter withoutDrug: what the steps since then were charged with and the tip did not give.
  mutating func goOn(as trace: AccountTrace, withoutDrug: Int128) {
    (pending, steps, extra, delivered) = (trace.pending, trace.steps, trace.extra, trace.delivered)
    for index in trace.deficits.indices { deficits[index] = trace.deficits[index] }
    book(withoutDrug, .noDrug)
    clamp(.notRunning)
    _ = complete()
  }

  /// More steps were made than this account knows of; what they gave is not known.
  mutating func goOn(atSteps count: Int64) { steps = max(steps, count) }

  /// Gives up the fraction of a step that is pending.
  mutating func dropPending() {
    book(pending, .notRunning)
    pending = 0
  }

  /// Visits every field, to write the account down or to read it. `prescribed` is the sum of the others.
  ///
  /// - Parameter tellsDelivered: as records of before there were lines do not.
  public mutating func layout(_ coder: inout some FrameCoder, tellsDelivered: Bool = true) {
    coder.field(magnitude: &perStep)
    coder.field(magnitude: &pending)
    coder.field(magnitude: &steps)
    coder.field(magnitude: &extra)
    if tellsDelivered {
      coder.field(magnitude: &gift)
      coder.field(magnitude: &delivered)
    } else {
      gift = perStep
      if !countOneWorth() { coder.fail() }
    }
    var count = Deficit.count
    // One reason more is no new layout: those that a reader does not know are a fault of the record.
    coder.field(count: &count, atMost: Deficit.count)
    for index in 0..<count { coder.field(magnitude: &deficits[index]) }
    if gift != 0 && gift != perStep || !complete() { coder.fail() }
  }

  /// What was read from a disk may be anything; far more than a head within `Limits` has.
  static var perStepMax: Int128 { 1 << 108 }

  /// Delivered, deficits and pending together; nil where that is more than can be.
  private var whole: Int128? {
    var (sum, overflows) = (delivered, false)
    for index in 0...Deficit.count {
      let part = index < Deficit.count ? deficits[index] : pending
      let (next, overflow) = sum.addingReportingOverflow(part)
      (sum, overflows) = (next, overflows || overflow)
    }
    return overflows || sum > Int128.max / 4 ? nil : sum
  }

  /// - Precondition: traps where something was lost or made up.
  func checkInvariants() {
    precondition(pending >= 0 && pending <= perStep && prescribed == whole)
  }
}

// A list of all cases is an array, which bare metal does not have.
#if !hasFeature(Embedded)
  extension Account.Deficit: CaseIterable {}
#endif
