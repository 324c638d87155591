internal import Foundation
internal import GRDB

extension [UInt8] {
  var blob: Data { Data(self) }
}

extension Row {
  /// A column of bytes; empty where it is null.
  func bytes(_ column: String) -> [UInt8] {
    let data: Data? = self[column]
    return data.map { [UInt8]($0) } ?? []
  }
}

extension Database {
  /// Whether anything was ever made in it.
  var schemaHasTables: Bool {
    get throws { try Int.fetchOne(self, sql: "SELECT count(*) FROM sqlite_master") ?? 0 > 0 }
  }
}
