internal import DosingCore
internal import Foundation
internal import GRDB

/// A row of a table as it stands there, by the names of its columns: it can be carried elsewhere by whoever
/// does not know what each of them means.
public struct StoredRow: Equatable, Sendable {
  enum Value: Equatable, Sendable {
    case integer(Int64)
    case text(String)
    case blob([UInt8])
  }

  /// Those that are not null.
  private(set) var columns: [String: Value] = [:]

  init() {}

  init(_ row: Row) throws {
    for (column, value) in row {
      switch value.storage {
      case .null: break
      case .int64(let number): columns[column] = .integer(number)
      case .string(let text): columns[column] = .text(text)
      case .blob(let data): columns[column] = .blob([UInt8](data))
      case .double: throw JournalError.damaged("column \(column) is no whole number")
      }
    }
  }

  /// 0 where it is not there.
  subscript(integer column: String) -> Int64 {
    if case .integer(let number)? = columns[column] { number } else { 0 }
  }

  /// Empty where it is not there.
  subscript(text column: String) -> String {
    if case .text(let text)? = columns[column] { text } else { "" }
  }

  /// Empty where it is not there.
  subscript(blob column: String) -> [UInt8] {
    if case .blob(let bytes)? = columns[column] { bytes } else { [] }
  }

  func insert(into table: String, _ database: Database) throws {
    let names = columns.keys.sorted()
    let values = names.map { name -> (any DatabaseValueConvertible)? in
      switch columns[name] {
      case .integer(let number): number
      case .text(let text): text
      case .blob(let bytes): bytes.blob
      case nil: nil
      }
    }
    let places = names.map { _ in "?" }.joined(separator: ", ")
    try database.execute(
      sql: "INSERT INTO \(table) (\(names.joined(separator: ", "))) VALUES (\(places))",
      arguments: StatementArguments(values))
  }

  /// The longest text or blob that is carried.
  private static let lengthMax = 1 << 20

  /// Visits every column, in the order of their names.
  mutating func layout(_ coder: inout some FrameCoder) {
    var count = UInt8(clamping: columns.count)
    coder.field(&count)
    let names = columns.keys.sorted()
    var read: [String: Value] = [:]
    for index in 0..<Int(count) where !coder.failed {
      var name = index < names.count ? names[index] : ""
      var value = columns[name] ?? .integer(0)
      coder.field(text: &name, atMost: 64)
      value.layout(&coder, lengthMax: Self.lengthMax)
      // It becomes a word of SQL.
      if !name.utf8.allSatisfy({ ($0 | 0x20 >= 0x61 && $0 | 0x20 <= 0x7a) || $0 == 0x5f }) {
        coder.fail()
      }
      read[name] = value
    }
    columns = read
  }
}

extension StoredRow.Value {
  fileprivate mutating func layout(_ coder: inout some FrameCoder, lengthMax: Int) {
    var kind: UInt8 =
      switch self {
      case .integer: 0
      case .text: 1
      case .blob: 2
      }
    coder.field(&kind)
    switch kind {
    case 0:
      var number: Int64 = if case .integer(let number) = self { number } else { 0 }
      coder.field(&number)
      self = .integer(number)
    case 1:
      var text = if case .text(let text) = self { text } else { "" }
      coder.field(text: &text, atMost: lengthMax)
      self = .text(text)
    case 2:
      var bytes: [UInt8] = if case .blob(let bytes) = self { bytes } else { [] }
      coder.field(bytes: &bytes, atMost: lengthMax)
      self = .blob(bytes)
    default: coder.fail()
    }
  }
}

extension FrameCoder {
  fileprivate mutating func field(text: inout String, atMost most: Int) {
    var bytes = Array(text.utf8)
    field(bytes: &bytes, atMost: most)
    if let read = String(validating: bytes, as: UTF8.self) { text = read } else { fail() }
  }
}
