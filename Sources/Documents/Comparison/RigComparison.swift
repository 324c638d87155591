public import DosingCore
internal import Quantities

/// What somebody sees before another rig is committed: every value that decides a dose, as it is and as it
/// would be, whatever the files spell out.
public struct RigComparison: Sendable {
  let old: Rig
  let new: Rig
  private let warnings: [String]

  public init(old: Rig, new: Rig, warnings: [String]) {
    self.old = old
    self.new = new
    self.warnings = warnings
  }

  public var lines: [String] {
    let parts = [[title], [ComparisonRow.heading] + rows.flatMap(\.lines), warnings, Self.effect]
    return Array(parts.filter { !$0.isEmpty }.joined(separator: [""]))
  }

  private var title: String {
    let changes = rows.filter(\.isChanged).count
    return changes == 0
      ? "the rig in force: nothing changes"
      : "another rig: \(changes) of \(rows.count) values change, marked with *"
  }

  /// Every field of the record of a rig.
  var rows: [ComparisonRow] {
    func row(_ name: String, _ value: (Rig) -> String) -> ComparisonRow {
      ComparisonRow(name, value(old), value(new))
    }
    return [
      row("tick") { $0.tick.text(in: Unit("ms", 1_000_000)) },
      row("revolution") { $0.pump.volumePerRevolution.fileText },
      row("steps of it") { "\($0.pump.stepsPerRevolution)" },
      row("lowest rate") { $0.pump.minRate.fileText },
      row("highest rate") { $0.pump.maxRate.fileText },
      row("keep-open rate") { $0.pump.keepOpenRate.fileText },
      row("accuracy") { percentText(permille: $0.pump.accuracyPermille) },
      row("reservoir") { $0.reservoir.volume.fileText },
      row("reservoir low") { $0.reservoir.low.fileText },
      row("reservoir empty") { $0.reservoir.empty.fileText },
      row("residue") { $0.reservoir.residue.fileText },
      row("error of the load cell") {
        $0.weighing.map { Weight(baseUnits: $0.errorMilligrams).fileText } ?? "none"
      },
      row("drift of it in a day") {
        $0.weighing.map { Weight(baseUnits: $0.driftMilligramsPerDay).fileText } ?? "none"
      },
      row("occlusion") { $0.occlusion?.threshold.fileText ?? "no sensor" },
      row("rise that says so") { $0.occlusion?.rise.fileText ?? "no sensor" },
      row("pump tubing") { $0.line.pumpTubing.fileText },
      row("catheter") { $0.line.catheter.fileText },
      row("mixing in the line") { percentText(permille: $0.line.mixingPermille) },
      row("tolerance of it") { percentText(permille: $0.line.tolerancePermille) },
      row("prime rate") { $0.primeRate.fileText },
      row("limit of any hour") { $0.maxVolume1h.fileText },
      row("limit of any 24 h") { $0.maxVolume24h.fileText },
      row("limit of a prime") { $0.maxPrimeDose.fileText },
    ]
  }

  private static let effect = [
    "It runs from the next start of pumpd on, given this rig file; until then",
    "nothing changes. That start ends an extra dose that runs; what was given, and",
    "what is stopped, stays.",
  ]
}
