import DosingCore
import Fixtures
import Journal
import Quantities

extension Facts {
  var units: Int64? { self["units"].number }
}

/// What an earlier unit of account and today's are, so that amounts in both can be compared exactly.
struct Units {
  /// Units in a nanogram; both 1 where no order says how much a unit is.
  var old: Int64
  var new: Int128

  init(old: Int64?, _ therapy: Therapy?) {
    self.old = old ?? 1
    new = therapy?.scale.perNanogram ?? 1
  }

  /// Whether two amounts are the same mass: their ratios are, without a rounding anywhere.
  func areSame(_ amount: Int128, _ earlier: Int64?) -> Bool {
    guard let earlier else { return false }
    let left = amount.multipliedFullWidth(by: Int128(old))
    let right = Int128(earlier).multipliedFullWidth(by: new)
    return left.high == right.high && left.low == right.low
  }
}

func hex(_ bytes: some Sequence<UInt8>) -> String {
  bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
}

func hex<let count: Int>(_ bytes: InlineArray<count, UInt8>) -> String {
  hex(bytes.indices.map { bytes[$0] })
}

/// A key by its number, as the facts name it.
func hex(_ key: KeyID) -> String {
  let digits = String(key.raw, radix: 16)
  return String(repeating: "0", count: 16 - digits.count) + digits
}

extension BoundedWriter {
  var written: [UInt8] { (0..<count).map { bytes[$0] } }
}

extension DosingState {
  /// The record of it.
  var written: [UInt8] {
    var (writer, state) = (RecordWriter(), self)
    state.layout(&writer)
    return writer.written
  }

  // A span cannot be handed to an expectation.

  static func restored(_ record: [UInt8], _ rig: Rig, _ therapy: Therapy?) -> DosingState? {
    restored(from: record.span, rig: rig, therapy: therapy)
  }

  static func isOfNewestLayout(_ record: [UInt8]) -> Bool { isOfNewestLayout(record.span) }
}
