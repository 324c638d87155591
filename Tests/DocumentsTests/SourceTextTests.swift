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
  }
}
