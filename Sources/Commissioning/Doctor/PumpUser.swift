public import Documents
internal import Glibc

/// A user as whom a machine can be looked at.
public struct PumpUser {
  let name: String
  private let id: uid_t
  private let group: gid_t

  public init(named name: String) throws(Failure) {
    guard let entry = unsafe getpwnam(name) else {
      throw Failure(.usage, "there is no user '\(name)'; give the name of a user of this machine")
    }
    self.name = name
    (id, group) = unsafe (entry.pointee.pw_uid, entry.pointee.pw_gid)
  }

  /// Makes this process the user's, with the groups and limits that a login gives; it has no way back. False
  /// where it is the user's already: then it keeps its own.
  public func become() throws(Failure) -> Bool {
    if getuid() == id && geteuid() == id { return false }
    guard geteuid() == 0 else {
      throw Failure(
        .noPermission, "only root may look as another user; run this as root, or as \(name)")
    }
    guard LoginLimits(user: name, groups: Set(groups.compactMap(groupName))).apply() else {
      throw failure("the limits of a login cannot be taken")
    }
    guard unsafe initgroups(name, group) == 0, setgid(group) == 0, setuid(id) == 0 else {
      throw failure("its groups and number cannot be taken")
    }
    return true
  }

  private func failure(_ what: String) -> Failure {
    let reason = unsafe String(cString: strerror(errno))
    return Failure(.unavailable, "user \(name): \(what) (\(reason)); run this as \(name)")
  }

  private var groups: [gid_t] {
    var groups = [gid_t](repeating: 0, count: Int(sysconf(Int32(_SC_NGROUPS_MAX))))
    var count = Int32(groups.count)
    _ = unsafe getgrouplist(name, group, &groups, &count)
    return Array(groups.prefix(Int(max(0, count))))
  }
}

/// Who this process is for the kernel.
struct UserFacts: Equatable {
  var name: String
  var id: UInt32
  var groups: [String]

  static var own: Self {
    var groups = [gid_t](repeating: 0, count: Int(sysconf(Int32(_SC_NGROUPS_MAX))))
    let count = unsafe getgroups(Int32(groups.count), &groups)
    let all = Set(groups.prefix(Int(max(0, count))) + [getegid()])
    return Self(
      name: userName(geteuid()) ?? "?", id: geteuid(),
      groups: all.sorted().map { groupName($0) ?? "\($0)" })
  }
}

func userName(_ id: uid_t) -> String? {
  guard let entry = unsafe getpwuid(id) else { return nil }
  return unsafe String(cString: entry.pointee.pw_name)
}

func groupName(_ id: gid_t) -> String? {
  guard let entry = unsafe getgrgid(id) else { return nil }
  return unsafe String(cString: entry.pointee.gr_name)
}

/// Who is in a group, whether by its list or because it is his first; nil where pumpd finds none of that name.
func groupMembers(_ name: String) -> [String]? {
  guard let id = groupNumber(name) else { return nil }
  var members: Set<String> = []
  if let entry = unsafe getgrgid(id) {
    var listed = unsafe entry.pointee.gr_mem
    while let member = unsafe listed?.pointee {
      members.insert(unsafe String(cString: member))
      unsafe listed = listed?.successor()
    }
  }
  setpwent()
  defer { endpwent() }
  while let user = unsafe getpwent() {
    if unsafe user.pointee.pw_gid == id {
      members.insert(unsafe String(cString: user.pointee.pw_name))
    }
  }
  return members.sorted()
}
