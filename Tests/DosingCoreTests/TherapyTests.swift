import DosingCore
import Quantities
import Testing

@Suite struct TherapyTests {
  private let basal = microgramsPerDay(300)

  private static let rules = Finding.Rule.allCases.filter {
    $0.rawValue >= 20 && ![.occlusionOutOfRange, .occlusionRiseOutOfRange].contains($0)
  }

  @Test("R-016 Every rule is found where it is broken, and no other", arguments: rules)
  func everyRule(_ rule: Finding.Rule) throws {
    let (order, rig) = breaking(rule)
    let (therapy, findings) = judge(order, on: rig)
    #expect(findings.rules.contains(rule), "\(findings.rules)")
    #expect((therapy == nil) == !rule.isWarning)
    #expect(findings.errors == (rule.isWarning ? 0 : findings.all.count { !$0.rule.isWarning }))
    #expect(findings.all.allSatisfy { $0.rule == rule || $0.rule.isWarning })
  }

  private func flex(_ steps: [(minute: UInt16, rate: DoseRate)]) -> Prescription {
    .flex([steps], safeBasal: microgramsPerDay(100))
  }

  /// A prescription, and a rig, that break this rule and no other.
  private func breaking(_ rule: Finding.Rule) -> (Prescription, Rig) {
    var order = Prescription.continuous(basal, patientBolus: .usual())
    var rig = Rig.bench()
    switch rule {
    case .concentrationOutOfRange: order.concentration.nanogramsPerMillilitre = 4_000_001
    case .dayWithoutPattern: order.week[3] = 1
    case .patternEmpty: order.patterns[0].count = 0
    case .patternNotFromMidnight: order = flex([(minute: 1, rate: basal)])
    case .stepsOutOfOrder: order = flex([(minute: 0, rate: basal), (minute: 0, rate: basal)])
    case .rateZero: order = flex([(minute: 0, rate: basal), (minute: 60, rate: .zero)])
    // 0.048 mL/d at 500 ug/mL are 24 ug/d.
    case .rateBelowMinimum:
      let slow = DoseRate(nanogramsPerDay: 23_999)
      order = flex([(minute: 0, rate: basal), (minute: 60, rate: slow)])
    case .rateAboveMaximum:
      order = flex([(minute: 0, rate: DoseRate(nanogramsPerDay: 6_000_001))])
    case .hourLimitBelowBasal: order.maxDose1h.nanograms = 12_716
    case .dayLimitBelowBasal: order.maxDose24h.nanograms = 303_132
    case .rigHourLimitBelowBasal: rig.maxVolume1h = microlitres(25)
    case .rigDayLimitBelowBasal: rig.maxVolume24h = microlitres(600)
    case .hourDoseLimitAboveDayDoseLimit: order.maxDose1h = micrograms(501)
    case .patientBolusTooSmall: order.patientBolus?.dose.nanograms = 78
    case .patientBolusDurationOutOfRange: order.patientBolus?.duration = .seconds(59)
    case .patientBolusLockoutOutOfRange: order.patientBolus?.lockout = .seconds(59)
    case .patientBolusCountOutOfRange: order.patientBolus?.maxIn24h = 49
    case .patientBolusRateAboveMaximum: order.patientBolus?.duration = .minutes(2)
    case .safeBasalMissing: order.safeBasal = nil
    case .safeBasalBelowMinimum: order.safeBasal = DoseRate(nanogramsPerDay: 23_999)
    case .safeBasalAboveLeanestDay: order.safeBasal = DoseRate(nanogramsPerDay: 300_001)
    case .doseOutOfRange: order.patientBolus?.dose = .zero
    case .patternUnused:
      order.patterns[1] = DayPattern(constant: basal)
      order.patternCount = 2
    case .rigHourLimitTighter: rig.maxVolume1h = microlitres(100)
    case .rigDayLimitTighter: rig.maxVolume24h = microlitres(900)
    case .patientBolusNeverGranted: order.patientBolus = .usual(dose: micrograms(48), minutes: 30)
    case .patientBolusesNotAllGranted: order.patientBolus?.maxIn24h = 20
    case .withdrawalInMinimum: order = .order(.minimum)
    case .safeBasalUnused: order = .order(.stopped, safeBasal: basal)
    case .tickOutOfRange, .tickDoesNotDivideMinute, .stepVolumeOutOfRange, .ratesOutOfOrder,
      .maxRateAboveOneStepPerTick, .reservoirOutOfOrder, .rigLimitBelowOneStep,
      .rigHourLimitAboveDayLimit, .lineBelowLeast, .lineAboveMost, .lineNotBelowReservoir,
      .accuracyOutOfRange, .lineToleranceOutOfRange, .lineMixingOutOfRange, .primeRateOutOfRange,
      .residueOutOfRange, .maxPrimeDoseOutOfRange, .weighingErrorOutOfRange,
      .weighingDriftOutOfRange, .occlusionOutOfRange, .occlusionRiseOutOfRange:
      break
    }
    return (order, rig)
  }

