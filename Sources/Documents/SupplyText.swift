public import DosingCore
internal import Quantities

extension SupplyChange.Step {
  /// Stable, for programs.
  public var code: String {
    switch self {
    case .begin: "begin"
    case .aspirated: "aspirated"
    case .filled: "filled"
    case .finish: "finish"
    case .leave: "leave"
    case .catheterEmptied: "catheter-emptied"
    case .lineReplaced: "line-replaced"
    case .prime: "prime"
    case .purge: "purge"
    case .connected: "connected"
    }
  }
}

extension SupplyChange {
  /// What somebody said he did, as the log tells it.
  public var words: String {
    switch step {
    case .begin: "refill with \(concentration.fileText) begins"
    case .aspirated: "refill, \(volume.shown(decimals: 3)) aspirated"
    case .filled: "refill, \(volume.shown(decimals: 3)) filled, lot \(lot.text)"
    case .finish:
      "refill finished" + (overrides ? ", overriding what stands against it: \(lot.text)" : "")
    case .leave: "refill left"
    case .catheterEmptied: "catheter emptied"
    case .lineReplaced: "line replaced"
    case .prime: "prime begins"
    case .purge: "purge begins, the tip in a beaker"
    case .connected: "line connected"
    }
  }
}

extension Prime.Kind {
  /// Stable, for programs.
  public var code: String { "\(self)" }
}

extension Refill.Stage {
  /// Stable, for programs.
  public var code: String { "\(self)" }

  /// What is to be told next.
  public var next: SupplyChange.Step {
    switch self {
    case .none: .begin
    case .begun: .aspirated
    case .aspirated: .filled
    case .filled: .finish
    }
  }
}
