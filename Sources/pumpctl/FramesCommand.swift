internal import ArgumentParser
internal import Documents
internal import ProgrammerLink

struct FramesCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "frames",
    abstract: "Print every frame of the programmer link, field by field, as this version reads it.",
    discussion: "As a page of Markdown, or with --json for a program that speaks to pumps.")

  @Flag(help: "As JSON.")
  var json = false

  func run() {
    var output = StandardOutput()
    do throws(Failure) {
      try output.line(json ? FrameBook.json.written() : FrameBook.page)
      try output.flush()
    } catch {
      end(error.code, error.message)
    }
  }
}
