/// A rig and prescriptions that are fast enough for a step several times a second.
enum KillTexts {
  /// 15.625 nL a step; the fastest flow is 17.8 steps a second.
  static let rig = """
    rig: {name: bench-1, serial: BP-0001}
    backend: simulated
    tick: 10 ms
    pump: {volume_per_revolution: 50 uL, full_steps: 200, microsteps: 16, min_rate: 0.048 mL/d, max_rate: 24 mL/d}
    reservoir: {volume: 20 mL, low: 3 mL, empty: 1 mL}
    line: {pump_tubing: 0.25 mL, catheter_length: 70 cm, catheter_volume: 2.2 uL/cm}

    """

  /// The same rig in the numbers of the account. At 500 ug/mL a step is 7.8125 ng.
  static let step = MotorStep(
    picolitresPerRevolution: 50_000_000, stepsPerRevolution: 3200,
    nanogramsPerMillilitre: 500_000, tickNanoseconds: 10_000_000)

  static let patientBolusNanograms: Int64 = 3_000
  static let patientBolusSeconds: Int64 = 60

  /// 5.9 and 8.9 steps a second. The limits leave room for a good dozen of boluses beside basal,
  /// and differ, so that a status tells the one from the other.
  static let first = TherapyHistory.Order(
    basalNanogramsPerDay: 4_000_000, maxNanograms1h: 206_000, maxNanograms24h: 4_300_000)
  static let second = TherapyHistory.Order(
    basalNanogramsPerDay: 6_000_000, maxNanograms1h: 291_000, maxNanograms24h: 6_400_000)

  static func prescription(_ order: TherapyHistory.Order) -> String {
    """
    patient: BENCH-01
    drug: baclofen
    concentration: 500 ug/mL
    basal: {mode: continuous, dose: \(micrograms(order.basalNanogramsPerDay))/d}
    patient_bolus: {dose: \(micrograms(patientBolusNanograms)), duration: \(patientBolusSeconds) s, lockout: 1 min, max_in_24h: 4}
    limits: {max_dose_1h: \(micrograms(order.maxNanograms1h)), max_dose_24h: \(micrograms(order.maxNanograms24h))}
    safe_basal: 2000 ug/d

    """
  }

  /// As a user writes it.
  static func micrograms(_ nanograms: Int64) -> String {
    "\(nanograms / 1000).\(String(1000 + nanograms % 1000).dropFirst()) ug"
  }
}
