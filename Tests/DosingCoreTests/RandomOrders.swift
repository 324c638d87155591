import DosingCore
import Quantities
import SeededNumbers

/// Rigs and prescriptions by chance: coarse and fine heads, loose and tight limits, bound by dose or
/// by volume.
struct RandomOrders {
  enum Tightness: CaseIterable {
    /// Room for many boluses.
    case loose
    /// The smallest limits that basal needs, and room for a bolus or two.
    case tight
    /// The smallest limits that basal needs, and not a nanogram more.
    case tightest
  }

  let rig: Rig
  let concentration: Concentration
  private let tightness: Tightness
  /// The patterns that all programs of one history vary, so that they fit the same rig.
  private let patterns: [[FlexStep]]
  private let bolusDose: Mass

  /// - Parameter slowHead: the head is hardly faster than basal at its peak.
  init?(tick: Int64, slowHead: Bool = false, using generator: inout SplitMix64) {
    let isBoundByVolume = generator.oneIn(3)
    // Where volume is to bind, dose must not.
    tightness = isBoundByVolume ? .loose : generator.pick(Tightness.allCases)
    concentration = Concentration(
      nanogramsPerMillilitre: generator.pick([50_000, 500_000, 1_000_000, 2_000_000, 123_456]))
    let head = Self.head(tick: tick, using: &generator)
    let full = generator.pick([20_000, 20_000, 40_000, 4_000] as [Int64])
    let loose = Rig(
      tick: Nanoseconds(tick * 1_000_000), pump: head,
      reservoir: Reservoir(
        volume: microlitres(full), low: microlitres(3_000), empty: microlitres(1_000)),
      maxVolume1h: nil, maxVolume24h: nil)
    patterns = Self.patterns(on: loose, at: concentration, using: &generator)
    let stepMass =
      loose.volume(ofSteps: 1_000).picolitres * concentration.nanogramsPerMillilitre
      / 1_000_000_000_000
    bolusDose = Mass(nanograms: max(1, stepMass) * generator.number(11...120))
    var rig = loose
    if isBoundByVolume {
      guard let bound = Self.boundByVolume(loose, patterns, concentration, bolusDose, &generator)
      else { return nil }
      rig = bound
    }
    if slowHead {
      let peak = patterns.joined().map(\.rate.nanogramsPerDay).max() ?? 0
      let flow = Int64(
        Int128(peak) * 1_000_000_000 / Int128(concentration.nanogramsPerMillilitre))
      let wanted = flow + flow / 10 * generator.number(1...10)
      rig.pump.maxRate = min(rig.pump.maxRate, FlowRate(picolitresPerDay: wanted))
    }
    self.rig = rig
  }

  private static func head(tick: Int64, using generator: inout SplitMix64) -> PumpHead {
    let volume = generator.pick([50_000_000, 37_000_000, 12_500_000, 100_000_000] as [Int64])
    let steps = generator.pick([200, 400, 1_600, 3_200, 6_400] as [Int64])
    // At most one step a tick.
    let fastest = volume * (86_400_000 / tick) / steps
    let most = min(fastest, generator.pick([24_000_000_000, 6_000_000_000, fastest]))
    return PumpHead(
      volumePerRevolution: Volume(picolitres: volume), stepsPerRevolution: steps,
      minRate: microlitresPerDay(48), maxRate: FlowRate(picolitresPerDay: most),
      keepOpenRate: FlowRate(picolitresPerDay: generator.pick([6_000_000, 4_800_000])))
  }

  private static func patterns(
    on rig: Rig, at concentration: Concentration, using generator: inout SplitMix64
  ) -> [[FlexStep]] {
    let strength = concentration.nanogramsPerMillilitre
    let least = (rig.pump.minRate.picolitresPerDay / 1_000 * strength + 999_999) / 1_000_000
    let most = rig.pump.maxRate.picolitresPerDay / 1_000 * strength / 1_000_000
    let ceiling = min(most, least * generator.magnitude(2...60))
    return (0..<generator.number(1...4)).map { _ in
      let count = generator.pick([1, 2, 3, 6, 24])
      // An array: the order of a set is another one in every process.
      var minutes: [UInt16] = [0]
      while minutes.count < count {
        let minute = generator.pick([generator.number(1...1439), generator.number(1...90)])
        if !minutes.contains(UInt16(minute)) { minutes.append(UInt16(minute)) }
      }
      minutes.sort()
      let peak = generator.oneIn(3) ? generator.pick(minutes) : nil
      return minutes.map { minute in
        let rate = peak == nil ? generator.number(least...ceiling) : least
        return FlexStep(
          minute: minute, rate: DoseRate(nanogramsPerDay: minute == peak ? ceiling : rate))
      }
    }
  }

  /// A rig whose volume limits bind: what basal needs and some more.
  private static func boundByVolume(
    _ loose: Rig, _ patterns: [[FlexStep]], _ concentration: Concentration, _ bolus: Mass,
    _ generator: inout SplitMix64
  ) -> Rig? {
    var rig = loose
    rig.maxVolume1h = loose.volume(ofSteps: 2)
    rig.maxVolume24h = loose.volume(ofSteps: 2)
    let order = Self.order(.flex, patterns, concentration)
    var bounds: [Volume] = []
    for finding in judge(order, on: rig).1.all
    where finding.rule == .rigHourLimitBelowBasal || finding.rule == .rigDayLimitBelowBasal {
      bounds.append(Volume(picolitres: finding.bound))
    }
    guard bounds.count == 2,
      let room = Volume(of: bolus, at: concentration, rounded: .up)
    else { return nil }
    // A volume that is not a whole number of steps counts as the steps that fit.
    let step = rig.volume(ofSteps: 1) + Volume(picolitres: 1)
    let extra = Volume(picolitres: room.picolitres * generator.pick([0, 1, 1, 2, 3]))
    rig.maxVolume1h = bounds[0] + step + extra
    rig.maxVolume24h =
      bounds[1] + step + Volume(picolitres: extra.picolitres * generator.pick([1, 2, 4]))
    return rig
  }

