internal import Quantities

/// What the load cell says of the reservoir, and against what it is read.
///
/// A cell wanders without end: its weight means something beside one that was taken when what was there was known.
/// That is the reference, and every refill that was what it was said to be gives a new one.
struct ReservoirWeight: BitwiseCopyable {
  /// In milligrams; nil where the cell was not believed when it was looked at last, or not looked at since the
  /// start.
  private var newest: Int64?
  private var reference: Reference?
  /// The least that it has shown since, for long enough to be believed.
  private var lowest: Int64?
  /// The most that it has shown since it came below that.
  private var below: Lowering?
  /// Since when it is no weight of what is counted, or of what can have become of it.
  private var oddSince: Tick?
  private var refill: RefillWeights?

  /// What it showed when it was known what there was, and the count of steps, and of those in doubt, at that
  /// time.
  private struct Reference: Equatable, BitwiseCopyable {
    var contents: VolumeInterval
    var milligrams: Int64
    var steps: Int64 = 0
    var doubts: Int64 = 0
    var since = Tick(0)
  }

  private struct Lowering: Equatable, BitwiseCopyable {
    var most: Int64 = 0
    var since = Tick(0)
  }

  /// What it showed at the begin of a refill, and the least since then, when there was least in it.
  private struct RefillWeights: Equatable, BitwiseCopyable {
    var before = Look()
    var emptied = Look()
  }

  /// A weight, and the count of steps at that time.
  private struct Look: Equatable, BitwiseCopyable {
    var milligrams: Int64 = 0
    var steps: Int64 = 0
  }

  /// - Parameter contents: what there is, and what it shows, as the cell of a new pump does; nil where that is
  ///   not known.
  init(showing contents: Volume?) {
    reference = contents.map {
      Reference(contents: VolumeInterval(least: $0, most: $0), milligrams: $0.milligrams)
    }
  }

  // MARK: What is told

  /// - Parameter milligrams: nil where the cell is not believed.
  mutating func take(_ milligrams: Int64?, after steps: Int64, at now: Tick, _ rig: Rig) {
    // What a record says may be anything.
    newest = milligrams.map { max(-Limits.weightMax, min($0, Limits.weightMax)) }
    guard let newest else { return }
    lower(to: newest, at: now, rig)
    guard let emptied = refill?.emptied, newest < emptied.milligrams else { return }
    refill?.emptied = Look(milligrams: newest, steps: steps)
  }

  /// Whoever lifts it for a moment takes nothing out.
  private mutating func lower(to newest: Int64, at now: Tick, _ rig: Rig) {
    guard let lowest, newest < lowest else {
      lowest = lowest ?? newest
      below = nil
      return
    }
    let since = below?.since ?? now
    let most = max(below?.most ?? newest, newest)
    let lasts = (now - since).count >= rig.ticks(Limits.weightLasts)
    self.lowest = lasts ? most : lowest
    below = lasts ? nil : Lowering(most: most, since: since)
  }

  mutating func beginRefill(after steps: Int64) {
    refill = newest.map {
      let look = Look(milligrams: $0, steps: steps)
      return RefillWeights(before: look, emptied: look)
    }
  }

  /// What was told is not what was weighed: the reference is the old one, less and more by what was told.
  mutating func endRefill(_ told: (filled: Volume, aspirated: Volume)) {
    (lowest, below, oddSince, refill) = (newest, nil, nil, nil)
    let added = told.filled.milligrams - told.aspirated.milligrams
    reference?.milligrams += added
    reference?.contents.least.add(milligrams: added)
    reference?.contents.most.add(milligrams: added)
  }

  /// From here on a weight is held against this one, where it is known.
  ///
  /// - Parameter contents: what there is.
  mutating func endRefill(
    _ told: (filled: Volume, aspirated: Volume), _ contents: VolumeInterval, after steps: Int64,
    doubts: Int64, at now: Tick
  ) {
    endRefill(told)
    guard let newest else { return }
    reference = Reference(
      contents: contents, milligrams: newest, steps: steps, doubts: doubts, since: now)
  }

  /// So many steps that were counted gave nothing.
  mutating func stay(_ steps: Int64) {
    reference?.steps += steps
    refill?.before.steps += steps
    refill?.emptied.steps += steps
  }

  /// Nothing is known of what it was held against.
  mutating func forgetReference() { self = ReservoirWeight(showing: nil) }

  // MARK: What it says

  /// What there may be by it; nil where the cell or its reference is not known.
  func interval(at now: Tick, _ rig: Rig) -> VolumeInterval? {
    guard let newest, let reference, let margin = margin(at: now, rig) else { return nil }
    let became = newest - reference.milligrams
    return VolumeInterval(
      least: reference.contents.least.plus(milligrams: became - margin),
      most: reference.contents.most.plus(milligrams: became + margin))
  }

