internal import ArgumentParser
internal import CKernelWorld
internal import ChildProcess
internal import Conformance
internal import Glibc

/// The supervisor of a pump and the machine's watchdog behind it, as systemd is on a rig.
///
/// It feeds the watchdog as long as it is alive itself, and ends and starts the pump anew when the pump
/// does not tell that it is alive. Ends by a reset of the machine.
struct WatchdogCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "watchdog", abstract: "Hang pump and supervisor and let the watchdog reset.",
    shouldDisplay: false)

  /// The machine is reset when it was not fed for so long.
  private static let watchdogSeconds: Int32 = 5
  /// A pump that is silent for so long is dead.
  private static let silenceSeconds = 3

  func run() throws {
    do {
      try superviseUntilReset()
    } catch {
      Suite.print("not ok watchdog: \(error)")
      throw error
    }
  }

  private func superviseUntilReset() throws {
    let guest = try GuestBench()
    defer { withExtendedLifetime(guest) {} }
    let watchdog = ckw_open_watchdog(Self.watchdogSeconds)
    try expect(watchdog >= 0, "no hardware watchdog: \(-watchdog)")
    let ear = try NotificationSocket(path: "/tmp/notify")
    let environment = [
      "NOTIFY_SOCKET=/tmp/notify", "WATCHDOG_USEC=\(Self.silenceSeconds * 1_000_000)",
    ]
    var pump = try RunningPump(BenchTexts(), environment: environment)

    // Longer than the watchdog waits: what keeps the machine alive is that it is fed.
    try expect(
      supervise(ear, watchdog, forSeconds: 3 * Int(Self.watchdogSeconds)), "the pump fell silent")
    try expect(ear.heardReady, "the pump did not say that it is ready")
    Suite.print(
      "ok watchdog: R-076 a pump that works tells its supervisor, and the machine lives on")

    let tick = try pump.thread("tick")
    try expect(ckw_stop_thread(tick), is: 0, "freezing the tick thread")
    let spokeOn = supervise(ear, watchdog, forSeconds: 4 * Self.silenceSeconds)
    // A thread that is still frozen would keep its process from being buried.
    try expect(ckw_continue_thread(tick), is: 0, "letting the tick thread go")
    try expect(!spokeOn, "a frozen pump spoke on")
    pump.process.kill(SIGKILL)
    _ = pump.process.wait()
    pump = try RunningPump(BenchTexts(), environment: environment)
    try expect(supervise(ear, watchdog, forSeconds: 6), "the second pump fell silent")
    Suite.print("ok watchdog: R-076 a pump whose tick hangs falls silent, and is started anew")

    pump.process.kill(SIGSTOP)
    Suite.print("watchdog: pump and supervisor hang from here on")
    raise(SIGSTOP)
  }

  /// Feeds the watchdog and listens to the pump. False as soon as the pump is silent for too long.
  private func supervise(
    _ ear: borrowing NotificationSocket, _ watchdog: Int32, forSeconds seconds: Int
  ) -> Bool {
    var silence = 0
    for _ in 0..<(seconds * 10) {
      _ = unsafe write(watchdog, "\0", 1)
      silence = ear.hearsAlive() ? 0 : silence + 1
      if silence > Self.silenceSeconds * 10 { return false }
      usleep(100_000)
    }
    return true
  }
}

/// The supervisor's end of sd_notify(3).
private struct NotificationSocket: ~Copyable {
  private let socket: Int32
  private let state = State()

  private final class State { var isReady = false }

  var heardReady: Bool { state.isReady }

  init(path: String) throws {
    socket = unsafe ckw_listen_for_notifications(path)
    try expect(socket >= 0, "cannot listen at \(path): \(-socket)")
  }

  /// Whether the pump said that it is alive since the last call.
  func hearsAlive() -> Bool {
    var isAlive = false
    var message = [UInt8](repeating: 0, count: 256)
    while true {
      let count = unsafe recv(socket, &message, message.count, Int32(MSG_DONTWAIT))
      if count <= 0 { return isAlive }
      let text = String(decoding: message.prefix(count), as: UTF8.self)
      if text.contains("READY=1") { state.isReady = true }
      if text.contains("WATCHDOG=1") { isAlive = true }
    }
  }
}
