internal import ArgumentParser
internal import Documents
internal import DosingCore

struct Check: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Check rig, prescription and scenario files, without a pump and without a key.",
    discussion: """
      Which kind a file is, is told by what stands in it. Of a prescription its doses, rates and schedule \
      are shown; with --rig it is checked against the limits of that rig, as a pump would. \
      Exit codes: 0 all are good, 65 a prescription or scenario is not valid, or a file is none of these, \
      66 no such file, 77 no permission, 78 a rig is not valid; of several that of the first bad file.
      """)

  @Argument(help: ArgumentHelp("The files.", valueName: "FILE"))
  var files: [String]

  @Option(
    help: ArgumentHelp("Check prescriptions against this rig, too.", valueName: "rig.yaml"))
  var rig: String?

  func run() {
    var worst = Documents.ExitCode.done
    do {
      let rig = try rig.map { path throws(DocumentErrors) in try RigDocument(path: path) }
      for file in files {
        let code = check(file, on: rig?.rig)
        if worst == .done { worst = code }
      }
    } catch {
      complain(error.description)
      worst = error.exitCode
    }
    end(worst)
  }

  private func check(_ file: String, on rig: Rig?) -> Documents.ExitCode {
    do {
      let lines: [String] =
        switch try AnyDocument(path: file) {
        case .rig(let document): document.summary
        case .prescription(let document): try document.summary(on: rig)
        case .scenario(let document): document.summary
        }
      print("\(file): \(lines.joined(separator: "\n"))")
      return .done
    } catch {
      complain(error.description)
      return error.exitCode
    }
  }
}
