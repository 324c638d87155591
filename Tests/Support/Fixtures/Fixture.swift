public import Foundation

/// Files that stand beside the tests.
public enum Fixture {
  private static let root = URL(fileURLWithPath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
    .appendingPathComponent("Fixtures")

  public static func url(_ path: String) -> URL { root.appendingPathComponent(path) }

  public static func bytes(_ path: String) throws -> [UInt8] {
    [UInt8](try Data(contentsOf: url(path)))
  }

  public static func exists(_ path: String) -> Bool {
    FileManager.default.fileExists(atPath: url(path).path)
  }

  /// Of the states that an index lists; none where it cannot be read.
  public static func names(_ path: String) -> [String] {
    let index = (try? facts(path)) ?? Facts(value: nil)
    return index["states"].list.compactMap { $0["name"].text }
  }

  public static func facts(_ path: String) throws -> Facts {
    Facts(value: try JSONSerialization.jsonObject(with: Data(contentsOf: url(path))))
  }
}

/// A place in a document of facts.
public struct Facts {
  public let value: Any?

  public init(value: Any?) { self.value = value }

  public subscript(key: String) -> Facts { Facts(value: (value as? [String: Any])?[key]) }

  public var list: [Facts] { (value as? [Any] ?? []).map { Facts(value: $0) } }
  public var keys: [String] { (value as? [String: Any] ?? [:]).keys.sorted() }
  public var number: Int64? { (value as? NSNumber)?.int64Value }
  public var text: String? { value as? String }
  /// True where there is such a place and it says true.
  public var isTrue: Bool { (value as? NSNumber)?.boolValue ?? false }
  public var isNull: Bool { value is NSNull }
}
