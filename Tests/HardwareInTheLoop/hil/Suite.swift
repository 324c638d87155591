internal import Conformance
internal import Glibc

/// Runs cases and prints a line for each.
struct Suite {
  private(set) var passed = 0
  private(set) var failed = 0
  private(set) var skipped = 0
  /// Only cases whose name holds this; all where it is empty.
  let filter: String

  init(filter: String = "") { self.filter = filter }

  mutating func run(_ group: String, _ cases: [Case]) {
    for item in cases where filter.isEmpty || "\(group): \(item.name)".contains(filter) {
      let name = "\(group): \(item.name)"
      do {
        try item.run()
        passed += 1
        Self.print("ok \(name)")
      } catch {
        failed += 1
        Self.print("not ok \(name): \(error)")
      }
    }
  }

  mutating func skip(_ group: String, because reason: String) {
    skipped += 1
    Self.print("skip \(group): \(reason)")
  }

  /// Prints the counts and ends the program.
  func end() -> Never {
    Self.print("\(passed) passed, \(failed) failed, \(skipped) skipped")
    exit(failed == 0 && passed > 0 ? 0 : 1)
  }

  static func complain(_ line: String) {
    let bytes = Array((line + "\n").utf8)
    _ = unsafe write(2, bytes, bytes.count)
  }

  /// At once, since a machine may be reset after it.
  static func print(_ line: String) {
    let bytes = Array((line + "\n").utf8)
    _ = unsafe write(1, bytes, bytes.count)
  }
}
