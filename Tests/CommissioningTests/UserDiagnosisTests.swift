import Documents
import Glibc
import Testing

@testable import Commissioning

@Suite struct UserDiagnosisTests {
  @Test("a user of its own is well, and root is warned of")
  func user() {
    let pump = UserFacts(name: "pump", id: 998, groups: ["pump", "gpio"])
    expect(.user(pump, isLogin: false), .ok, found: "pump (998), groups pump, gpio")
    expect(.user(pump, isLogin: true), .ok, found: "limits as at a login", "a unit")
    let root = UserFacts(name: "root", id: 0, groups: ["root"])
    expect(.user(root, isLogin: true), .warning, found: "root (0)", remedy: "--user NAME")
    #expect(UserFacts.own.id == geteuid())
  }

  @Test(
    "who may stop without a key is named; that nobody may is worth a warning where a motor turns")
  func stopGroup() {
    expect(
      .stopGroup(["anna", "bert"], isNeeded: true), .ok, found: "anna, bert may stop", "pump-stop")
    expect(.stopGroup([], isNeeded: false), .ok, found: "nobody is in pump-stop")
    expect(
      .stopGroup([], isNeeded: true), .warning, found: "nobody is in pump-stop",
      remedy: "usermod -aG pump-stop", "--stop-group")
    expect(
      .stopGroup(nil, isNeeded: true), .warning, found: "there is no group pump-stop",
      remedy: "groupadd --system pump-stop, then usermod")
    #expect(groupMembers("no-such-group") == nil)
    #expect(groupMembers("root")?.contains("root") == true)
  }

  @Test("R-040 a user who is not there is one clear error")
  func unknown() {
    #expect {
      _ = try PumpUser(named: "no-such-user")
    } throws: { error in
      guard let failure = error as? Failure else { return false }
      return failure.code == .usage && failure.message.contains("no user 'no-such-user'; give")
    }
  }

  @Test("a login gives what is said of the user, else of a group, else of all; the last line wins")
  func limits() {
    func limits(_ texts: String..., user: String = "pump") -> LoginLimits {
      LoginLimits(texts, user: user, groups: ["@pumps"])
    }
    let files = """
      # <domain> <type> <item> <value>
      pump - rtprio 80
      @pumps soft rtprio 10
      @pumps hard memlock unlimited  # for all pumps
      * - memlock 64
      * - nofile 1024
      """
    #expect(limits(files).realTimePriority == .init(soft: 80, hard: 80))
    #expect(limits(files).lockedBytes == .init(soft: 65_536, hard: .max))
    #expect(limits(files, user: "anna").realTimePriority == .init(soft: 10))
    #expect(
      limits("@others - rtprio 99\npump - rtprio\npump - rtprio x").realTimePriority == .init())
    #expect(limits("* - rtprio 5", user: "root").realTimePriority == .init())
    #expect(
      limits("pump - rtprio 1", "pump - rtprio 2").realTimePriority == .init(soft: 2, hard: 2))
  }
}
