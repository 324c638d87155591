import Documents
import Testing

@Suite struct SourceTextTests {
  private func reading(_ name: String, _ bytes: [UInt8]) -> (code: ExitCode, lines: [String]) {
    let folder = Folder()
    let path = folder.write(name, bytes)
    return errors(in: folder) { _ = try PrescriptionDocument(path: path) }
  }

  @Test("R-040 a file that is not there")
  func missing() {
    let folder = Folder()
    let outcome = errors(in: folder) { _ = try PrescriptionDocument(path: "\(folder.path)/no") }
    #expect(outcome.code == .badInput)
    #expect(outcome.lines == ["no: cannot be read: No such file or directory"])
  }

  @Test("R-040 a directory in place of a file")
  func directory() {
    let folder = Folder()
    let outcome = errors(in: folder) { _ = try RigDocument(path: folder.path) }
    #expect(outcome.code == .badInput)
    #expect(outcome.lines.first?.hasSuffix("is a directory; name a file") == true)
  }

  @Test("R-040 an empty file")
  func empty() {
    let outcome = reading("empty.yaml", [])
    #expect(outcome.code == .badData)
    #expect(outcome.lines == ["empty.yaml: is empty; see scripts/examples"])
  }

  @Test("R-040 a file of nothing but comments")
  func comments() {
    let outcome = reading("comments.yaml", Array("# nothing\n".utf8))
    #expect(outcome.code == .badData)
    #expect(outcome.lines.count == 1)
  }

  @Test("R-040 a file of ten megabytes is refused by its size")
  func huge() {
    let outcome = reading("huge.yaml", Array(repeating: 0x23, count: 10_000_000))
    #expect(outcome.code == .badData)
    #expect(outcome.lines.first?.contains("has 10000000 bytes") == true)
  }

  @Test("R-040 bytes that are no text")
  func notText() {
    #expect(
      reading("a.yaml", [0xff, 0xfe, 0x00]).lines == ["a.yaml: is not UTF-8 text; save it as UTF-8"]
    )
    #expect(reading("b.yaml", [0x61, 0x00, 0x62]).code == .badData)
  }

  @Test("R-040 brackets nested ten thousand deep")
  func deep() {
    let outcome = reading("deep.yaml", Array(repeating: UInt8(ascii: "["), count: 4000))
    #expect(outcome.code == .badData)
    #expect(outcome.lines.first?.contains("nested deeper") == true)
    let dashes = Array(String(repeating: "- ", count: 10_000).utf8)
    #expect(reading("dashes.yaml", dashes).lines.first?.contains("has more than") == true)
    let hidden = Array("# \(String(repeating: "]", count: 4000))\n".utf8)
    let nested = hidden + Array(repeating: UInt8(ascii: "["), count: 40)
    #expect(reading("hidden.yaml", nested).lines.first?.contains("nested deeper") == true)
  }

  @Test("R-040 aliases of aliases are refused before a parser follows them")
  func aliases() {
    var text = "a0: &a0 [x, x]\n"
    for level in 1..<60 { text += "a\(level): &a\(level) [*a\(level - 1), *a\(level - 1)]\n" }
    let outcome = reading("aliases.yaml", Array("\(text)? *a59\n: 1\n".utf8))
    #expect(outcome.code == .badData)
    #expect(
      outcome.lines == [
        "aliases.yaml:4: has more than 8 of '&name', '*name' and '?'; write the values out"
      ])
  }

  @Test("R-040 keys in keys are refused before a parser compares them")
  func keysInKeys() {
    let text =
      String(repeating: "? ", count: 900) + "[\(String(repeating: "a,\n", count: 200_000))]"
    let outcome = reading("keys.yaml", Array(text.utf8))
    #expect(outcome.code == .badData)
    #expect(outcome.lines.first?.hasPrefix("keys.yaml:1: has more than 8 of") == true)
  }

  @Test("R-040 a comment may hold stars, ands and questions")
  func signsInComments() throws {
    let comment = "# ****** * one & two, R&D, 2*3, why? " + String(repeating: "?", count: 80) + "\n"
    let folder = Folder()
    let path = folder.write("p.yaml", String(repeating: comment, count: 6) + Good.continuous)
    _ = try PrescriptionDocument(path: path)
  }
}