  /// Than what is counted.
  enum Difference { case lighter, heavier }

  /// Whether it became less by what the head may have given since the reference; nil where it did.
  ///
  /// - Parameter slack: by so much less it may be off than the cell alone would let it.
  func differs(
    after steps: Int64, doubts: Int64, at now: Tick, slack: Int64, _ rig: Rig
  ) -> Difference? {
    guard let newest, let reference, let margin = margin(at: now, rig) else { return nil }
    let certain = max(0, steps - reference.steps)
    let given = rig.given(by: certain, andMaybe: max(0, doubts - reference.doubts))
    let fell = reference.milligrams - newest
    let within = margin - slack
    if fell + within < given.least.milligrams { return .heavier }
    return fell - within > given.most.milligrams + 1 ? .lighter : nil
  }

  private func margin(at now: Tick, _ rig: Rig) -> Int64? {
    guard let reference, let cell = rig.weighing else { return nil }
    return cell.margin(after: Nanoseconds((now - reference.since).count * rig.tick.count))
  }

  /// It has become more, and nobody has said that he filled it.
  func hasRisen(at now: Tick, _ rig: Rig) -> Bool {
    guard let newest, let lowest, let margin = margin(at: now, rig) else { return false }
    return newest - lowest > margin
  }

  /// Whether what is odd about it has been so for long enough to be believed.
  mutating func lasts(_ isOdd: Bool, at now: Tick, _ rig: Rig) -> Bool {
    oddSince = isOdd ? oddSince ?? now : nil
    return oddSince.map { (now - $0).count >= rig.ticks(Limits.weightLasts) } ?? false
  }

  /// By how much it fell and rose in a refill, besides what the head took; nil where nobody knows.
  func refilled(after steps: Int64, _ rig: Rig) -> (fall: Volume, rise: Volume)? {
    guard let refill, let newest else { return nil }
    func taken(_ from: Int64, _ to: Int64) -> Volume { rig.volume(ofSteps: max(0, to - from)) }
    let (before, emptied) = (refill.before, refill.emptied)
    let fall =
      Volume(milligrams: before.milligrams - emptied.milligrams)
      - taken(before.steps, emptied.steps)
    let rise =
      Volume(milligrams: newest - emptied.milligrams) + taken(emptied.steps, steps)
    return (max(.zero, fall), rise)
  }

  // MARK: Its record

  /// All but the newest: a start looks anew.
  mutating func layout(_ coder: inout some FrameCoder) {
    let none = Reference(contents: VolumeInterval(), milligrams: 0)
    optional("reference", &reference, else: none, &coder) { reference, coder in
      reference.contents.layout(&coder)
      coder.field(weight: &reference.milligrams)
      coder.field(magnitude: &reference.steps)
      coder.field(magnitude: &reference.doubts)
      coder.field(&reference.since)
    }
    optional("lowest", &lowest, else: 0, &coder) { $1.field(weight: &$0) }
    optional("below", &below, else: Lowering(), &coder) { below, coder in
      coder.field(weight: &below.most)
      coder.field(&below.since)
    }
    optional("odd_since", &oddSince, else: Tick(0), &coder) { $1.field(&$0) }
    optional("refill", &refill, else: RefillWeights(), &coder) { refill, coder in
      coder.field(weight: &refill.before.milligrams)
      coder.field(magnitude: &refill.before.steps)
      coder.field(weight: &refill.emptied.milligrams)
      coder.field(magnitude: &refill.emptied.steps)
    }
  }
}

extension Volume {
  /// A solution of baclofen weighs what water does.
  private static let picolitresPerMilligram: Int64 = 1_000_000

  /// Nothing where there is less than nothing, and no more than a rig may hold.
  init(milligrams: Int64) { self = Volume.zero.plus(milligrams: milligrams) }

  /// So much more, or less.
  fileprivate func plus(milligrams: Int64) -> Volume {
    let most = Limits.volumeMax.picolitres
    let added = max(-most, min(milligrams, most / Self.picolitresPerMilligram))
    let sum = picolitres + max(-most, added * Self.picolitresPerMilligram)
    return Volume(picolitres: max(0, min(sum, most)))
  }

  fileprivate mutating func add(milligrams: Int64) { self = plus(milligrams: milligrams) }

  var milligrams: Int64 { picolitres / Self.picolitresPerMilligram }

  var magnitude: Volume { Volume(picolitres: abs(picolitres)) }
}

extension FrameCoder {
  /// In milligrams, of either sign; of none that a sum of some could not hold.
  fileprivate mutating func field(weight milligrams: inout Int64) {
    field(&milligrams)
    if milligrams < -Limits.weightMax || milligrams > Limits.weightMax {
      fail()
      milligrams = 0
    }
  }
}
