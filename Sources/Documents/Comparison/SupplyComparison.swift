internal import DosingCore
internal import Quantities

/// What somebody sees of a step of a refill, or of work on the line, before it is committed: what the pump
/// expects beside what was seen, and what follows at the tip.
struct SupplyComparison {
  let lines: [String]

  init(_ change: SupplyChange, _ shown: ShownSupply) {
    lines =
      ["told      \(change.step.code)", "by count  \(Self.volume(shown.contents))"]
      + Self.lines(change, shown) + Self.wayOfTheDrug(shown)
  }

  private static func lines(_ change: SupplyChange, _ shown: ShownSupply) -> [String] {
    let refill = shown.refill
    return switch change.step {
    case .begin:
      [
        "label     \(strength(change.concentration))",
        "holds     \(strength(shown.held))",
      ] + otherDrug(change.lot)
    case .aspirated: difference("came out", change.volume, from: expected(refill, shown.contents))
    case .filled:
      [
        "filled    \(volume(change.volume)) of \(strength(refill.announced)), lot \(change.lot.text)",
        "makes     \(strength(shown.holds)) with what stayed behind",
      ]
    case .finish:
      ["holds     \(strength(refill.mixed)), label \(strength(refill.announced))"]
        + otherDrug(refill.otherDrug)
    case .leave: ["refill    is left; nothing was changed"]
    case .catheterEmptied:
      ["at tip    nothing until the catheter has filled again"]
    case .lineReplaced:
      ["at tip    nothing until tubing and catheter have filled; nobody is connected"]
    case .prime: pushed(shown) + ["catheter  is where it belongs"]
    case .purge: pushed(shown) + ["tip       is in a beaker"]
    case .connected: ["tip       is where it belongs: what it gives is given"]
    }
  }

  private static func otherDrug(_ drug: Label) -> [String] {
    if drug == .none { return [] }
    return [
      "drug      \(drug.text), another one: what stays behind mixes with it; rinse the reservoir first",
      "then      it gives nothing until an order for \(drug.text) is committed, the line purged, and connected",
    ]
  }

  private static func pushed(_ shown: ShownSupply) -> [String] {
    [
      "pushes    \(volume(shown.pushes)) in \(shown.takes.durationText)",
      "at tip    nothing by plug flow; \(shown.mixed.shown(decimals: 1)) if all of it mixes",
    ]
  }

  private static func expected(_ refill: ShownRefill, _ contents: Volume) -> Volume {
    refill.stage == .begun ? contents : refill.expected
  }

  private static func difference(_ what: String, _ seen: Volume, from expected: Volume) -> [String]
  {
    let off = seen - expected
    let sign = off < .zero ? "less" : "more"
    return [
      "\(what)  \(volume(seen))",
      "expected  \(volume(expected)) by count",
      "is        \(volume(Volume(picolitres: abs(off.picolitres)))) \(sign)",
    ]
  }

  /// When another concentration comes to the tip, and what a pump that paid no heed to it would give.
  private static func wayOfTheDrug(_ shown: ShownSupply) -> [String] {
    guard shown.holds != shown.held, shown.held > .zero, shown.holds > .zero else { return [] }
    let after =
      shown.arrivesAfter > .zero
      ? "in about \(shown.arrivesAfter.durationText)" : "when delivery has pushed it there"
    let percent = 100 * shown.holds.baseUnits / shown.held.baseUnits
    return [
      "flow      \(shown.flow.shown(decimals: 4)) now",
      "then      \(shown.flowAfter.shown(decimals: 4)) with \(strength(shown.holds)) at the tip",
      "arrives   \(after)",
      "unheeded  the tip would give \(10_000 / max(1, percent)) % of the dose until then; it is heeded",
    ]
  }

  private static func volume(_ volume: Volume) -> String { volume.shown(decimals: 3) }

  private static func strength(_ concentration: Concentration) -> String { concentration.fileText }
}
