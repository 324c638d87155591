internal import Documents
internal import Hardware
internal import Logging
internal import Quantities

/// One line a message on standard error: UTC, level, what rig it is, message.
///
/// Whoever reads it may be slow, or read nothing: no thread that says something waits for him.
struct LineLog: LogHandler {
  var metadata: Logger.Metadata = [:]
  var logLevel = Logger.Level.info
  /// Stands in every line, so that no excerpt of a log can hide that a rig is simulated.
  let rig: String
  private let lines: LineQueue

  init(rig: String, to lines: LineQueue) { (self.rig, self.lines) = (rig, lines) }

  subscript(metadataKey key: String) -> Logger.Metadata.Value? {
    get { metadata[key] }
    set { metadata[key] = newValue }
  }

  func log(event: LogEvent) { lines.append(line(event.level, "\(event.message)")) }

  private func line(_ level: Logger.Level, _ message: String) -> String {
    let utc = UTCTime(nanoseconds: RealTime.utc.count).text(decimals: 3)
    return "\(utc) \(level) \(rig) \(message)\n"
  }
}
