import ChildProcess
import DosingCore
import Foundation
import Glibc
import RawLink
import Testing

@testable import pumpd

/// F_SETPIPE_SZ, which Glibc hides.
private let setPipeSize: Int32 = 1031

/// What is done to a pump from outside: to its standard error, by signals, to its socket.
@Suite struct OpenEndsTests {
  // MARK: Standard error

  /// A pipe of the least size that nobody reads before `text`.
  private final class Pipe {
    private(set) var ends: [Int32] = [-1, -1]

    init() {
      _ = unsafe pipe(&ends)
      for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
      // Whoever looks whether there is more does not wait for it.
      _ = fcntl(ends[0], F_SETFL, O_NONBLOCK)
      _ = fcntl(ends[1], setPipeSize, 4096)
    }

    deinit { for end in ends { close(end) } }

    /// What is in it now.
    func read() -> String {
      var bytes = [UInt8](repeating: 0, count: 1 << 16)
      let count = unsafe Glibc.read(ends[0], &bytes, bytes.count)
      return String(decoding: bytes.prefix(max(0, count)), as: UTF8.self)
    }
  }

  private func start(_ queue: LineQueue) {
    let thread = Thread { queue.run() }
    thread.start()
  }

  @Test("R-111 Lines that nobody reads hold up nobody, are bounded, and their number is told")
  func nobodyReads() throws {
    let pipe = Pipe()
    let queue = LineQueue(to: pipe.ends[1])
    start(queue)
    let line = String(repeating: "x", count: 99) + "\n"
    let lines = 3 * LineQueue.bytesMax / line.utf8.count
    for _ in 0..<lines { queue.append(line) }
    #expect(queue.bytesWaiting <= LineQueue.bytesMax)
    #expect(queue.bytesWaiting > LineQueue.bytesMax / 2)
    // Somebody reads again: what was kept comes whole, and then how much did not.
    var text = ""
    while queue.bytesWaiting > 0 { text += pipe.read() }
    queue.append("the last\n")
    while !text.hasSuffix("the last\n") { text += pipe.read() }
    let read = text.split(separator: "\n")
    let told = try #require(read.first { $0.contains("lines were dropped") })
    let dropped = try #require(told.split(separator: " ").first.flatMap { Int($0) })
    #expect(read.count { $0.hasPrefix("xxx") } + dropped == lines)
    queue.end()
  }

  @Test("R-111 The last lines are written before the end, and a reader who is gone ends nothing")
  func lastLines() throws {
    let pipe = Pipe()
    let queue = LineQueue(to: pipe.ends[1])
    start(queue)
    for number in 0..<10 { queue.append("line \(number)\n") }
    queue.end()
    #expect(pipe.read().hasSuffix("line 9\n"))
    queue.append("too late\n")
    #expect(queue.bytesWaiting == 0)
  }

