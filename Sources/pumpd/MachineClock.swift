internal import Documents
internal import Durability
internal import Glibc
internal import Hardware
internal import Journal
internal import Quantities

/// What the clocks of this machine say.
struct MachineClock: Sendable {
  private let hasBattery: Bool

  /// Where the rig declares no clock with a battery, none is asked.
  init(_ document: RigDocument) { hasBattery = document.hasBatteryClock }

  var reading: ClockReading {
    let utc = RealTime.utc.count
    return ClockReading(
      now: MachineTime(
        utc: utc, boot: RealTime.sinceBoot.count, monotonic: RealTime.now.count,
        bootID: Self.bootID),
      witnesses: ClockWitnesses(
        kernel: RealTime.utcIsSynchronised ? utc : nil, battery: hasBattery ? Self.battery : nil))
  }

  /// Nil where there is none, or it shows a time at which nobody can have set it: one that has lost its
  /// battery begins at 1970 or 2000.
  private static var battery: Int64? {
    let plausible: ClosedRange<Int64> = 1_767_225_600...7_258_118_400  // 2026 to 2199
    guard let seconds = Int64(text("/sys/class/rtc/rtc0/since_epoch").filter { !$0.isWhitespace }),
      plausible.contains(seconds)
    else { return nil }
    return seconds * 1_000_000_000
  }

  /// The kernel's random name of this boot, 16 bytes. Where it cannot be read each process takes another
  /// one: that it is still the same boot is never assumed.
  private static let bootID: [UInt8] = {
    let digits = text("/proc/sys/kernel/random/boot_id").utf8.compactMap { digit -> UInt8? in
      switch digit {
      case UInt8(ascii: "0")...UInt8(ascii: "9"): digit - UInt8(ascii: "0")
      case UInt8(ascii: "a")...UInt8(ascii: "f"): digit - UInt8(ascii: "a") + 10
      default: nil
      }
    }
    if digits.count == 32 { return (0..<16).map { digits[2 * $0] << 4 | digits[2 * $0 + 1] } }
    return (0..<16).map { _ in UInt8.random(in: 0...255) }
  }()

  private static func text(_ path: String) -> String {
    let file = unsafe Glibc.open(path, O_RDONLY | O_CLOEXEC)
    guard file >= 0 else { return "" }
    defer { _ = close(file) }
    var bytes = [UInt8](repeating: 0, count: 64)
    let count = unsafe read(file, &bytes, 64)
    return String(decoding: bytes.prefix(max(0, count)), as: UTF8.self)
  }
}
