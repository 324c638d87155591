import Foundation

/// Files that stand beside the tests.
enum Fixture {
  private static let root = URL(fileURLWithPath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().appendingPathComponent("Fixtures")

  static func url(_ path: String) -> URL { root.appendingPathComponent(path) }

  static func exists(_ path: String) -> Bool {
    FileManager.default.fileExists(atPath: url(path).path)
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
}
