internal import Documents
internal import Durability
internal import Glibc
internal import Hardware
internal import Journal
internal import Quantities

/// What this machine says about time.
enum MachineClock {
  static var now: MachineTime {
    MachineTime(
      utc: RealTime.utc.count, boot: RealTime.sinceBoot.count, monotonic: RealTime.now.count,
      bootID: bootID)
  }

  /// The kernel's random name of this boot: 16 bytes.
  private static var bootID: [UInt8] {
    let digits = text("/proc/sys/kernel/random/boot_id").utf8.compactMap { digit -> UInt8? in
      switch digit {
      case UInt8(ascii: "0")...UInt8(ascii: "9"): digit - UInt8(ascii: "0")
      case UInt8(ascii: "a")...UInt8(ascii: "f"): digit - UInt8(ascii: "a") + 10
      default: nil
      }
    }
    return (0..<16).map { index in
      2 * index + 1 < digits.count ? digits[2 * index] << 4 | digits[2 * index + 1] : 0
    }
  }

  static func witness(_ document: RigDocument) -> StartTime.Witness {
    if RealTime.utcIsSynchronised { return .synchronisedKernel }
    guard document.hasBatteryClock,
      let seconds = Int64(text("/sys/class/rtc/rtc0/since_epoch").filter(\.isNumber))
    else { return document.backend == .simulated ? .simulation : .nobody }
    return .batteryClock(utc: seconds * 1_000_000_000)
  }

  /// The therapy clock where nothing says what it was: UTC as the system has it.
  static func weekTime(ofUTC utc: Int64) -> WeekTime {
    // 1 January 1970 was a Thursday.
    WeekTime(sinceMonday: .days(3) + Nanoseconds(utc))
  }

  private static func text(_ path: String) -> String {
    let file = unsafe Glibc.open(path, O_RDONLY | O_CLOEXEC)
    guard file >= 0 else { return "" }
    defer { _ = close(file) }
    var bytes = [UInt8](repeating: 0, count: 64)
    let count = unsafe read(file, &bytes, 64)
    return String(decoding: bytes.prefix(max(0, count)), as: UTF8.self)
  }
}