  @Test("R-016 A prescription without fault has no findings")
  func noFindings() {
    #expect(judge(.continuous(basal, patientBolus: .usual())).1.count == 0)
    #expect(judge(.order(.stopped)).1.count == 0)
  }

  @Test("R-016 Several violations are listed together, each with its place")
  func severalAtOnce() {
    var order = flex([
      (minute: 0, rate: .zero), (minute: 60, rate: DoseRate(nanogramsPerDay: 23_999)),
      (minute: 120, rate: DoseRate(nanogramsPerDay: 6_000_001)), (minute: 180, rate: basal),
    ])
    let rates = judge(order).1.all
    #expect(rates.map(\.rule) == [.rateZero, .rateBelowMinimum, .rateAboveMaximum])
    #expect(rates.map(\.step) == [0, 1, 2] && rates.allSatisfy { $0.pattern == 0 })
    #expect(rates[1].value == 23_999 && rates[1].bound == 24_000)
    #expect(rates[2].value == 6_000_001 && rates[2].bound == 6_000_000)

    order = .continuous(basal, patientBolus: .usual(minutes: 2))
    order.maxDose1h.nanograms = 12_000
    order.maxDose24h.nanograms = 300_000
    order.safeBasal = nil
    #expect(
      Set(judge(order).1.rules).isSuperset(
        of: [
          .hourLimitBelowBasal, .dayLimitBelowBasal, .safeBasalMissing,
          .patientBolusRateAboveMaximum,
        ]))

