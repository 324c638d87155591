public import Quantities

/// What is in the line, from the tip back to the head: parts of one concentration each.
///
/// A part is told by the count of steps with which the last of it has left the tip, so that a step changes
/// nothing here: what the head takes in now leaves when the whole line behind it has.
public struct Line: Sendable, BitwiseCopyable {
  public struct Part: Equatable, Sendable, BitwiseCopyable {
    /// 0: no drug.
    public internal(set) var concentration: Concentration
    /// The count of steps after which the tip gives the next one; `.max` for what the reservoir holds.
    public internal(set) var end: Int64
    /// Steps that were in doubt when its end left the reservoir: what came to doubt since may have moved it
    /// on towards the tip.
    public internal(set) var doubtBefore: Int64
    /// What is known of where its end is.
    var place = Place.counted
  }

  /// What is known of where a boundary is.
  enum Place: BitwiseCopyable {
    /// As far as steps were counted, and those in doubt.
    case counted
    /// Anywhere up to the tip, until somebody tells how long a time was in which steps may have been made
    /// that nobody counted.
    case open
    /// The same, and whoever could have told is gone.
    case lost
  }

  public static let capacity = 8

  /// Steps that the line holds, and those of half a zone in which a boundary is mixed.
  public let length: Int64
  let halfZone: Int64
  /// Of `length`, those of the catheter.
  let catheterLength: Int64
  private var parts: InlineArray<8, Part>
  /// How many parts there are; 0 where nobody knows what the pump holds.
  public private(set) var count = 0
  /// Steps that may have been made a day in a time of which nobody has told yet how long it was; 0 where there
  /// is none.
  private var openStepsPerDay: Int64 = 0

  /// Nothing was filled yet.
  init(_ rig: Rig) {
    length = rig.steps(in: rig.line.volume)
    catheterLength = min(length, rig.steps(in: rig.line.catheter))
    halfZone = (length * rig.line.mixingPermille + 1_999) / 2_000
    parts = InlineArray(
      repeating: Part(
        concentration: Concentration(nanogramsPerMillilitre: 0), end: .max, doubtBefore: 0))
  }

  /// From the tip on.
  public subscript(index: Int) -> Part { parts[index] }

  public var isFilled: Bool { count > 0 }

  /// Neither the reservoir nor the line was ever filled.
  var holdsNothing: Bool { count == 1 && gift(ofPart: 0) == 0 }

  /// What the next step takes in at the head.
  public var reservoir: Concentration {
    count > 0 ? parts[count - 1].concentration : Concentration(nanogramsPerMillilitre: 0)
  }

  // MARK: What a step is worth

  /// What a step of a part is charged with: of what holds no drug, as the next that does.
  public func charge(ofPart index: Int) -> Int64 {
    for next in index..<max(count, index) where parts[next].concentration.nanogramsPerMillilitre > 0
    {
      return parts[next].concentration.nanogramsPerMillilitre
    }
    return 0
  }

  /// What the next step is charged with.
  func charge(after made: Int64) -> Int64 { charge(ofPart: part(ofStep: made + 1)) }

  /// The part that the tip gives with a step, by the number of the step since the pump was new.
  func part(ofStep number: Int64) -> Int {
    var index = 0
    while index < count - 1, parts[index].end < number { index += 1 }
    return index
  }

  /// How many whole steps a charge pays for, if none is pending.
  ///
  /// - Parameters:
  ///   - amount: in what a step moves at 1 ng/mL.
  ///   - counts: what is counted: the charges, or the gifts.
  func steps(payedBy amount: Int128, from made: Int64, _ counts: Counts) -> Int64 {
    var (left, steps, index) = (amount, Int64(0), part(ofStep: made + 1))
    while index < count {
      let each = Int128(counts == .charges ? charge(ofPart: index) : gift(ofPart: index))
      let here = parts[index].end == .max ? Int64.max : parts[index].end - made - steps
      if each > 0, left / each < Int128(here) { return steps + Int64(left / each) }
      left -= each * Int128(here)
      steps += here
      index += 1
    }
    return .max
  }

