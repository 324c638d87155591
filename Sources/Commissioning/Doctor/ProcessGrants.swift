/// What the kernel grants this process.
struct ProcessGrants: Equatable {
  struct Limit: Equatable {
    var soft: UInt64
    var hard: UInt64

    static let unlimited = UInt64.max
  }

  /// RLIMIT_RTPRIO.
  var realTimePriority: Limit
  /// RLIMIT_MEMLOCK, in bytes.
  var lockedBytes: Limit
  /// The effective capabilities, a bit each.
  var capabilities: UInt64

  /// By the numbers of capabilities(7).
  enum Capability: Int {
    case systemNice = 23
    case systemResource = 24
  }

  func has(_ capability: Capability) -> Bool { capabilities >> capability.rawValue & 1 == 1 }
}

extension ProcessGrants {
  /// - Parameters:
  ///   - limits: the text of /proc/self/limits.
  ///   - status: the text of /proc/self/status.
  init?(limits: String, status: String) {
    guard let priority = Self.limit("Max realtime priority", in: limits),
      let bytes = Self.limit("Max locked memory", in: limits),
      let line = status.split(separator: "\n").first(where: { $0.hasPrefix("CapEff:") }),
      let digits = line.split(whereSeparator: \.isWhitespace).last,
      let capabilities = UInt64(digits, radix: 16)
    else { return nil }
    self.init(realTimePriority: priority, lockedBytes: bytes, capabilities: capabilities)
  }

  /// Those of this process; nil where /proc is not mounted.
  static var own: Self? {
    guard let limits = SystemFile.text("/proc/self/limits"),
      let status = SystemFile.text("/proc/self/status")
    else { return nil }
    return Self(limits: limits, status: status)
  }

  private static func limit(_ name: String, in text: String) -> Limit? {
    guard let line = text.split(separator: "\n").first(where: { $0.hasPrefix(name) }) else {
      return nil
    }
    let words = line.dropFirst(name.count).split(separator: " ")
    guard words.count >= 2, let soft = value(words[0]), let hard = value(words[1]) else {
      return nil
    }
    return Limit(soft: soft, hard: hard)
  }

  private static func value(_ word: Substring) -> UInt64? {
    word == "unlimited" ? Limit.unlimited : UInt64(word)
  }
}
