internal import Documents
internal import DosingCore
internal import Quantities

/// One row for each step that the motor really made: when, the count of steps, what they come to in volume
/// and mass, and what ran when it was made.
struct TraceFile: ~Copyable {
  private var file: OutputFile
  private let rig: Rig
  private let strength: Concentration
  private var steps: Int64 = 0

  static let columns = "time_ns,motor_steps,volume_pl,mass_ng,mode,extra_dose"

  init(_ path: String, rig: Rig, strength: Concentration) throws(Failure) {
    var file = try OutputFile(path)
    try file.write(Self.columns + "\n")
    self.file = file
    (self.rig, self.strength) = (rig, strength)
  }

  /// - Parameters:
  ///   - timeNanoseconds: the deadline of the tick, since the start of the scenario.
  ///   - mode: what basal followed.
  ///   - extraDose: the extra dose that ran, if any did. A step belongs to it and to basal both.
  mutating func append(
    _ timeNanoseconds: Int64, mode: DeliveryMode, extraDose: ExtraDose.Kind?
  ) throws(Failure) {
    steps += 1
    let volume = rig.volume(ofSteps: steps)
    let mass = Mass(in: volume, at: strength, rounded: .down)?.nanograms ?? .max
    for number in [timeNanoseconds, steps, volume.picolitres, mass] {
      try file.write(number)
      try file.write(",")
    }
    try file.write(mode.code)
    try file.write(",")
    try file.write(extraDose?.code ?? "")
    try file.write("\n")
  }

  mutating func finish() throws(Failure) { try file.finish() }
}
