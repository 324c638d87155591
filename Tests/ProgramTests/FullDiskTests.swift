import ChildProcess
import Foundation
import Testing

private let mayMount: Bool = {
  guard let folder = try? TemporaryFolder() else { return false }
  let path = folder.url.path
  guard (try? Programs.run("/bin/mount", "-t", "tmpfs", "pump", path))?.code == 0 else {
    return false
  }
  _ = try? Programs.run("/bin/umount", path)
  return true
}()

/// A state directory on a file system of its own, which is full or read-only for a while. Only root may mount.
@Suite(.serialized, .enabled(if: mayMount, "root may mount, and nobody else"))
struct FullDiskTests {
  private static let files = FileManager.default

  /// A pump that delivers, on a disk of 4 MiB.
  private final class Bench {
    let pump: KilledPump
    var filler: String { "\(pump.state)/filler" }

    init() throws {
      pump = try KilledPump()
      try files.createDirectory(atPath: pump.state, withIntermediateDirectories: false)
      let mount = try Programs.run(
        "/bin/mount", "-t", "tmpfs", "-o", "size=4m", "pump", pump.state)
      #expect(mount.code == 0, "\(mount.errors)")
      #expect(try pump.start(isNew: true))
      #expect(try pump.program(KillTexts.first) == .accepted)
      try pump.waitForSteps(3)
    }

    deinit {
      pump.kill()
      _ = try? Programs.run("/bin/umount", "-l", pump.state)
    }

    func fill() {
      let file = unsafe open(filler, O_WRONLY | O_CREAT, 0o600)
      defer { close(file) }
      for size in [65_536, 512, 1] {
        let bytes = [UInt8](repeating: 1, count: size)
        while unsafe write(file, bytes, size) == size {}
      }
    }
  }

  @Test(
    "R-082 R-093 a disk that is full at the start and freed later: it is written again by itself")
  func fullAtStart() throws {
    let bench = try Bench()
    let pump = bench.pump
    #expect(pump.log.contains("is in memory"))
    pump.kill()
    bench.fill()
    #expect(try pump.start())
    #expect(pump.log.contains("the disk is full"), "\(pump.log)")
    try pump.waitForSteps(3)
    try waitUntil("storage-failed", tries: 900) {
      try pump.status()?.alarms.contains("storage-failed") == true
    }
    #expect(try pump.status()?.mode == "safe-basal")
    let before = try #require(try pump.status()).durableCommit
    try Self.files.removeItem(atPath: bench.filler)
    try waitUntil("commits", tries: 900) { try (pump.status()?.durableCommit ?? 0) > before }
    try waitUntil("as prescribed", tries: 900) { try pump.status()?.mode == "continuous" }
    pump.kill()
    #expect(try pump.start())
    #expect(try pump.status()?.mode == "continuous")
  }

  @Test(
    "R-084 R-093 a stop in the second between two tries is kept by the copies, whenever it is killed"
  )
  func stopWhileFull() throws {
    let bench = try Bench()
    let pump = bench.pump
    bench.fill()
    try waitUntil("nothing can be written", tries: 900) {
      bench.fill()
      return pump.log.contains("cannot be written down")
    }
    _ = try pump.stop()
    pump.kill()
    try Self.files.removeItem(atPath: bench.filler)
    #expect(try pump.start())
    #expect(try pump.status()?.mode == "stopped-by-command")
  }

  @Test(
    "R-093 R-084 an end while nothing could be written takes what the disk takes by then, and says what not",
    arguments: [true, false])
  func endWhileFull(isFreed: Bool) throws {
    let bench = try Bench()
    let pump = bench.pump
    bench.fill()
    try waitUntil("nothing can be written", tries: 900) {
      bench.fill()
      return pump.log.contains("cannot be written down")
    }
    if isFreed { try Self.files.removeItem(atPath: bench.filler) }
    pump.terminate()
    #expect(pump.log.contains("ended without writing everything down") == !isFreed, "\(pump.log)")
    if !isFreed { try Self.files.removeItem(atPath: bench.filler) }
    let last = try Programs.run("pumpctl", "log", "--last", "1", "--state", pump.state)
    #expect(last.output.contains("in order") == isFreed, "\(last.output)")
    #expect(try pump.start())
    #expect(try pump.status()?.mode == "continuous")
  }

  @Test(
    "R-093 on a read-only file system basal goes on from what can be read",
    arguments: [true, false])
  func readOnly(isKilled: Bool) throws {
    let bench = try Bench()
    let pump = bench.pump
    if isKilled { pump.kill() } else { pump.terminate() }
    func remount(_ how: String) throws {
      let outcome = try Programs.run("/bin/mount", "-o", "remount,\(how)", pump.state)
      #expect(outcome.code == 0, "\(outcome.errors)")
    }
    try remount("ro")
    let (socket, log) = (pump.folder.path("socket"), pump.folder.path("read-only"))
    let child = try Child(
      Programs.path("pumpd"), pump.arguments + ["--socket", socket], output: "/dev/null",
      errors: log, environment: ["RUNTIME_DIRECTORY=\(pump.folder.url.path)"])
    func status() throws -> KilledStatus? {
      let outcome = try Programs.run("pumpctl", "status", "--json", "--socket", socket)
      return outcome.code == 0 ? try KilledStatus(outcome.output) : nil
    }
    try waitUntil("it runs", tries: 900) { try status() != nil }
    #expect(try status()?.mode == "continuous")
    #expect(try String(contentsOfFile: log, encoding: .utf8).contains("read-only"))
    try pump.waitForSteps(3)
    let before = try #require(try status()).durableCommit
    try remount("rw")
    try waitUntil("commits", tries: 900) { try (status()?.durableCommit ?? 0) > before }
    child.kill(SIGTERM)
    #expect(child.wait() == 0)
  }
}
