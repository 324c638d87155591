internal import ChildProcess
internal import Conformance
internal import Glibc
internal import Hardware
internal import Quantities

/// A pumpd that runs for one check, and the files that it needs.
final class RunningPump {
  static let pumpd = "/bin/pumpd"
  static let pumpctl = "/bin/pumpctl"

  let process: Child
  let folder: String

  private let state: String
  private let clinician: Enrolment
  var log: String { TextFile.read(folder + "/log") }

  /// Starts it and waits until programmers can connect.
  init(_ texts: BenchTexts, environment: [String] = []) throws {
    folder = TextFile.newFolder()
    state = folder + "/state"
    clinician = Enrolment(folder: folder, pumpd: Self.pumpd, pumpctl: Self.pumpctl)
    process = try Self.start(texts, folder, ["--state", state, "--new"], environment)
    try waitUntil("pumpd listens") {
      unsafe access(state + "/pumpd.sock", F_OK) == 0 || process.hasEnded
    }
    try expect(!process.hasEnded, "pumpd ended: \(log)")
    try enroll()
  }

  private func enroll() throws {
    try expect(try clinician.enroll(state: state), "the clinician's key is not enrolled: \(log)")
  }

  /// Starts one whose state outlives the machine, and waits until it answers: a socket that is there
  /// says nothing, since it may be that of the machine's life before.
  init(_ texts: BenchTexts, state: String, isNew: Bool, environment: [String]) throws {
    folder = TextFile.newFolder()
    self.state = state
    clinician = Enrolment(folder: folder, pumpd: Self.pumpd, pumpctl: Self.pumpctl)
    process = try Self.start(
      texts, folder, ["--state", state] + (isNew ? ["--new"] : []), environment)
    try waitUntil("pumpd answers", pause: .milliseconds(20)) {
      try ask("status", "--json") == 0 || process.hasEnded
    }
    try expect(!process.hasEnded, "pumpd ended: \(log)")
    try enroll()
  }

  private static func start(
    _ texts: BenchTexts, _ folder: String, _ arguments: [String], _ environment: [String]
  ) throws -> Child {
    TextFile.write(texts.rig, to: folder + "/rig.yaml")
    return try Child(
      pumpd, ["--rig", folder + "/rig.yaml"] + arguments, output: "/dev/null",
      errors: folder + "/log", environment: environment)
  }

  /// Ends it as a user does.
  func end() -> Int32 {
    process.kill(SIGTERM)
    return process.wait()
  }

  /// Runs pumpctl and gives what it printed.
  @discardableResult
  func control(_ arguments: String..., code: Int32 = 0) throws -> String {
    let ended = try ask(arguments)
    try expect(ended, is: code, "pumpctl \(arguments): \(TextFile.read(folder + "/errors"))")
    return TextFile.read(folder + "/output")
  }

  /// Runs pumpctl and gives its exit code.
  func ask(_ arguments: String...) throws -> Int32 { try ask(arguments) }

  func ask(_ arguments: [String]) throws -> Int32 {
    try Child(
      Self.pumpctl, arguments + ["--state", state], input: clinician.yes,
      output: folder + "/output", errors: folder + "/errors", environment: clinician.environment
    ).wait()
  }

  func program(_ prescription: String) throws {
    if try !status().json.contains("\"is_connected\":true") { try prepare() }
    try control("program", file(prescription))
  }

  /// A new pump on a rig holds nothing: it is filled, purged and connected.
  func prepare() throws {
    try control("refill", "begin", "--concentration", "500 ug/mL", "--yes")
    try control("refill", "aspirated", "--volume", "0 mL", "--yes")
    try control("refill", "filled", "--volume", "20 mL", "--yes")
    // The load cell of the bench has felt nothing of it.
    try control("refill", "finish", "--override", "no cell feels it", "--yes")
    try control("purge", "--yes")
    try waitUntil("the purge is over") { try !status().json.contains("\"prime\":{") }
    try control("line", "connected", "--yes")
  }

  /// The path of a file with that prescription.
  func file(_ prescription: String) -> String {
    let path = folder + "/prescription.yaml"
    TextFile.write(prescription, to: path)
    return path
  }

  func status() throws -> StatusValues { StatusValues(json: try control("status", "--json")) }

  /// The thread with a name.
  func thread(_ name: String) throws -> pid_t {
    let tasks = "/proc/\(process.id)/task"
    for task in TextFile.entries(of: tasks) {
      let comm = TextFile.read("\(tasks)/\(task)/comm")
      if comm == name + "\n", let id = pid_t(task) { return id }
    }
    throw Violation("pumpd has no thread \(name)")
  }
}

/// Waits for something that is bound to come; the limit only ends a hang.
///
/// - Parameter pause: how long to wait before looking again. Starting pumpctl is what costs most here.
func waitUntil(
  _ what: String, pause: Nanoseconds = .milliseconds(250), _ condition: () throws -> Bool
) throws {
  let end = RealTime.now + .minutes(2)
  while try !condition() {
    if RealTime.now > end { throw Violation("waited in vain: \(what)") }
    RealTime.sleep(until: RealTime.now + pause)
  }
}

/// The numbers and words of `pumpctl status --json`.
struct StatusValues {
  let json: String

  func number(_ key: String) throws -> Int64 {
    guard let text = rest(after: "\"\(key)\":"),
      let number = Int64(text.prefix { $0.isNumber || $0 == "-" })
    else { throw Violation("no number \(key) in \(json)") }
    return number
  }

  func text(_ key: String) throws -> String {
    guard let text = rest(after: "\"\(key)\":\"") else { throw Violation("no \(key) in \(json)") }
    return String(text.prefix { $0 != "\"" })
  }

  /// The state of a sensor.
  func state(_ sensor: String) throws -> String {
    guard let text = rest(after: "\"\(sensor)\":{\"state\":\"") else {
      throw Violation("no sensor \(sensor) in \(json)")
    }
    return String(text.prefix { $0 != "\"" })
  }

  /// Since when an alarm is on. It stands behind its code.
  func raisedNanosecondsAgo(_ code: String) throws -> Int64 {
    guard let text = rest(after: "\"\(code)\"", "\"raised_seconds_ago\":"),
      let seconds = Double(text.prefix { $0.isNumber || $0 == "." })
    else { throw Violation("no alarm \(code) in \(json)") }
    return Int64(seconds * 1e9)
  }

  /// What stands behind the last of some texts, each the first one behind the one before.
  private func rest(after keys: String...) -> Substring? {
    // By bytes: the text is ASCII, and a search over characters is slow under emulation.
    var text = Array(json.utf8)[...]
    for key in keys.map({ Array($0.utf8) }) {
      guard let place = text.indices.first(where: { text[$0...].starts(with: key) }) else {
        return nil
      }
      text = text[(place + key.count)...]
    }
    return Substring(decoding: text.prefix(64), as: UTF8.self)
  }
}
