internal import DosingCore
internal import Quantities

/// Judges a run by the steps that the motor really made.
///
/// It shares nothing with the code that decides a dose: it integrates the prescription itself, from
/// the plain data, and looks at every window of the steps themselves.
struct Oracle {
  private(set) var violations: [String] = []

  private let rig: Rig
  private var prescription: Prescription
  /// Of all prescriptions of a run, since another one is refused.
  private let strength: Int128
  /// The therapy clock at time 0.
  private let clockAtStart: WeekTime
  private var running = true

  // What was prescribed, as two exact sums: basal in ng/d x ns, extra doses in whole ng.
  private var basal: Int128 = 0
  private var integratedTo: Int64 = 0
  /// The prescribed rate in ng/d, and until when it lasts.
  private var rate: Int64 = 0
  private var rateEnds: Int64 = 0
  private var extraNanograms: Int128 = 0
  private var extra: Extra?

  private var steps: Int128 = 0
  private var hour: DoseWindow
  private var day: DoseWindow
  private var lastStep: Int64?

  private struct Extra {
    var dose: Int128
    var start: Int64
    var duration: Int64

    /// Rounded up to a nanogram.
    func given(by time: Int64) -> Int128 {
      let passed = Int128(min(max(time - start, 0), duration))
      return (dose * passed + Int128(duration) - 1) / Int128(duration)
    }
  }

  init(rig: Rig, prescription: Prescription, clock: WeekTime) {
    self.rig = rig
    self.prescription = prescription
    strength = Int128(prescription.concentration.nanogramsPerMillilitre)
    // The pump's clock shows whole ticks.
    clockAtStart = WeekTime(
      sinceMonday: Nanoseconds(clock.sinceMonday.count / rig.tick.count * rig.tick.count))
    let stepsPerDose = StepsPerDose(rig: rig, concentration: prescription.concentration)
    hour = DoseWindow(.hours(1), bucket: .minutes(1), stepsPerDose, prescription.maxDose1h)
    day = DoseWindow(.hours(24), bucket: .minutes(15), stepsPerDose, prescription.maxDose24h)
  }

  // MARK: What the engine accepted

  mutating func program(_ new: Prescription, at time: Int64) {
    advance(to: time)
    endExtra(at: time)
    prescription = new
    rateEnds = time
    hour.commit(new.maxDose1h, at: time)
    day.commit(new.maxDose24h, at: time)
  }

  mutating func startPatientBolus(at time: Int64) {
    guard let bolus = prescription.patientBolus else {
      return report("a patient bolus that nobody prescribed", time)
    }
    startExtra(dose: bolus.dose, duration: bolus.duration, at: time)
  }

  mutating func startExtra(dose: Mass, duration: Nanoseconds, at time: Int64) {
    advance(to: time)
    endExtra(at: time)
    extra = Extra(dose: Int128(dose.nanograms), start: time, duration: duration.count)
  }

  mutating func stop(at time: Int64) {
    advance(to: time)
    endExtra(at: time)
    running = false
  }

  mutating func resume(at time: Int64) {
    advance(to: time)
    running = true
  }

  private mutating func endExtra(at time: Int64) {
    guard let extra else { return }
    extraNanograms += extra.given(by: time)
    self.extra = nil
  }

  // MARK: What the motor did

  mutating func step(at time: Int64) {
    advance(to: time)
    steps += 1
    if !running { report("a step while stopped", time) }
    if let lastStep, time - lastStep < rig.tick.count { report("two steps in one tick", time) }
    lastStep = time
    let ahead = delivered - prescribed(at: time)
    // An extra dose that was cut short is known to a nanogram.
    if ahead > Int128(1) * Self.nanogram { report("delivered more than was prescribed", time) }
    hour.append(time)
    day.append(time)
    check(hour, volume: rig.maxVolume1h, "1 h", time)
    check(day, volume: rig.maxVolume24h, "24 h", time)
  }

