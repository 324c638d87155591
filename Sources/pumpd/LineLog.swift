internal import Documents
internal import Glibc
internal import Hardware
internal import Logging
internal import Quantities

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
    UTCTime(nanoseconds: RealTime.utc.count).text(decimals: 3)
  }
}