  @Test(
    "R-106 R-111 A pump whose standard error nobody reads is stopped, told and ended as any other")
  func stalledReader() throws {
    let folder = try TemporaryFolder()
    let (state, errors) = (folder.path("state"), folder.path("errors"))
    #expect(unsafe mkfifo(errors, 0o600) == 0)
    // Held open and never read.
    let reader = unsafe open(errors, O_RDWR | O_CLOEXEC | O_NONBLOCK)
    defer { close(reader) }
    _ = fcntl(reader, setPipeSize, 4096)
    let rig = try folder.write("rig.yaml", Texts.rig)
    let pump = try Child(
      Programs.path("pumpd"), ["--rig", rig, "--state", state, "--new"], output: "/dev/null",
      errors: errors)
    let socket = state + "/pumpd.sock"
    try waitUntil("it answers") {
      try Programs.run("pumpctl", "status", "--state", state).code == 0
    }
    let client = try RawClient(path: socket)
    let stop = writeFrame(.stop, number: 1, body: EmptyBody()).array
    let bad = writeFrame(.resume, number: 1, body: BolusBody()).array
    // Root may resume after a stop without a key: each pair takes several lines of the log.
    let resume = writeFrame(.resume, number: 1, body: EmptyBody()).array
    for _ in 0..<60 {
      for frame in [stop, bad, resume] { #expect(client.ask(frame) != nil) }
    }
    #expect(try Programs.run("pumpctl", "stop", "--state", state).code == 0)
    #expect(try Programs.run("pumpctl", "status", "--state", state).code == 0)
    pump.kill(SIGTERM)
    #expect(pump.wait() == 0)
  }

  // MARK: Signals

  @Test(
    "R-076 No signal but those that ask for an end ends a pump, and it ends in order after all of them"
  )
  func signals() throws {
    let pump = try RunningPump()
    try pump.program()
    for signal in [
      SIGHUP, SIGPIPE, SIGUSR1, SIGUSR2, SIGXFSZ, SIGXCPU, SIGALRM, SIGVTALRM, SIGPROF, SIGIO,
    ] {
      pump.process.kill(signal)
      #expect(try pump.word("mode") == "continuous", "\(signal)")
    }
    #expect(!pump.process.hasEnded)
    #expect(pump.end() == 0)
    #expect(pump.log.contains("ended"))
  }

  @Test(
    "R-076 However long its supervisor waits, the pump runs",
    arguments: ["9223372036854775807", "-1", "x"])
  func watchdog(microseconds: String) throws {
    let pump = try RunningPump(
      environment: ["WATCHDOG_USEC=\(microseconds)", "NOTIFY_SOCKET=/tmp/nobody-listens-here"])
    #expect(try pump.program().code == 0)
    #expect(pump.end() == 0)
  }

  // MARK: The socket

  private func refused(
    _ folder: TemporaryFolder, _ state: String, socket: String
  ) throws -> Outcome {
    let rig = try folder.write("other.yaml", Texts.rig)
    return try Programs.run(
      "pumpd", "--rig", rig, "--state", folder.path(state), "--new", "--socket", socket)
  }

  @Test("R-111 A pump takes no path that is not its own, and then begins no history")
  func foreignPath() throws {
    let folder = try TemporaryFolder()
    let precious = try folder.write("precious.txt", "precious")
    let file = try refused(folder, "one", socket: precious)
    #expect(file.code == 69 && file.errorLines.count == 1 && file.errors.contains("is no socket"))
    #expect(try String(contentsOfFile: precious, encoding: .utf8) == "precious")
    let long = try refused(
      folder, "one", socket: folder.path(String(repeating: "x", count: 120)))
    #expect(long.code == 64 && long.errors.contains("107 bytes"), "\(long.errors)")
    #expect(!FileManager.default.fileExists(atPath: folder.path("one/journal.sqlite")))
    // With the right one it is new all the same.
    let pump = try Child(
      Programs.path("pumpd"),
      ["--rig", folder.path("other.yaml"), "--state", folder.path("one"), "--new"],
      output: "/dev/null", errors: folder.path("log"))
    try waitUntil("it answers") {
      try Programs.run("pumpctl", "status", "--state", folder.path("one")).code == 0
    }
    pump.kill(SIGTERM)
    #expect(pump.wait() == 0)
  }

  @Test("R-106 Two pumps never share a socket: the first stays within reach")
  func sharedPath() throws {
    let pump = try RunningPump()
    try pump.program()
    let second = try refused(pump.folder, "second", socket: pump.socket)
    #expect(second.code == 69 && second.errors.contains("another pump listens"), "\(second.errors)")
    #expect(try pump.control("stop").code == 0)
    #expect(try pump.word("mode") == "stopped-by-command")
  }

  // MARK: What is printed and carried

  @Test(
    "What could not be written was not said",
    arguments: [
      ["status"], ["status", "--json"], ["key", "list"],
    ])
  func fullOutput(command: [String]) throws {
    let pump = try RunningPump()
    let errors = pump.folder.path("errors")
    let code = try Child(
      Programs.path("pumpctl"), command + ["--state", pump.state], output: "/dev/full",
      errors: errors, environment: pump.clinician.environment
    ).wait()
    #expect(code == 69)
    let said = try String(contentsOfFile: errors, encoding: .utf8)
    #expect(said.contains("cannot write to standard output"))
  }

  @Test("R-105 A relay whose input ends hands over what was answered before")
  func relayEnds() throws {
    let pump = try RunningPump()
    let question = writeFrame(.askStatus, number: 7, body: EmptyBody()).array
    let input = pump.folder.path("question")
    try Data(question + question).write(to: URL(fileURLWithPath: input))
    let output = pump.folder.path("answers")
    let code = try Child(
      Programs.path("pumpctl"), ["relay", "--state", pump.state], input: input, output: output,
      errors: "/dev/null"
    ).wait()
    #expect(code == 0)
    let answers = [UInt8](try Data(contentsOf: URL(fileURLWithPath: output)))
    let whole = FrameHeader.wholeLength(answers.span)
    let length = try #require(whole)
    #expect(answers.count == 2 * length)
    let first = Array(answers.prefix(length))
    #expect(try FrameHeader.read(first.span).kind == .status)
  }
}