  private static func order(
    _ mode: BasalMode, _ patterns: [[FlexStep]], _ concentration: Concentration
  ) -> Prescription {
    var order = Prescription.order(
      mode, maxDose1h: Mass(nanograms: 1_000_000_000), maxDose24h: Mass(nanograms: 1_000_000_000))
    order.concentration = concentration
    for (index, steps) in patterns.enumerated() {
      for step in steps { _ = order.patterns[index].append(step) }
    }
    order.patternCount = patterns.count
    for weekday in 0..<7 { order.week[weekday] = UInt8(weekday % patterns.count) }
    if mode.delivers {
      order.safeBasal = patterns.joined().map(\.rate).min()
    }
    return order
  }

  /// A prescription that fits the rig; nil where this draw does not.
  func draw(using generator: inout SplitMix64) -> Therapy? {
    let mode: BasalMode =
      switch generator.number(0...19) {
      case 0: .minimum
      case 1: generator.oneIn(3) ? .stopped : .minimum
      case 2...7: .continuous
      default: .flex
      }
    var order = Self.order(mode, varied(using: &generator), concentration)
    if mode == .continuous, let rate = patterns.joined().randomElement(using: &generator)?.rate {
      order.setContinuous(rate)
      order.week = InlineArray(repeating: 0)
      order.safeBasal = rate
    }
    if !generator.oneIn(4) { order.patientBolus = patientBolus(using: &generator) }
    if generator.oneIn(20) { order.drug = Label("saline") }
    if generator.oneIn(20) { order.concentration.nanogramsPerMillilitre *= 2 }
    return fitted(order, using: &generator)
  }

  /// The patterns as they are, turned by some hours, or at lower rates.
  private func varied(using generator: inout SplitMix64) -> [[FlexStep]] {
    switch generator.number(0...3) {
    case 0: return patterns
    case 1:
      let least = patterns.joined().map(\.rate).min() ?? .zero
      return patterns.map { steps in
        steps.map { step in
          FlexStep(
            minute: step.minute,
            rate: max(least, DoseRate(nanogramsPerDay: step.rate.nanogramsPerDay / 2)))
        }
      }
    default:
      let shift = generator.pick([generator.number(1...120), generator.number(1...1439)])
      return patterns.map { Self.turned($0, by: Int(shift)) }
    }
  }

  private static func turned(_ steps: [FlexStep], by shift: Int) -> [FlexStep] {
    var turned = steps.map {
      FlexStep(minute: UInt16((Int($0.minute) + shift) % 1440), rate: $0.rate)
    }
    turned.sort { $0.minute < $1.minute }
    // What ran over midnight begins the day.
    guard turned[0].minute > 0, let last = turned.last else { return turned }
    if turned.count == Limits.stepsPerDayMax { turned.removeFirst() }
    return [FlexStep(minute: 0, rate: last.rate)] + turned
  }

  private func patientBolus(using generator: inout SplitMix64) -> PatientBolus {
    PatientBolus(
      dose: bolusDose,
      duration: .seconds(generator.pick([60, 61, 600, 1_800, generator.number(60...14_400)])),
      lockout: .seconds(generator.pick([60, 1_800, 3_600, generator.number(60...30_000)])),
      maxIn24h: Int(generator.pick([1, 3, 6, 48])))
  }

  /// Gives the order limits that basal needs, and as much more as this history's tightness wants.
  private func fitted(_ order: Prescription, using generator: inout SplitMix64) -> Therapy? {
    var order = order
    if tightness != .loose {
      order.maxDose1h = Mass(nanograms: 1)
      order.maxDose24h = Mass(nanograms: 1)
      for finding in judge(order, on: rig).1.all {
        if finding.rule == .hourLimitBelowBasal { order.maxDose1h.nanograms = finding.bound }
        if finding.rule == .dayLimitBelowBasal { order.maxDose24h.nanograms = finding.bound }
      }
      let room = tightness == .tightest ? 0 : bolusDose.nanograms
      order.maxDose1h.nanograms += room * generator.pick([1, 1, 2, 3])
      order.maxDose24h.nanograms += room * generator.pick([1, 2, 4])
      order.maxDose24h = max(order.maxDose24h, order.maxDose1h)
    }
    return judge(order, on: rig).0
  }

  /// A bolus for which the head is just fast enough beside one of the rates.
  func bolusOfFullFlow(using generator: inout SplitMix64) -> Request {
    let basal = generator.pick(patterns.joined().map(\.rate.nanogramsPerDay))
    let most = Int128(rig.pump.maxRate.picolitresPerDay) * strength / 1_000_000_000
    let dose = Int128(bolusDose.nanograms)
    let seconds = dose * 86_400 / max(1, most - Int128(basal)) + 1
    return .bolus(dose: bolusDose, duration: .seconds(min(86_400, max(60, Int64(seconds)))))
  }

  private var strength: Int128 { Int128(concentration.nanogramsPerMillilitre) }

  func bolus(using generator: inout SplitMix64) -> Request {
    let dose = generator.pick([
      bolusDose.nanograms, bolusDose.nanograms * generator.number(1...4),
      generator.number(1...max(1, bolusDose.nanograms)),
    ])
    let seconds = generator.pick([
      60, generator.number(60...600), generator.number(60...10_800),
      generator.number(30...87_000), 86_400, 3_660,
    ])
    return .bolus(dose: Mass(nanograms: dose), duration: .seconds(seconds))
  }
}