  /// What so many steps are charged with, in what a step moves at 1 ng/mL.
  func units(ofSteps steps: Int64, from made: Int64) -> Int128 {
    var (left, sum, at) = (steps, Int128(0), made)
    var index = part(ofStep: made + 1)
    while left > 0, index < count {
      let here = parts[index].end == .max ? left : min(left, parts[index].end - at)
      sum += Int128(charge(ofPart: index)) * Int128(here)
      (left, at, index) = (left - here, at + here, index + 1)
    }
    return sum
  }

  /// The steps that so much pays for, if none is pending; a part of one counts whole.
  func stepsUp(payedBy amount: Int128, from made: Int64) -> Int64 {
    if amount <= 0 || count == 0 { return 0 }
    let whole = steps(payedBy: amount - 1, from: made, .charges)
    return whole == .max ? .max : whole + 1
  }

  enum Counts {
    case charges
    case gifts
  }

  func gift(ofPart index: Int) -> Int64 { parts[index].concentration.nanogramsPerMillilitre }

  /// The steps that the tip gives next without drug; those in doubt may have been some of them.
  func drugless(after made: Int64, _ doubts: Int64) -> Int64 {
    let index = part(ofStep: made + 1)
    guard count > index + 1, gift(ofPart: index) == 0 else { return 0 }
    return max(0, parts[index].end - doubted(index, doubts) - made)
  }

  /// The least and the most that a step is charged with, of all that is still on its way.
  func charges(after made: Int64) -> (least: Int64, most: Int64) {
    guard count > 0 else { return (0, 0) }
    var (least, most) = (Int64.max, Int64(0))
    for index in part(ofStep: made + 1)..<count {
      least = min(least, charge(ofPart: index))
      most = max(most, charge(ofPart: index))
    }
    return (least, most)
  }

  // MARK: Where a boundary is mixed, or nobody knows where it is

  /// What is at the tip.
  struct Tip {
    /// What the next step is charged with.
    var charge: Int64 = 0
    var worth = StepWorth()
  }

  /// - Parameters:
  ///   - made: steps since the pump was new.
  ///   - doubts: those that may have been made beside them.
  func tip(after made: Int64, doubts: Int64) -> Tip {
    let here = part(ofStep: made + 1)
    var (charge, upper) = (charge(ofPart: here), gift(ofPart: here))
    var isUncertain = false
    for index in 0..<max(0, count - 1) where isBoundary(index) {
      let zone = zone(index, doubts: doubts)
      guard zone.contains(made) else { continue }
      upper = max(upper, max(gift(ofPart: index), gift(ofPart: index + 1)))
      // The place of a boundary is an interval: what may be at the tip is taken for what is strongest.
      let mayHavePassed = parts[index].end - doubted(index, doubts)
      if doubted(index, doubts) > length / 20, made >= mayHavePassed, made < parts[index].end {
        charge = max(charge, self.charge(ofPart: index + 1))
        isUncertain = true
      }
    }
    let gift = isUncertain ? charge : gift(ofPart: here)
    return Tip(charge: charge, worth: StepWorth(gift: gift, excess: max(0, upper - gift)))
  }

  /// Whether more than 5 % of the line is in doubt since a boundary left the reservoir that is on its way.
  func isUncertain(after made: Int64, doubts: Int64) -> Bool {
    for index in 0..<max(0, count - 1) where isBoundary(index) && parts[index].end > made {
      if doubted(index, doubts) > length / 20 { return true }
    }
    return false
  }

  /// Neighbours within 5 % of each other are no boundary.
  private func isBoundary(_ index: Int) -> Bool {
    let (old, new) = (gift(ofPart: index), gift(ofPart: index + 1))
    return abs(old - new) * 20 > max(old, new)
  }

  /// What came to doubt since a boundary left the reservoir.
  func doubted(_ index: Int, _ doubts: Int64) -> Int64 {
    max(parts[index].place == .counted ? 0 : length, doubts - parts[index].doubtBefore)
  }

