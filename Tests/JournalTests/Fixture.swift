import DosingCore
import Foundation
import Journal
import Quantities

/// Files that stand beside the tests.
enum Fixture {
  private static let root = URL(fileURLWithPath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().appendingPathComponent("Fixtures")

  static func url(_ path: String) -> URL { root.appendingPathComponent(path) }

  static func bytes(_ path: String) throws -> [UInt8] { [UInt8](try Data(contentsOf: url(path))) }

  static func exists(_ path: String) -> Bool {
    FileManager.default.fileExists(atPath: url(path).path)
  }

  /// Of the states that an index lists; none where it cannot be read.
  static func names(_ path: String) -> [String] {
    let index = (try? facts(path)) ?? Facts(value: nil)
    return index["states"].list.compactMap { $0["name"].text }
  }

  static func facts(_ path: String) throws -> Facts {
    Facts(value: try JSONSerialization.jsonObject(with: Data(contentsOf: url(path))))
  }
}

/// A place in a document of facts.
struct Facts {
  let value: Any?

  subscript(key: String) -> Facts { Facts(value: (value as? [String: Any])?[key]) }

  var list: [Facts] { (value as? [Any] ?? []).map { Facts(value: $0) } }
  var keys: [String] { (value as? [String: Any] ?? [:]).keys.sorted() }
  var number: Int64? { (value as? NSNumber)?.int64Value }
  var text: String? { value as? String }
  /// True where there is such a place and it says true.
  var isTrue: Bool { (value as? NSNumber)?.boolValue ?? false }
  var isNull: Bool { value is NSNull }
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
