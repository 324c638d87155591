import ChildProcess
import Foundation
import Glibc
import Testing

/// A pump elsewhere, by the OpenSSH of this machine: a server of its own on the loopback, and keys of its own.
@Suite struct SecureShellTests {
  private static let server = "/usr/sbin/sshd"
  private static let isInstalled =
    [server, "/usr/bin/ssh", "/usr/bin/ssh-keygen"]
    .allSatisfy { FileManager.default.isExecutableFile(atPath: $0) }

  @Test(
    "R-105 R-106 A pump elsewhere is programmed through OpenSSH, and nothing unsigned passes",
    .enabled(if: isInstalled, "needs Debian's openssh-server"))
  func throughOpenSSH() throws {
    let pump = try RunningPump()
    try pump.program()
    let shell = try Shell(in: pump.folder)
    let status = try shell.pumpctl(pump, "status")
    #expect(status.code == 0 && status.output.contains("signed by the pump"), "\(status.errors)")
    let bolus = try shell.pumpctl(
      pump, "bolus", "--yes", "--dose", "10 ug", "--duration", "10 min")
    #expect(bolus.code == 0, "\(bolus.errors)")
    #expect(try pump.word("extra_dose") == "bolus")
    #expect(try shell.pumpctl(pump, "stop").code == 0)
    #expect(try pump.control("status").output.contains("STOPPED by command"))
    // The far end may be root there: what it says unsigned is nobody's.
    #expect(try shell.pumpctl(pump, "resume", "--unsigned").code == 77)
    #expect(try shell.pumpctl(pump, "resume").code == 0)
    #expect(try shell.pumpctl(pump, "log").output.contains("bolus of 10 mcg"))
    #expect(try pump.word("mode") == "continuous")
  }

  @Test(
    "Through OpenSSH to where no pump runs, no program is or no server listens: one line says which",
    .enabled(if: isInstalled, "needs Debian's openssh-server"))
  func nothingElsewhere() throws {
    let pump = try RunningPump()
    try pump.program()
    let shell = try Shell(in: pump.folder)
    #expect(try shell.pumpctl(pump, "status").code == 0)
    #expect(pump.end() == 0)
    let atRest = try shell.pumpctl(pump, "status")
    #expect(atRest.code == 69 && atRest.errorLines.count == 1, "\(atRest.errors)")
    #expect(atRest.errors.contains("no pump listens at \(pump.socket)"))
    let signed = try shell.pumpctl(pump, "patient-bolus")
    #expect(signed.code == 69 && signed.errorLines.count == 1, "\(signed.errors)")
    try shell.end()
    let unreachable = try shell.pumpctl(pump, "status")
    #expect(unreachable.code == 69, "\(unreachable.errors)")
    #expect(unreachable.errors.contains("pumpctl: ssh could not reach bench"))
  }
}

/// An OpenSSH server for whoever runs the tests, and the way to it.
private final class Shell {
  private let folder: TemporaryFolder
  private let server: Child
  private let bin: String

  init(in folder: TemporaryFolder) throws {
    self.folder = folder
    bin = folder.path("bin")
    try FileManager.default.createDirectory(atPath: bin, withIntermediateDirectories: true)
    for name in ["host-key", "user-key"] {
      let made = try Programs.run(
        "/usr/bin/ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", folder.path(name))
      try #require(made.code == 0, "\(made.errors)")
    }
    try FileManager.default.copyItem(
      atPath: folder.path("user-key.pub"), toPath: folder.path("authorized-keys"))
    let port = try Self.freePort()
    // As root a server wants a directory to put its helpers into.
    if getuid() == 0 {
      try FileManager.default.createDirectory(
        atPath: "/run/sshd", withIntermediateDirectories: true)
    }
    try folder.write(
      "sshd-config",
      """
      ListenAddress 127.0.0.1
      Port \(port)
      HostKey \(folder.path("host-key"))
      PidFile none
      AuthorizedKeysFile \(folder.path("authorized-keys"))
      StrictModes no
      UsePAM no
      PasswordAuthentication no
      KbdInteractiveAuthentication no
      PermitRootLogin prohibit-password
      SetEnv PATH=\(Programs.folder.path):/usr/bin:/bin

      """)
    try folder.write(
      "ssh-config",
      """
      Host bench
        HostName 127.0.0.1
        Port \(port)
        IdentityFile \(folder.path("user-key"))
        IdentitiesOnly yes
        UserKnownHostsFile \(folder.path("known-hosts"))
        GlobalKnownHostsFile none
        StrictHostKeyChecking accept-new
        BatchMode yes
        LogLevel ERROR

      """)
    // pumpctl starts what is called ssh; this one reads no other configuration.
    let ssh = "#!/bin/sh\nexec /usr/bin/ssh -F '\(folder.path("ssh-config"))' \"$@\"\n"
    try ssh.write(toFile: bin + "/ssh", atomically: true, encoding: .utf8)
    try FileManager.default.setAttributes(
      [.posixPermissions: 0o755], ofItemAtPath: bin + "/ssh")
    server = try Child(
      "/usr/sbin/sshd", ["-D", "-e", "-f", folder.path("sshd-config")], output: "/dev/null",
      errors: folder.path("sshd-log"))
    let log = folder.path("sshd-log")
    try waitUntil("sshd listens") {
      let text = (try? String(contentsOfFile: log, encoding: .utf8)) ?? ""
      return text.contains("Server listening")
    }
  }

  func end() throws {
    server.kill(SIGTERM)
    _ = server.wait()
  }

  func pumpctl(_ pump: RunningPump, _ arguments: String...) throws -> Outcome {
    try Programs.run(
      "pumpctl", arguments + ["--ssh", "bench", "--state", pump.state], input: pump.clinician.yes,
      environment: pump.clinician.environment + [
        "PATH=\(bin):\(Programs.folder.path):/usr/bin:/bin"
      ])
  }

  /// One that nobody has now.
  private static func freePort() throws -> UInt16 {
    let probe = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    defer { close(probe) }
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    let failed = unsafe withUnsafeMutablePointer(to: &address) { address in
      unsafe address.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        unsafe bind(probe, $0, length) + getsockname(probe, $0, &length)
      }
    }
    try #require(failed == 0)
    return UInt16(bigEndian: address.sin_port)
  }
}
