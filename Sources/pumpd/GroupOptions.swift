internal import ArgumentParser
internal import Documents
internal import Glibc
internal import ProgrammerLink

/// Which groups may do something without a key.
struct GroupOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Who may read status and journal; the group of pumpd by default.", valueName: "GROUP"))
  var statusGroup: String?

  @Option(
    help: ArgumentHelp(
      "Who may stop the pump without a key; \(stopGroupName) by default, if there is one.",
      valueName: "GROUP"))
  var stopGroup: String?

  func linkGroups() throws(Failure) -> LinkGroups {
    LinkGroups(
      owner: geteuid(), status: try statusGroup.map(Self.number) ?? getegid(),
      stop: try stopGroup.map(Self.number) ?? groupNumber(stopGroupName))
  }

  private static func number(_ name: String) throws(Failure) -> UInt32 {
    guard let number = UInt32(name) ?? groupNumber(name) else {
      throw Failure(.usage, "there is no group '\(name)'; give a name or a number of a group")
    }
    return number
  }

}

/// Connections are files, and a process may often have only 1,024 of them.
enum FileLimit {
  /// As far as this user may.
  static func raise() {
    var limit = rlimit()
    guard unsafe getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return }
    limit.rlim_cur = min(limit.rlim_max, rlim_t(LinkServer.clientsMax) * 2)
    _ = unsafe setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
  }
}
