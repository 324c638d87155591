internal import Documents
internal import DosingCore
internal import Quantities

/// One row for each step that the motor really made: when, the count of steps, what they come to in volume
/// and at the tip in mass, what ran when it was made, and what the tip gave with this one.
struct TraceFile: ~Copyable {
  private var file: OutputFile
  private let rig: Rig
  private var steps: Int64 = 0
  /// What the tip gave, in 1e-9 ng.
  private var given: Int128 = 0
  /// Of the step before, and how that is written: most steps give the same.
  private var newest: (gift: Int64, text: [UInt8]) = (-1, [])

  static let columns =
    "time_ns,motor_steps,volume_pl,tip_total_ng,mode,extra_dose,mass_ng,tip_ng_per_ml"

  init(_ path: String, rig: Rig) throws(Failure) {
    var file = try OutputFile(path)
    try file.write(Self.columns + "\n")
    self.file = file
    self.rig = rig
  }

  /// - Parameters:
  ///   - timeNanoseconds: the deadline of the tick, since the start of the scenario.
  ///   - nanograms: what left the tip with it, by plug flow.
  ///   - mode: what basal followed.
  ///   - extraDose: the extra dose that ran, if any did. A step belongs to it and to basal both.
  mutating func append(
    _ timeNanoseconds: Int64, nanograms: Double, mode: DeliveryMode, extraDose: ExtraDose.Kind?
  ) throws(Failure) {
    steps += 1
    // Exact where a step is whole picolitres and what it holds whole ng/mL.
    let gift = Int64((nanograms * 1e9).rounded())
    given += Int128(gift)
    let total = Int64(clamping: given / 1_000_000_000)
    for number in [timeNanoseconds, steps, rig.volume(ofSteps: steps).picolitres, total] {
      try file.write(number)
      try file.write(",")
    }
    try file.write(mode.code)
    try file.write(",")
    try file.write(extraDose?.code ?? "")
    if gift != newest.gift { newest = (gift, Array(text(of: gift).utf8)) }
    try file.write(newest.text)
  }

  private func text(of gift: Int64) -> String {
    let mass = decimalText(gift, per: 1_000_000_000, decimals: 9)
    return ",\(mass),\(concentration(of: gift))\n"
  }

  /// What a step holds that gives so much, to the nearest ng/mL.
  private func concentration(of gift: Int64) -> Int64 {
    let (steps, volume) = (rig.pump.stepsPerRevolution, rig.pump.volumePerRevolution.picolitres)
    return Int64(clamping: (Int128(gift) * Int128(steps) + Int128(volume) / 2) / Int128(volume))
  }

  mutating func finish() throws(Failure) { try file.finish() }
}
