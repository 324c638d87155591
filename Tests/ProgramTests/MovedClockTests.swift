import ChildProcess
import Foundation
import Testing

/// A pump whose machine has another clock than it should have, by a library that is loaded before all others.
@Suite struct MovedClockTests {
  /// 10 ug/h from midnight on and 18 ug/h from noon on, every day.
  private static let flex = """
    patient: BENCH-01
    drug: baclofen
    concentration: 500 ug/mL
    basal:
      mode: flex
      patterns: {day: [{from: "00:00", rate: 10 ug/h}, {from: "12:00", rate: 18 ug/h}]}
      week: {mon: day, tue: day, wed: day, thu: day, fri: day, sat: day, sun: day}
    patient_bolus: {dose: 1 ug, duration: 1 min, lockout: 4 h, max_in_24h: 4}
    limits: {max_dose_1h: 60 ug, max_dose_24h: 500 ug}
    safe_basal: 200 ug/d

    """

  /// The machine of a pump: its clock, and which boot it is.
  private final class Machine {
    let folder: TemporaryFolder
    private let clock: String
    private var boots = 0

    init(ahead seconds: Int64, isSynchronised: Bool) throws {
      folder = try TemporaryFolder()
      clock = folder.path("clock")
      try set(ahead: seconds, isSynchronised: isSynchronised)
      try boot()
    }

    /// In place at once, since it is read at any time.
    func set(ahead seconds: Int64, isSynchronised: Bool) throws {
      try "\(seconds) \(isSynchronised ? 1 : 0)\n".write(
        toFile: clock, atomically: true, encoding: .utf8)
    }

    func boot() throws {
      boots += 1
      _ = try folder.write("boot", "0000000\(boots)-0000-0000-0000-000000000000\n")
    }

    var environment: [String] {
      [
        "LD_PRELOAD=\(Programs.path("libMovedClock.so"))", "MOVED_CLOCK=\(clock)",
        "MOVED_BOOT=\(folder.path("boot"))",
      ]
    }
  }

  private func alarms(_ pump: RunningPump) throws -> [String] {
    let alarms = try #require(try pump.status()["alarms"] as? [[String: Any]])
    return alarms.compactMap { $0["code"] as? String }
  }

  @Test("R-090 flex waits for a clock that somebody vouches for, and comes back by itself")
  func comesBack() throws {
    // 1970, as on a machine without a battery before its time daemon has answered.
    let machine = try Machine(ahead: -1_760_000_000, isSynchronised: false)
    let pump = try RunningPump(environment: machine.environment)
    try pump.program(Self.flex)
    try pump.waitUntil("the order acts") { try pump.word("mode") == "safe-basal" }
    #expect(try alarms(pump) == ["clock-uncertain"])
    #expect(try pump.word("utc_source") == "nobody")
    try machine.set(ahead: 0, isSynchronised: true)
    try pump.waitUntil("flex comes back") { try pump.word("mode") == "flex" }
    #expect(try alarms(pump) == [] && pump.word("utc_source") == "kernel")
    // A clock that runs is moved by nobody, and it is told.
    let clock = try pump.word("clock").prefix(6)
    try machine.set(ahead: 40_000, isSynchronised: true)
    try pump.waitUntil("it is told") { try alarms(pump) == ["clock-differs"] }
    #expect(try pump.word("mode") == "flex" && pump.word("clock").prefix(6) == clock)
    // Nor does that one move what is written down, once the kernel is right again.
    try machine.set(ahead: 0, isSynchronised: true)
    try pump.waitUntil("it is right again") { try alarms(pump) == [] }
    #expect(try pump.control("log", "--kind", "utc").output.contains("vouches for UTC"))
    #expect(pump.end() == 0)
  }

