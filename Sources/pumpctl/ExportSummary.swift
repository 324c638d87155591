internal import Documents
internal import DosingCore
internal import FoundationEssentials
internal import Quantities

/// What an export came to. Keys are written in snake case.
struct ExportSummary: Encodable {
  var serial = ""
  /// No drug, no patient: a rig of one of the starts was a simulation.
  var simulated = false
  /// The random name of the pump's history.
  var lineage = ""
  var firstEntry: Int64?
  var lastEntry: Int64?
  var firstUtc: String?
  var lastUtc: String?
  var entries: Int64 = 0
  /// The first entry whose link in the chain of hashes is broken; nil where none is.
  var firstBrokenEntry: Int64?
  var startsPlanned: Int64 = 0
  var startsUnplanned: Int64 = 0
  var eventsLost: Int64 = 0
  /// Rows of the table of what was delivered.
  var stepRows: Int64 = 0
  /// The account of the newest commit: steps since the pump was new.
  var stepsConfirmed: Int64 = 0
  /// Steps that may have been made besides.
  var stepsInDoubt: Int64 = 0
  /// Rows whose tick is only known to lie in a span.
  var stepsUntimed: Int64 = 0
  /// Rows that the account does not count, since it could not be sure of them.
  var stepsUncounted: Int64 = 0
  var volumeConfirmedNanolitres = "0"
  var prescriptions: [ProgrammedOrders.File] = []

  enum CodingKeys: CodingKey {
    case serial, simulated, lineage, firstEntry, lastEntry, firstUtc, lastUtc, entries,
      firstBrokenEntry
    case startsPlanned, startsUnplanned, eventsLost, stepRows, stepsConfirmed, stepsInDoubt
    case stepsUntimed, stepsUncounted, volumeConfirmedNanolitres, prescriptions
  }

  /// What there is not is null.
  func encode(to encoder: any Encoder) throws {
    var keys = encoder.container(keyedBy: CodingKeys.self)
    try keys.encode(serial, forKey: .serial)
    try keys.encode(simulated, forKey: .simulated)
    try keys.encode(lineage, forKey: .lineage)
    try keys.encode(firstEntry, forKey: .firstEntry)
    try keys.encode(lastEntry, forKey: .lastEntry)
    try keys.encode(firstUtc, forKey: .firstUtc)
    try keys.encode(lastUtc, forKey: .lastUtc)
    try keys.encode(entries, forKey: .entries)
    try keys.encode(firstBrokenEntry, forKey: .firstBrokenEntry)
    try keys.encode(startsPlanned, forKey: .startsPlanned)
    try keys.encode(startsUnplanned, forKey: .startsUnplanned)
    try keys.encode(eventsLost, forKey: .eventsLost)
    try keys.encode(stepRows, forKey: .stepRows)
    try keys.encode(stepsConfirmed, forKey: .stepsConfirmed)
    try keys.encode(stepsInDoubt, forKey: .stepsInDoubt)
    try keys.encode(stepsUntimed, forKey: .stepsUntimed)
    try keys.encode(stepsUncounted, forKey: .stepsUncounted)
    try keys.encode(volumeConfirmedNanolitres, forKey: .volumeConfirmedNanolitres)
    try keys.encode(prescriptions, forKey: .prescriptions)
  }
}

/// The dosing part of a rig: everything about it that decides a dose.
struct RigJSON: Encodable {
  let serial: String
  let tickNanoseconds: Int64
  let volumePerRevolutionPicolitres: Int64
  let stepsPerRevolution: Int64
  let minRatePicolitresPerDay: Int64
  let maxRatePicolitresPerDay: Int64
  let keepOpenRatePicolitresPerDay: Int64
  let reservoirPicolitres: Int64
  let reservoirLowPicolitres: Int64
  let reservoirEmptyPicolitres: Int64
  let maxVolumeHourPicolitres: Int64
  let maxVolumeDayPicolitres: Int64
  let accuracyPermille: Int64
  let reservoirResiduePicolitres: Int64
  let pumpTubingPicolitres: Int64
  let catheterPicolitres: Int64
  let lineMixingPermille: Int64
  let lineTolerancePermille: Int64
  let primeRatePicolitresPerDay: Int64
  let maxPrimeDoseNanograms: Int64

  init(_ rig: Rig, serial: String) {
    self.serial = serial
    tickNanoseconds = rig.tick.count
    volumePerRevolutionPicolitres = rig.pump.volumePerRevolution.picolitres
    stepsPerRevolution = rig.pump.stepsPerRevolution
    minRatePicolitresPerDay = rig.pump.minRate.picolitresPerDay
    maxRatePicolitresPerDay = rig.pump.maxRate.picolitresPerDay
    keepOpenRatePicolitresPerDay = rig.pump.keepOpenRate.picolitresPerDay
    reservoirPicolitres = rig.reservoir.volume.picolitres
    reservoirLowPicolitres = rig.reservoir.low.picolitres
    reservoirEmptyPicolitres = rig.reservoir.empty.picolitres
    maxVolumeHourPicolitres = rig.maxVolume1h.picolitres
    maxVolumeDayPicolitres = rig.maxVolume24h.picolitres
    accuracyPermille = rig.pump.accuracyPermille
    reservoirResiduePicolitres = rig.reservoir.residue.picolitres
    pumpTubingPicolitres = rig.line.pumpTubing.picolitres
    catheterPicolitres = rig.line.catheter.picolitres
    lineMixingPermille = rig.line.mixingPermille
    lineTolerancePermille = rig.line.tolerancePermille
    primeRatePicolitresPerDay = rig.primeRate.picolitresPerDay
    maxPrimeDoseNanograms = rig.maxPrimeDose.nanograms
  }
}

extension Encodable {
  /// A JSON file, keys in alphabetical order and in snake case.
  func jsonFile() throws(Failure) -> String {
    let encoder = JSONEncoder()
    encoder.keyEncodingStrategy = .convertToSnakeCase
    encoder.outputFormatting = [.sortedKeys, .prettyPrinted, .withoutEscapingSlashes]
    do {
      return String(decoding: try encoder.encode(self), as: UTF8.self) + "\n"
    } catch {
      throw Failure(.internalError, "\(Self.self) cannot be written as JSON: \(error)")
    }
  }
}
