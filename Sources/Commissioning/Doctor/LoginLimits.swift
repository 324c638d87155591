internal import Glibc

/// What `/etc/security/limits.conf` and `limits.d` give a user at a login, of the two limits that a pump needs.
struct LoginLimits: Equatable {
  /// Nil where the files say nothing: then what holds is left.
  struct Given: Equatable {
    var soft: UInt64?
    var hard: UInt64?
  }

  private(set) var realTimePriority = Given()
  /// In bytes.
  private(set) var lockedBytes = Given()

  /// - Parameter texts: of the files, in the order in which they are read.
  init(_ texts: [String], user: String, groups: Set<String>) {
    // What is said of a user goes before what is said of his group, and that before what is said of all.
    let domains =
      [{ $0 == "*" && user != "root" }, { groups.contains($0) }, { $0 == user }]
      as [(String) -> Bool]
    let lines = texts.flatMap { $0.split(separator: "\n") }.map {
      $0.prefix { $0 != "#" }.split(whereSeparator: \.isWhitespace).map(String.init)
    }
    for isMeant in domains {
      for words in lines where words.count == 4 && isMeant(words[0]) {
        take(kind: words[1], item: words[2], value: words[3])
      }
    }
  }

  private mutating func take(kind: String, item: String, value: String) {
    let isUnlimited = ["unlimited", "infinity", "-1"].contains(value)
    guard let number = isUnlimited ? ProcessGrants.Limit.unlimited : UInt64(value) else { return }
    switch item {
    case "rtprio": realTimePriority.take(kind, number)
    case "memlock": lockedBytes.take(kind, isUnlimited ? number : number << 10)
    default: break
    }
  }

  init(user: String, groups: Set<String>) {
    let folder = "/etc/security"
    let more = SystemFile.names(in: "\(folder)/limits.d").filter { $0.hasSuffix(".conf") }.sorted()
    let paths = ["\(folder)/limits.conf"] + more.map { "\(folder)/limits.d/\($0)" }
    self.init(paths.compactMap(SystemFile.text), user: user, groups: Set(groups.map { "@\($0)" }))
  }

  /// Gives this process these limits, which root alone may raise. False where the kernel refuses, which errno
  /// then tells.
  func apply() -> Bool {
    realTimePriority.apply(to: __RLIMIT_RTPRIO) && lockedBytes.apply(to: __RLIMIT_MEMLOCK)
  }
}

extension LoginLimits.Given {
  fileprivate mutating func take(_ kind: String, _ value: UInt64) {
    if kind == "soft" || kind == "-" { soft = value }
    if kind == "hard" || kind == "-" { hard = value }
  }

  fileprivate func apply(to resource: __rlimit_resource) -> Bool {
    var limit = rlimit()
    let number = __rlimit_resource_t(resource.rawValue)
    guard unsafe getrlimit(number, &limit) == 0 else { return false }
    limit.rlim_max = hard.map { rlim_t($0) } ?? limit.rlim_max
    limit.rlim_cur = min(soft.map { rlim_t($0) } ?? limit.rlim_cur, limit.rlim_max)
    return unsafe setrlimit(number, &limit) == 0
  }
}
