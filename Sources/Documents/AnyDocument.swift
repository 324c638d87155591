internal import DosingCore
internal import Yams

/// A file of any kind that people write, known by what stands in it.
public enum AnyDocument: Sendable {
  case rig(RigDocument)
  case prescription(PrescriptionDocument)
  case scenario(ScenarioDocument)

  /// The keys at the top of each kind that no other kind has.
  private static let ownKeys: [(kind: Kind, keys: Set<String>)] = [
    (.rig, ["backend", "pump", "reservoir", "tick", "line", "clock", "gpio", "i2c"]),
    (.prescription, ["patient", "drug", "concentration", "basal", "patient_bolus", "safe_basal"]),
    (.scenario, ["prescription", "start", "duration", "seed", "events"]),
  ]

  private enum Kind {
    case rig
    case prescription
    case scenario
  }

  /// - Throws: everything that is wrong with it; its exit code is that of its kind, and 65 where it is none.
  public init(path: String) throws(DocumentErrors) {
    let source = try SourceText(path)
    switch try Self.kind(of: source) {
    case .rig: self = .rig(try RigDocument(source))
    case .prescription: self = .prescription(try PrescriptionDocument(source))
    // It names other files, which it reads itself.
    case .scenario: self = .scenario(try ScenarioDocument(path: path))
    }
  }

  /// The kind of which most keys are there.
  private static func kind(of source: SourceText) throws(DocumentErrors) -> Kind {
    var yaml = StrictYAML(source.path, code: .badData)
    let keys = Set(try yaml.root(of: source).node.mapping?.keys.compactMap(\.scalar?.string) ?? [])
    let counts = ownKeys.map { ($0.kind, $0.keys.intersection(keys).count) }
    guard let most = counts.max(by: { $0.1 < $1.1 }), most.1 > 0 else {
      throw DocumentErrors(
        .badData,
        [
          "\(source.path):1: is neither a rig nor a prescription nor a scenario: none of their keys stands in it; "
            + "see scripts/examples"
        ])
    }
    return most.0
  }
}
