internal import Hardware
internal import Quantities

/// The files of the bench in the guest: rates near the fastest, so that seconds are enough to see much.
struct BenchTexts {
  static let tick = Nanoseconds.milliseconds(10)
  static let stepsPerRevolution = 3200
  static let microlitresPerRevolution = 50
  static let picolitresPerStep = Int64(microlitresPerRevolution * 1_000_000 / stepsPerRevolution)
  /// 0.4 uL of line, so that a purge is over in seconds.
  static let lineSteps: Int64 = 25
  static let chip = "pinctrl-rp1"
  static let stepLine = "STEP"

  /// Where each wire is; the step by its name, the others by their offsets.
  static let wiring = Wiring(chipLabel: chip) { place(of: $0) }

  static func place(of wire: Wire) -> LinePlace {
    wire == .step ? .name(stepLine) : .offset(offset(of: wire))
  }

  static func offset(of wire: Wire) -> Int32 {
    switch wire {
    case .step: 17
    case .direction: 27
    case .enable: 22
    case .heartbeat: 23
    case .buzzer: 24
    case .lamp: 25
    }
  }

  /// The adapter of the sensors; nil for a rig without sensors.
  var bus: String?
  var chip = Self.chip
  var step = Self.stepLine

  var rig: String {
    """
    rig: {name: guest, serial: BP-0001}
    backend: linux
    tick: \(Self.tick.count / 1_000_000) ms
    pump: {volume_per_revolution: \(Self.microlitresPerRevolution) uL, full_steps: 200, microsteps: 16, min_rate: 0.048 mL/d, max_rate: 24 mL/d}
    reservoir: {volume: 20 mL, low: 3 mL, empty: 1 mL}
    line: {pump_tubing: 0.2 uL, catheter_length: 2 cm, catheter_volume: 0.1 uL/cm}
    limits: {max_volume_1h: 2 mL, max_volume_24h: 30 mL}
    gpio: {chip: \(chip), step: \(step), dir: 27, enable: 22, heartbeat: 23, buzzer: 24, lamp: 25}

    """ + sensors
  }

  private var sensors: String {
    guard let bus else { return "" }
    return """
      i2c:
        bus: \(bus)
        encoder: {driver: as5600, address: 0x36}
        load_cell: {driver: nau7802, address: 0x2a, counts_per_gram: 10000, zero: 20000}
        pressure: {driver: ads1115, address: 0x48, channel: 0, kilopascal_per_volt: 50, occlusion: 70 kPa}

      """
  }

  /// 200 ug/h, and 400 ug/h from a minute of the day on: 7.1 and 14.2 steps a second.
  static func flex(changingAt minute: Int) -> String {
    func two(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }
    let time = "\(two(minute / 60)):\(two(minute % 60))"
    return """
      patient: BENCH-01
      drug: baclofen
      concentration: 500 ug/mL
      basal:
        mode: flex
        patterns: {all: [{from: "00:00", rate: 200 ug/h}, {from: "\(time)", rate: 400 ug/h}]}
        week: {mon: all, tue: all, wed: all, thu: all, fri: all, sat: all, sun: all}
      limits: {max_dose_1h: 900 ug, max_dose_24h: 14000 ug}
      safe_basal: 200 ug/h

      """
  }

  /// 400 ug/h: 14.2 steps a second.
  static let continuous = continuous(microgramsPerHour: 400)

  /// With half of it as the safe basal.
  static func continuous(microgramsPerHour rate: Int) -> String {
    """
    patient: BENCH-01
    drug: baclofen
    concentration: 500 ug/mL
    basal: {mode: continuous, dose: \(24 * rate) ug/d}
    limits: {max_dose_1h: 900 ug, max_dose_24h: 14000 ug}
    safe_basal: \(rate / 2) ug/h

    """
  }
}
