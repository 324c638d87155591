extension Doubt {
  /// Stable, for programs.
  public var code: String {
    switch self {
    case .unsigned: "unsigned"
    case .foreign: "foreign"
    case .unknownKey: "unknown-key"
    case .revokedKey: "revoked-key"
    case .badSignature: "bad-signature"
    case .stale: "stale"
    case .replayed: "replayed"
    case .wrongRole: "wrong-role"
    case .tooOften: "too-often"
    case .tooFar: "too-far"
    }
  }

  /// The counts that are not zero, by code.
  public static func counted(_ counts: [Int64]) -> [(String, Int64)] {
    allCases.compactMap { doubt in
      let index = Int(doubt.rawValue)
      guard index < counts.count, counts[index] > 0 else { return nil }
      return (doubt.code, counts[index])
    }
  }
}
