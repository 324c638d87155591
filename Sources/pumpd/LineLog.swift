internal import Glibc
internal import Logging

/// One line a message on standard error: UTC, level, what rig it is, message.
struct LineLog: LogHandler {
  var metadata: Logger.Metadata = [:]
  var logLevel = Logger.Level.info
  /// Stands in every line, so that no excerpt of a log can hide that a rig is simulated.
  let rig: String

  subscript(metadataKey key: String) -> Logger.Metadata.Value? {
    get { metadata[key] }
    set { metadata[key] = newValue }
  }

  func log(event: LogEvent) {
    let line = "\(Self.utc) \(event.level) \(rig) \(event.message)\n"
    var rest = Array(line.utf8)[...]
    while !rest.isEmpty {
      let written = unsafe rest.withUnsafeBytes { unsafe write(2, $0.baseAddress, $0.count) }
      if written <= 0 { return }
      rest = rest.dropFirst(written)
    }
  }

  private static var utc: String {
    var now = timespec()
    _ = unsafe clock_gettime(CLOCK_REALTIME, &now)
    var parts = unsafe tm()
    _ = unsafe gmtime_r(&now.tv_sec, &parts)
    func two(_ number: Int32) -> String { number < 10 ? "0\(number)" : "\(number)" }
    let milliseconds = String(1000 + now.tv_nsec / 1_000_000).dropFirst()
    let (year, month, day) = unsafe (parts.tm_year + 1900, parts.tm_mon + 1, parts.tm_mday)
    let (hour, minute, second) = unsafe (parts.tm_hour, parts.tm_min, parts.tm_sec)
    let date = "\(year)-\(two(month))-\(two(day))"
    return "\(date)T\(two(hour)):\(two(minute)):\(two(second)).\(milliseconds)Z"
  }
}