  /// - Parameter deficit: what the engine says was prescribed and will never be delivered.
  mutating func finish(at time: Int64, deficit: Mass) {
    advance(to: time)
    // Deficits and the cut of an extra dose are told to a nanogram.
    let missing = prescribed(at: time) - delivered - Int128(deficit.nanograms) * Self.nanogram
    if missing > step + 3 * Self.nanogram {
      report("more is missing than one step and the deficit", time)
    }
  }

  // MARK: Exact sums, in ng / (V x N-independent) units

  /// Everything is compared in ng x steps per revolution x 86.4e12 ns, which makes all three sums
  /// whole numbers.
  private static let nanogramsPerDay = Int128(Nanoseconds.days(1).count)
  private static var nanogram: Int128 { nanogramsPerDay }

  /// The mass of one step, rounded down by less than one unit.
  private var step: Int128 { mass(ofSteps: 1) }
  private var delivered: Int128 { mass(ofSteps: steps) }

  private func mass(ofSteps steps: Int128) -> Int128 {
    let volume = steps * Int128(rig.pump.volumePerRevolution.picolitres)
    let perMillilitre = Int128(rig.pump.stepsPerRevolution) * 1_000_000_000
    // Volume x strength stays below 2^80, so the product with a day fits 128 bits.
    return volume * strength * Self.nanogramsPerDay / perMillilitre
  }

  private func prescribed(at time: Int64) -> Int128 {
    basal + (extraNanograms + (extra?.given(by: time) ?? 0)) * Self.nanogram
  }

  /// Integrates basal from one edge of the schedule to the next.
  private mutating func advance(to time: Int64) {
    while integratedTo < time {
      if integratedTo >= rateEnds {
        let (now, left) = rateAndTimeLeft(at: clockAtStart + Nanoseconds(integratedTo))
        (rate, rateEnds) = (now, integratedTo + left)
      }
      let length = min(rateEnds, time) - integratedTo
      if running { basal += Int128(rate) * Int128(length) }
      integratedTo += length
    }
  }

  /// The prescribed rate in ng/d and how long it lasts, in ns.
  private func rateAndTimeLeft(at clock: WeekTime) -> (rate: Int64, left: Int64) {
    let dayLeft = Nanoseconds.days(1).count - clock.sinceMidnight.count
    switch prescription.mode {
    case .stopped: return (0, dayLeft)
    case .minimum:
      let rate =
        Int128(rig.pump.keepOpenRate.picolitresPerDay)
        * Int128(prescription.concentration.nanogramsPerMillilitre) / 1_000_000_000
      return (Int64(rate) + 1, dayLeft)
    case .continuous: return (prescription.patterns[0].steps[0].rate.nanogramsPerDay, dayLeft)
    case .flex: break
    }
    let pattern = prescription.patterns[Int(prescription.week[clock.weekday])]
    var rate: Int64 = 0
    for index in 0..<pattern.count {
      let start = Nanoseconds.minutes(Int64(pattern.steps[index].minute)).count
      if start > clock.sinceMidnight.count { return (rate, start - clock.sinceMidnight.count) }
      rate = pattern.steps[index].rate.nanogramsPerDay
    }
    return (rate, dayLeft)
  }

  private mutating func check(
    _ window: DoseWindow, volume: Volume, _ name: String, _ time: Int64
  ) {
    let picolitres =
      Int128(window.count) * Int128(rig.pump.volumePerRevolution.picolitres)
    let revolution = Int128(rig.pump.stepsPerRevolution)
    if picolitres > Int128(volume.picolitres) * revolution {
      report("above the volume limit of \(name)", time)
    }
    if window.isAboveLimit { report("above the dose limit of \(name)", time) }
  }

  private mutating func report(_ what: String, _ time: Int64) {
    // One line a kind is enough to fail; a broken run would fill the disk otherwise.
    guard !violations.contains(where: { $0.hasPrefix(what) }) else { return }
    violations.append("\(what), first at \(decimalText(time, per: 1_000_000_000)) s")
  }
}
