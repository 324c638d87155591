import Foundation
import Testing

@Suite struct KeyFileTests {
  private func pumpctl(_ folder: TemporaryFolder, _ arguments: String...) throws -> Outcome {
    try Programs.run(
      "pumpctl", ["key"] + arguments,
      environment: [
        "PUMPCTL_KEY=\(folder.path("key"))", "PUMPCTL_PUMPS=\(folder.path("pumps"))",
      ])
  }

  private func mode(_ path: String) throws -> Int {
    let mode = try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions]
    return try #require(mode as? Int)
  }

  @Test("R-110 A new key is its owner's alone, is never overwritten, and shows its public half")
  func newKey() throws {
    let folder = try TemporaryFolder()
    let made = try pumpctl(folder, "new")
    #expect(made.code == 0)
    #expect(try mode(folder.path("key")) == 0o600)
    let shown = try pumpctl(folder, "show").output
    let key = try #require(shown.split(whereSeparator: \.isWhitespace).last)
    #expect(key.count == 64 && made.output.contains(key))
    let before = try String(contentsOfFile: folder.path("key"), encoding: .utf8)
    let again = try pumpctl(folder, "new")
    #expect(again.code == 65 && again.errorLines.count == 1)
    #expect(try String(contentsOfFile: folder.path("key"), encoding: .utf8) == before)
  }

  @Test("R-110 A key that others may read is not used", arguments: [0o640, 0o604, 0o660])
  func openKey(mode: Int) throws {
    let folder = try TemporaryFolder()
    _ = try pumpctl(folder, "new")
    try FileManager.default.setAttributes(
      [.posixPermissions: mode], ofItemAtPath: folder.path("key"))
    let shown = try pumpctl(folder, "show")
    #expect(shown.code == 77 && shown.errorLines.count == 1)
    #expect(shown.errors.contains("chmod 600"))
  }

  @Test("R-110 A sealed key holds no secret that can be read, and opens with its passphrase alone")
  func sealedKey() throws {
    let folder = try TemporaryFolder()
    let right = try folder.write("right", "correct horse\n")
    let wrong = try folder.write("wrong", "battery staple\n")
    #expect(try pumpctl(folder, "new", "--passphrase-file", right).code == 0)
    let text = try String(contentsOfFile: folder.path("key"), encoding: .utf8)
    #expect(text.contains("sealed ") && !text.contains("secret "))
    // What a guess costs stands in the file, so that a later version may ask for more.
    #expect(text.contains("\nscrypt 65536 8 1\n"), "\(text)")
    #expect(try pumpctl(folder, "show", "--passphrase-file", right).code == 0)
    let refused = try pumpctl(folder, "show", "--passphrase-file", wrong)
    #expect(refused.code == 77 && refused.errors.contains("the passphrase does not open it"))
    // Bits of the box that are changed are noticed.
    var altered = Array(text.utf8)
    let place = altered.count - 3
    altered[place] = altered[place] == UInt8(ascii: "0") ? UInt8(ascii: "1") : UInt8(ascii: "0")
    try Data(altered).write(to: URL(fileURLWithPath: folder.path("key")))
    #expect(try pumpctl(folder, "show", "--passphrase-file", right).code == 77)
  }

  @Test(
    "R-110 What is no key, and where there is none, is one line",
    arguments: [
      ("", 65), ("pumpctl-key 1\n", 65), ("pumpctl-key 1\nsecret 12\n", 65),
      ("pumpctl-key 1\nsealed 12 34\n", 77),
      ("pumpctl-key 2\nsecret " + String(repeating: "1", count: 64) + "\n", 65),
    ])
  func noKey(text: String, code: Int32) throws {
    let folder = try TemporaryFolder()
    let missing = try pumpctl(folder, "show")
    #expect(missing.code == 66 && missing.errors.contains("pumpctl key new"))
    let path = try folder.write("key", text)
    try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: path)
    let passphrase = try folder.write("passphrase", "x\n")
    let outcome = try pumpctl(folder, "show", "--passphrase-file", passphrase)
    #expect(outcome.code == code, "\(outcome.errors)")
    #expect(outcome.errorLines.count == 1)
  }
}
