internal import Documents

// As whom the machine is looked at, and who may stop the pump without a key.

extension Diagnosis {
  /// - Parameter isLogin: its limits are those of a login, since somebody else looks as this user.
  static func user(_ facts: UserFacts, isLogin: Bool) -> Self {
    let name = "user"
    let told = "\(facts.name) (\(facts.id)), groups \(facts.groups.joined(separator: ", "))"
    if facts.id == 0 {
      return .warning(
        name, "\(told): as this user pumpd may do anything to this machine",
        remedy: "give pumpd a user of its own, and look with --user NAME")
    }
    return .ok(
      name,
      isLogin ? "\(told); limits as at a login, since those of a unit are not seen here" : told)
  }

  /// - Parameters:
  ///   - members: nil where there is no such group.
  ///   - isNeeded: whether a motor turns.
  static func stopGroup(_ members: [String]?, isNeeded: Bool) -> Self {
    let name = "stop group"
    let others = "root and the pump's user"
    if let members, !members.isEmpty {
      return .ok(
        name,
        "\(members.joined(separator: ", ")) may stop the pump without a key (\(stopGroupName)), "
          + "besides \(others)")
    }
    let why =
      members == nil ? "there is no group \(stopGroupName)" : "nobody is in \(stopGroupName)"
    let found = "\(why): without a key \(others) alone may stop the pump"
    guard isNeeded else { return .ok(name, found) }
    let making = members == nil ? "groupadd --system \(stopGroupName), then " : ""
    return .warning(
      name, found,
      remedy:
        "\(making)usermod -aG \(stopGroupName) NAME before pumpd starts; or give pumpd another "
        + "--stop-group")
  }
}
