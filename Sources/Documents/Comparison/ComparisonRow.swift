internal import Quantities

/// One value of the old prescription and of the new one, side by side.
struct ComparisonRow {
  let name: String
  let now: String
  let new: String
  let isChanged: Bool
  /// Empty where nothing changes.
  let change: String
  /// Nil where the value is a word.
  let amount: AmountChange?
  /// Whether a large change of this amount is worth a warning of its own.
  let isWatched: Bool

  private static let columns = (name: 19, value: 20)

  static let heading =
    ScreenText.padded("  value", to: columns.name + 2)
    + ScreenText.padded("now", to: columns.value)
    + ScreenText.padded("NEW", to: columns.value) + "change"

  /// A value that is a word; nil where there is no old prescription.
  init(_ name: String, _ now: String?, _ new: String, isChanged: Bool? = nil) {
    self.name = name
    self.now = now ?? "none"
    self.new = new
    self.isChanged = isChanged ?? (now != new)
    change = !self.isChanged ? "" : now == nil ? "new" : "changed"
    amount = nil
    isWatched = false
  }

  /// An amount whose text may show less than is compared.
  init(_ name: String, _ now: String?, _ new: String?, _ amount: AmountChange, watched: Bool) {
    self.name = name
    self.now = now ?? "none"
    self.new = new ?? "none"
    isChanged = amount.old != amount.new
    change = amount.text
    self.amount = amount
    isWatched = watched
  }

  /// A quantity, written by `text`.
  init<Kind: Quantity>(
    _ name: String, _ old: Kind?, _ new: Kind?, watched: Bool = true, text: (Kind) -> String
  ) {
    let amount = AmountChange(
      old: old.map { Int128($0.baseUnits) }, new: new.map { Int128($0.baseUnits) })
    self.init(name, old.map(text), new.map(text), amount, watched: watched)
  }

  /// A quantity, exact where three places are enough for its base unit.
  init<Kind: WrittenQuantity>(_ name: String, _ old: Kind?, _ new: Kind?) {
    self.init(name, old, new) { $0.shown(decimals: 3) }
  }

  /// A number of times.
  init(_ name: String, _ old: Int?, _ new: Int?) {
    self.init(
      name, old.map { "\($0)" }, new.map { "\($0)" },
      AmountChange(old: old.map { Int128($0) }, new: new.map { Int128($0) }), watched: true)
  }

  /// One line; a line for each value where they do not fit their columns.
  var lines: [String] {
    let head = ScreenText.padded("\(isChanged ? "*" : " ") \(name)", to: Self.columns.name + 2)
    let fits =
      max(now.count, new.count) < Self.columns.value
      && head.count + 2 * Self.columns.value + change.count <= ScreenText.columns
    if fits {
      let last = change.isEmpty ? new : ScreenText.padded(new, to: Self.columns.value) + change
      return [head + ScreenText.padded(now, to: Self.columns.value) + last]
    }
    let margin = String(repeating: " ", count: head.count)
    return ["\(head)now  \(now)", "\(margin)NEW  \(new)"]
      + (change.isEmpty ? [] : [margin + change])
  }
}
