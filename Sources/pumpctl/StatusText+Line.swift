internal import Documents
internal import DosingCore
internal import Quantities

// The way of the drug: what is in the line, what comes to the tip next and when, and a refill under way.

extension StatusText {
  /// - Parameter barWidth: of the picture of the line.
  func way(barWidth: Int) -> [Row] {
    let line = status.line
    let refill = otherDrug + prime + refill
    guard line.count > 0 else { return refill }
    let parts = (0..<line.count).map { line[$0] }
    let volume = parts.reduce(Volume.zero) { $0 + $1.volume }
    guard parts.count > 1 else {
      return [Row("line", "\(drug(parts[0])) from head to tip, \(volume.shown(decimals: 3))")]
        + refill
    }
    var text = "head \(Self.picture(parts, width: barWidth)) tip"
    if line.isMixing { text += "; two are mixed at the tip: no boluses" }
    return [Row("line", text)] + parts.indices.map { Row("", self.text(of: parts[$0], $0)) }
      + refill
  }

  /// As in `a  500 ug/mL, 0.1200 mL, then b at the tip in 6 h 12 min`.
  private func text(of part: ShownLine.Part, _ index: Int) -> String {
    let name = Self.letter(index)
    let volume = "\(drug(part)), \(part.volume.shown(decimals: 4))"
    let doubt =
      part.uncertain > .zero ? " (give or take \(part.uncertain.shown(decimals: 4)))" : ""
    guard index + 1 < status.line.count else {
      return "\(name)  \(volume), and the reservoir"
    }
    let next = "then \(Self.letter(index + 1)) at the tip"
    guard let leaves = part.leaves else { return "\(name)  \(volume)\(doubt), \(next)" }
    let wait = Nanoseconds(max(0, (leaves - status.now).count) * status.tickPeriod.count)
    return "\(name)  \(volume)\(doubt), \(next) in \(wait.durationText)"
  }

  private func drug(_ part: ShownLine.Part) -> String {
    part.concentration > .zero ? part.concentration.fileText : "no drug"
  }

  private static func letter(_ index: Int) -> String {
    String(UnicodeScalar(UInt8(ascii: "a") + UInt8(truncatingIfNeeded: index)))
  }

  /// From the head to the tip, each part with its letter; one that is there has at least one.
  private static func picture(_ parts: [ShownLine.Part], width: Int) -> String {
    let whole = max(1, parts.reduce(0) { $0 + $1.volume.picolitres })
    var letters = ""
    for index in parts.indices.reversed() where parts[index].volume > .zero {
      let share = Int(Int128(width) * Int128(parts[index].volume.picolitres) / Int128(whole))
      letters += String(repeating: letter(index), count: max(1, share))
    }
    return "[\(letters)]"
  }

  private var prime: [Row] {
    guard let prime = status.line.prime else {
      return status.line.isConnected ? [] : [Row("tip", "not connected; pumpctl line connected")]
    }
    let wait = Nanoseconds(max(0, (prime.ends - status.now).count) * status.tickPeriod.count)
    let text = "\(prime.left.shown(decimals: 4)) to push yet, done in \(wait.durationText)"
    return [Row(prime.kind.code, "\(text); pumpctl stop ends it")]
  }

  private var otherDrug: [Row] {
    let held = status.refill.otherDrug
    if held == .none || status.refill.stage != .none { return [] }
    return [Row("drug", "the reservoir holds \(held.text): nothing is given until it is ordered")]
  }

  /// Where it is, and what the pump waits for.
  private var refill: [Row] {
    let refill = status.refill
    let told =
      switch refill.stage {
      case .none: ""
      case .begun:
        "begun with \(refill.announced.fileText)"
          + (refill.otherDrug == .none ? "" : " of \(refill.otherDrug.text)")
      case .aspirated: "\(refill.aspirated.shown(decimals: 3)) came out, nothing filled yet"
      case .filled:
        "\(refill.filled.shown(decimals: 3)) filled, which makes \(refill.mixed.fileText)"
      }
    if refill.stage == .none { return [] }
    return [Row("refill", "\(told); pumpctl refill \(refill.stage.next.code)")]
  }
}
