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

extension Row {
  /// The number of the layout of its body. A journal that was not written since has no such column.
  var layout: UInt16 {
    let number: Int64? = self["layout"]
    return number.map { UInt16(clamping: $0) } ?? 1
  }
}

extension Database {
  /// The list of migrations is made before the first of them, by a commit of its own: after a kill it
  /// may be there and empty.
  var hasMigrations: Bool {
    get throws {
      guard try tableExists("grdb_migrations") else { return false }
      return try Int.fetchOne(self, sql: "SELECT count(*) FROM grdb_migrations") ?? 0 > 0
    }
  }

  /// Whether there is anything but that list.
  var schemaHasTables: Bool {
    get throws {
      let count = "SELECT count(*) FROM sqlite_master WHERE tbl_name <> 'grdb_migrations'"
      return try Int.fetchOne(self, sql: count) ?? 0 > 0
    }
  }
}