    var shape = Prescription.continuous(basal, patientBolus: .usual())
    shape.concentration.nanogramsPerMillilitre = 9_999
    shape.maxDose1h = micrograms(900)
    shape.week[0] = 5
    shape.patientBolus?.maxIn24h = 0
    #expect(
      judge(shape).1.rules == [
        .concentrationOutOfRange, .hourDoseLimitAboveDayDoseLimit, .dayWithoutPattern,
        .patientBolusCountOutOfRange,
      ])
  }

  @Test("R-016 The smallest limit that would do is named, does, and a nanogram less does not")
  func smallestLimits() {
    // A plateau longer than the hour, and a peak that is shorter.
    let patterns: [[(minute: UInt16, rate: DoseRate)]] = [
      [
        (minute: 0, rate: microgramsPerDay(120)), (minute: 390, rate: microgramsPerDay(432)),
        (minute: 1000, rate: microgramsPerDay(2_000)), (minute: 1020, rate: microgramsPerDay(240)),
      ],
      [(minute: 0, rate: microgramsPerDay(77)), (minute: 1430, rate: microgramsPerDay(1_111))],
    ]
    for week in [[0, 0, 0, 0, 0, 1, 1], [1, 1, 1, 1, 1, 1, 1], [0, 1, 0, 1, 0, 1, 0]] as [[UInt8]] {
      var order = Prescription.flex(patterns, week: week, safeBasal: microgramsPerDay(77))
      order.maxDose1h = Mass(nanograms: 1)
      order.maxDose24h = Mass(nanograms: 1)
      let bounds = judge(order).1.all.filter { !$0.rule.isWarning }
      #expect(bounds.map(\.rule) == [.hourLimitBelowBasal, .dayLimitBelowBasal])
      order.maxDose1h.nanograms = bounds[0].bound
      order.maxDose24h.nanograms = bounds[1].bound
      #expect(judge(order).0 != nil)
      order.maxDose1h.nanograms -= 1
      #expect(judge(order).1.rules.contains(.hourLimitBelowBasal))
      order.maxDose1h.nanograms += 1
      order.maxDose24h.nanograms -= 1
      #expect(judge(order).1.rules.contains(.dayLimitBelowBasal))
    }
  }

  @Test("R-012 The reserve is 61 min, or 24 h 15 min, of the richest basal, and a step")
  func reserveByHand() throws {
    let therapy = try Therapy.of(.continuous(basal))
    let scale = therapy.scale
    // 300,000 x 61 / 1440 and x 97 / 96, in ng.
    #expect(therapy.hour.reservedForBasal * 6 == scale.perNanogram * 76_250 + scale.perStep * 6)
    #expect(therapy.day.reservedForBasal == scale.perNanogram * 303_125 + scale.perStep)
    #expect(therapy.hour.units == 60_000 * scale.perNanogram)
    #expect(therapy.hour.steps == 7_680 && therapy.day.steps == 64_000)
    #expect(therapy.hour.source == .prescribedDose)
  }

  @Test("R-012 The richest window may lie across two days")
  func richestWindowAcrossMidnight() throws {
    let patterns: [[(minute: UInt16, rate: DoseRate)]] = [
      [(minute: 0, rate: microgramsPerDay(144)), (minute: 1410, rate: microgramsPerDay(288))],
      [(minute: 0, rate: microgramsPerDay(432)), (minute: 20, rate: microgramsPerDay(144))],
    ]
    let order = Prescription.flex(
      patterns, week: [1, 0, 0, 0, 0, 0, 0], safeBasal: microgramsPerDay(100))
    let therapy = try Therapy.of(order)
    // Sunday 23:30 to Monday 00:20 are 30 min of 0.2 and 20 of 0.3 ug/min; 11 more of 0.1.
    #expect(
      therapy.hour.reservedForBasal
        == therapy.scale.perNanogram * 13_100 + therapy.scale.perStep)
  }

  @Test("R-010 A volume limit counts the whole steps that fit")
  func volumeInSteps() throws {
    // 80.01 uL hold 5,120.64 steps.
    let rig = Rig.bench(maxVolume1h: Volume(picolitres: 80_010_000))
    let therapy = try Therapy.of(.continuous(basal), on: rig)
    #expect(therapy.hour.source == .rigVolume && therapy.hour.steps == 5_120)
    #expect(therapy.hour.units == 5_120 * therapy.scale.perStep)
    #expect(therapy.day.source == .prescribedDose)
  }

  @Test("R-010 A mass limit that is no whole number of steps is rounded down")
  func massInSteps() throws {
    let order = Prescription.continuous(basal, maxDose1h: Mass(nanograms: 60_007))
    let therapy = try Therapy.of(order)
    #expect(therapy.hour.steps == 7_680)
    let next = try Therapy.of(.continuous(basal, maxDose1h: Mass(nanograms: 60_008)))
    #expect(next.hour.steps == 7_681)
  }

  @Test("R-016 The volume that a rig's limit would need is named and does")
  func smallestVolume() {
    var rig = Rig.bench(maxVolume1h: microlitres(20), maxVolume24h: microlitres(500))
    let bounds = judge(.continuous(basal), on: rig).1.all.filter { !$0.rule.isWarning }
    #expect(bounds.map(\.rule) == [.rigHourLimitBelowBasal, .rigDayLimitBelowBasal])
    // Rounded up to a step.
    rig.maxVolume1h = rig.volume(ofSteps: rig.steps(in: Volume(picolitres: bounds[0].bound)) + 1)
    rig.maxVolume24h = rig.volume(ofSteps: rig.steps(in: Volume(picolitres: bounds[1].bound)) + 1)
    #expect(judge(.continuous(basal), on: rig).0 != nil)
  }

  @Test("R-017 The slowest and the fastest rate of the head are accepted, to the nanogram")
  func rateBounds() {
    for (rate, accepted) in [
      (Int64(24_000), true), (23_999, false), (6_000_000, true), (6_000_001, false),
    ] {
      var order = Prescription.continuous(
        DoseRate(nanogramsPerDay: rate), maxDose1h: micrograms(1_000),
        maxDose24h: micrograms(9_000))
      order.safeBasal = DoseRate(nanogramsPerDay: 24_000)
      #expect((judge(order).0 != nil) == accepted, "\(rate) ng/d")
    }
  }

  @Test("R-016 Numbers beyond all reason are findings, not crashes")
  func extremes() {
    for extreme in [.max, .max / 2, 1 << 55] as [Int64] {
      var order = Prescription.continuous(basal, patientBolus: .usual())
      order.safeBasal = DoseRate(nanogramsPerDay: extreme)
      #expect(judge(order).1.rules == [.safeBasalAboveLeanestDay])
      order = .continuous(DoseRate(nanogramsPerDay: extreme))
      #expect(judge(order).1.rules.contains(.rateAboveMaximum))
      order = .continuous(basal, patientBolus: .usual())
      order.patientBolus?.dose.nanograms = extreme
      order.patientBolus?.lockout = Nanoseconds(extreme)
      order.patientBolus?.duration = Nanoseconds(extreme)
      #expect(
        judge(order).1.rules == [
          .doseOutOfRange, .patientBolusDurationOutOfRange, .patientBolusLockoutOutOfRange,
        ])
      order = .continuous(basal, maxDose1h: Mass(nanograms: extreme))
      order.maxDose24h = order.maxDose1h
      #expect(judge(order).1.rules == [.doseOutOfRange, .doseOutOfRange])
      order = .continuous(basal)
      order.concentration.nanogramsPerMillilitre = extreme
      #expect(judge(order).1.rules.contains(.concentrationOutOfRange))
    }
  }

  @Test("R-016 More findings than there is room for are counted")
  func tooManyFindings() {
    var order = Prescription.order(.flex, safeBasal: basal)
    order.patternCount = 7
    for pattern in 0..<7 {
      for minute in 0..<24 {
        _ = order.patterns[pattern].append(FlexStep(minute: UInt16(minute), rate: .zero))
      }
      order.week[pattern] = UInt8(pattern)
    }
    let findings = judge(order).1
    #expect(findings.count == Findings.capacity)
    #expect(findings.dropped == 7 * 24 - Findings.capacity)
    #expect(findings.errors == 7 * 24)
  }

  @Test("R-016 A pattern takes 24 steps and no more")
  func fullPattern() {
    var pattern = DayPattern()
    for minute in 0..<24 {
      let hasRoom = pattern.append(FlexStep(minute: UInt16(minute), rate: basal))
      #expect(hasRoom)
    }
    let hasMore = pattern.append(FlexStep(minute: 30, rate: basal))
    #expect(!hasMore)
  }
}