  /// The counts of steps after which the tip may give either side of a boundary, or both.
  private func zone(_ index: Int, doubts: Int64) -> Range<Int64> {
    let end = parts[index].end
    return (end - halfZone - doubted(index, doubts))..<(end + halfZone)
  }

  /// Whether steps that begin after a count may meet a boundary before they end.
  func mixes(from made: Int64, to last: Int64, doubts: Int64) -> Bool {
    for index in 0..<max(0, count - 1) where isBoundary(index) {
      if zone(index, doubts: doubts).overlaps(made..<(max(made, last) + 1)) { return true }
    }
    return false
  }

  /// The most that the tip may give in a window more than it is paid, in what a step moves at 1 ng/mL.
  ///
  /// - Parameter basal: what basal brings in the window, in the same.
  func mostExcess(beside basal: Int128, after made: Int64, doubts: Int64) -> Int64 {
    var sum: Int128 = 0
    for index in 0..<max(0, count - 1) where isBoundary(index) {
      let zone = zone(index, doubts: doubts)
      let (old, new) = (gift(ofPart: index), gift(ofPart: index + 1))
      // The weaker side is paid as such: the old one before the boundary, the new one behind it.
      let (from, to) =
        old < new
        ? (zone.lowerBound, parts[index].end) : (parts[index].end, zone.upperBound)
      let charge = self.charge(ofPart: old < new ? index : index + 1)
      let steps = Int128(max(0, to - max(from, made)))
      let paid = charge > 0 ? basal / Int128(charge) + 1 : steps
      sum += min(steps, paid) * Int128(abs(new - old))
    }
    return Int64(clamping: sum)
  }

  /// The count of steps at which the tip is to be looked at next.
  func nextMark(_ made: Int64, doubts: Int64) -> Int64 {
    var next = Int64.max
    for index in 0..<max(0, count - 1) {
      let (end, zone) = (parts[index].end, zone(index, doubts: doubts))
      next = min(next, Self.ahead(end, of: made))
      next = min(next, Self.ahead(end - doubted(index, doubts), of: made))
      next = min(next, Self.ahead(zone.lowerBound, of: made))
      next = min(next, Self.ahead(zone.upperBound, of: made))
    }
    return next
  }

  private static func ahead(_ mark: Int64, of made: Int64) -> Int64 { mark > made ? mark : .max }

  // MARK: What changes it

  /// The pump and all of its line hold one drug; 0 for none.
  mutating func fill(_ concentration: Concentration) {
    parts[0] = Part(concentration: concentration, end: .max, doubtBefore: 0)
    count = 1
  }

  /// What has left the tip with its zone is forgotten.
  mutating func pass(_ steps: Int64) {
    while count > 1, parts[0].end + halfZone <= steps { dropFirst() }
  }

  private mutating func dropFirst() {
    for index in 1..<count { parts[index - 1] = parts[index] }
    count -= 1
  }

  func hasRoom(for more: Int) -> Bool { count + more <= Self.capacity }

  /// Where two concentrations differ by more than this factor, what mixes is too far from either.
  func isTooFarFromNeighbour(_ concentration: Concentration, after steps: Int64) -> Bool {
    // What the reservoir held and the head has taken none of has no place in the line.
    let newest = isUntaken(after: steps) ? count - 2 : count - 1
    let (old, new) = (gift(ofPart: newest), concentration.nanogramsPerMillilitre)
    return old > 0 && max(old, new) > 5 * min(old, new)
  }

  /// From the next step on the head takes in something else.
  ///
  /// - Precondition: there is room for a part more.
  mutating func changeReservoir(to concentration: Concentration, after steps: Int64, doubts: Int64)
  {
    guard count > 0 else { return fill(concentration) }
    if isUntaken(after: steps) { count -= 1 }
    guard parts[count - 1].concentration != concentration else { return joinLast() }
    parts[count - 1].end = steps + length
    parts[count - 1].doubtBefore = doubts
    parts[count] = Part(concentration: concentration, end: .max, doubtBefore: 0)
    count += 1
  }