  @Test(
    "R-090 a clock that was wrong and is right now lets no bolus come earlier", arguments: [0, 1])
  func wrongThenRight(ends: Int) throws {
    let machine = try Machine(ahead: -8 * 3600, isSynchronised: false)
    let pump = try RunningPump(environment: machine.environment)
    try pump.program(Texts.prescription)
    #expect(try pump.control("patient-bolus").code == 0)
    if ends == 0 {
      #expect(pump.end() == 0)
    } else {
      pump.process.kill(SIGKILL)
      _ = pump.process.wait()
    }
    try machine.boot()
    try machine.set(ahead: 0, isSynchronised: true)
    try pump.startAgain(environment: machine.environment)
    #expect(!pump.log(of: 1).contains("did not run for 288"))
    #expect(try pump.control("patient-bolus").code == 65)
    #expect(try pump.word("utc_source") == "kernel")
    #expect(pump.end() == 0)
  }

  @Test("R-090 a gap of decades is believed up to 30 days, and overflows nothing")
  func decades() throws {
    let machine = try Machine(ahead: -1_760_000_000, isSynchronised: true)
    let pump = try RunningPump(environment: machine.environment)
    try pump.program()
    try pump.waitUntil("it delivers") { try pump.number("steps") > 0 }
    #expect(pump.end() == 0)
    try machine.boot()
    try machine.set(ahead: 2_300_000_000, isSynchronised: true)
    try pump.startAgain(environment: machine.environment)
    #expect(try alarms(pump).contains("long-interruption"))
    #expect(pump.log(of: 1).contains("did not run for 2592000"))
    #expect(try pump.control("acknowledge").code == 0)
    try pump.waitUntil("it runs") { try pump.word("mode") == "continuous" }
    #expect(pump.end() == 0)
  }

  @Test(
    "R-090 a boot id that cannot be read is another boot: the clock has to be vouched for anew",
    arguments: [true, false])
  func bootID(isReadable: Bool) throws {
    let machine = try Machine(ahead: 0, isSynchronised: false)
    let environment =
      machine.environment.filter { isReadable || !$0.hasPrefix("MOVED_BOOT=") }
      + (isReadable ? [] : ["MOVED_BOOT=/nowhere"])
    let pump = try RunningPump(environment: environment)
    try pump.program(Self.flex)
    #expect(try pump.control("clock", "--set", "now").code == 0)
    try pump.waitUntil("flex runs") { try pump.word("mode") == "flex" }
    pump.process.kill(SIGKILL)
    _ = pump.process.wait()
    try pump.startAgain(environment: environment)
    try pump.waitUntil("it runs") {
      try pump.word("mode") == (isReadable ? "flex" : "safe-basal")
    }
    #expect(try alarms(pump).contains("clock-uncertain") == !isReadable)
    #expect(pump.end() == 0)
  }

  @Test("R-090 R-104 a person says what UTC is, sees the next 24 h, and commits what was shown")
  func said() throws {
    let machine = try Machine(ahead: -1_760_000_000, isSynchronised: false)
    let pump = try RunningPump(environment: machine.environment)
    try pump.program(Self.flex)
    try pump.waitUntil("the order acts") { try pump.word("mode") == "safe-basal" }
    let set = ["--set", "2026-03-02T11:30:00Z", "--utc-offset", "+02:00"]
    let look = try Programs.run(
      "pumpctl", ["clock", "--state", pump.state] + set,
      environment: pump.clinician.environment)
    #expect(look.code == 0)
    #expect(look.output.contains("as proposed") && look.output.contains("Mon 13:30"))
    #expect(look.output.contains("18 mcg/h"))
    #expect(try pump.word("mode") == "safe-basal")
    let line = try #require(look.output.split(separator: "\n").last { $0.hasPrefix("digest") })
    let digest = String(line.split(separator: " ")[1])
    #expect(try pump.control("clock", "--yes", "--digest", digest).code == 0)
    try pump.waitUntil("flex runs") { try pump.word("mode") == "flex" }
    #expect(try pump.word("utc_offset") == "UTC+02:00")
    #expect(try pump.word("clock").hasPrefix("Mon 13:3"))
    // It was committed, and is no proposal any more.
    #expect(try pump.control("clock", "--yes", "--digest", digest).code == 65)
    for wrong in [
      ["--utc-offset", "+15:00"], ["--utc-offset", "2"], ["--set", "noon"], ["--yes"],
    ] {
      let refused = try Programs.run("pumpctl", ["clock", "--state", pump.state] + wrong)
      #expect(refused.code == 64, "\(wrong)")
    }
    #expect(pump.end() == 0)
  }
}