  /// The head has taken in none of what the reservoir holds.
  private func isUntaken(after steps: Int64) -> Bool {
    count > 1 && parts[count - 2].end == steps + length
  }

  private mutating func joinLast() {
    parts[count - 1] = Part(
      concentration: parts[count - 1].concentration, end: .max, doubtBefore: 0)
  }

  /// The tip holds no drug for so many steps.
  ///
  /// - Precondition: there is room for a part more.
  mutating func emptyTip(_ steps: Int64, after made: Int64, doubts: Int64) {
    guard count > 0 else { return }
    let end = made + steps
    while count > 1, parts[0].end <= end { dropFirst() }
    if parts[0].concentration.nanogramsPerMillilitre > 0 {
      for index in stride(from: count, to: 0, by: -1) { parts[index] = parts[index - 1] }
      count += 1
    } else if parts[0].end > end {
      return
    }
    let none = Concentration(nanogramsPerMillilitre: 0)
    parts[0] = Part(concentration: none, end: end, doubtBefore: doubts)
  }

  /// So many steps that were counted moved nothing.
  mutating func stay(_ steps: Int64) {
    for index in 0..<max(0, count - 1) { parts[index].end += steps }
  }

  // MARK: Steps that nobody counted

  /// Steps may have been made in a time of which nobody tells how long it was: any boundary may be at the
  /// tip. What such a time before it has left open stays so for good.
  ///
  /// - Parameter stepsPerDay: the most of them; 0 for no such time.
  mutating func open(stepsPerDay: Int64) {
    openStepsPerDay = stepsPerDay
    for index in 0..<max(0, count - 1) {
      if parts[index].place == .open { parts[index].place = .lost }
      if parts[index].place == .counted, stepsPerDay > 0 { parts[index].place = .open }
    }
  }

  /// Somebody has told how long it was. Returns how many steps a day may have been made in it; 0 where that
  /// was not asked, or was told already.
  mutating func close() -> Int64 {
    defer { openStepsPerDay = 0 }
    for index in 0..<max(0, count - 1) where parts[index].place == .open {
      parts[index].place = .counted
    }
    return openStepsPerDay
  }

  /// What a record from elsewhere has as open nobody tells any more; of what `other` has, somebody may.
  mutating func takeOpen(from other: Line) {
    open(stepsPerDay: 0)
    openStepsPerDay = other.openStepsPerDay
  }

  // MARK: Durable

  mutating func layout(_ coder: inout some FrameCoder) {
    coder.field(count: &count, atMost: Self.capacity)
    var before: Int64 = 0
    for index in 0..<count {
      var strength = parts[index].concentration.nanogramsPerMillilitre
      coder.field(magnitude: &strength)
      parts[index].concentration = Concentration(nanogramsPerMillilitre: strength)
      coder.field(magnitude: &parts[index].end)
      layoutDoubt(&coder, index)
      let isOpen = parts[index].end == .max
      let isWithin =
        strength <= Limits.concentrationMax.nanogramsPerMillilitre
        && parts[index].doubtBefore < .max / 4
        && parts[index].end >= before && isOpen == (index == count - 1)
      if !isWithin { coder.fail() }
      before = parts[index].end
    }
    if coder.failed { count = 0 }
  }

  /// Below zero where the place of a boundary is not counted. What the reservoir holds has no end: there it
  /// is how many steps a day are open.
  private mutating func layoutDoubt(_ coder: inout some FrameCoder, _ index: Int) {
    if index == count - 1 {
      (parts[index].doubtBefore, parts[index].place) = (0, .counted)
      return coder.field(magnitude: &openStepsPerDay)
    }
    var number = parts[index].doubtBefore
    if parts[index].place == .open { number = -1 - 2 * number }
    if parts[index].place == .lost { number = -2 - 2 * number }
    coder.field(&number)
    if number >= 0 {
      (parts[index].doubtBefore, parts[index].place) = (number, .counted)
    } else {
      let beyond = -1 - number
      parts[index].doubtBefore = beyond / 2
      parts[index].place = beyond % 2 == 0 ? .open : .lost
    }
  }
}
