import Foundation
import SeededNumbers
import Testing

/// Real time, plain SIGKILL, at moments that a seed chooses.
///
/// `PUMP_KILLS=all` adds a thousand of them, which takes most of an hour, and `PUMP_KILLS=100` a
/// hundred. Intervals of minutes are left to virtual time: a pump that only delivers is in the
/// same few states after a second as after five minutes.
@Suite(.serialized) struct KillTests {
  private static let counts =
    [1, 10] + (KillPointTests.takesAll ? [1000] : [KillPointTests.number].compactMap(\.self))

  @Test(
    "R-080 R-083 R-085 R-087 a therapy with kills at random is delivered to the step",
    arguments: counts)
  func killsAtRandom(count: Int) throws {
    let interval = count > 10 ? 0.5...3.0 : 0.3...1.0
    let seed = UInt64(count)
    let found = try RandomKills(seed: seed).violations(kills: count, interval: interval)
    for violation in found { Issue.record("seed \(seed): \(violation)") }
  }

  @Test("R-084 a stop that was answered is in force after a kill that comes at once")
  func stopSurvivesKill() throws {
    let pump = try KilledPump()
    defer { pump.terminate() }
    #expect(try pump.start(isNew: true))
    #expect(try pump.program(KillTexts.first) == .accepted)
    for _ in 0..<20 {
      #expect(try pump.stop() == .accepted)
      pump.kill()
      #expect(try pump.start())
      #expect(try pump.status()?.mode == "stopped-by-command")
      #expect(try pump.resume() == .accepted)
    }
    for violation in try pump.account() { Issue.record("\(violation)") }
  }

  @Test("R-085 what was given of a bolus before a kill leaves no room for another one after it")
  func windowsSurviveKill() throws {
    let pump = try KilledPump()
    defer { pump.terminate() }
    #expect(try pump.start(isNew: true))
    // Room for one bolus and less than three steps more.
    let order = TherapyHistory.Order(
      basalNanogramsPerDay: 4_000_000, maxNanograms1h: 172_480, maxNanograms24h: 4_300_000)
    #expect(try pump.program(order) == .accepted)
    #expect(try pump.bolus(nanograms: 3_000, seconds: 60) == .accepted)
    Thread.sleep(forTimeInterval: 1.5)
    pump.kill()
    #expect(try pump.start())
    let answer = try pump.bolus(nanograms: 3_000, seconds: 60)
    guard case .refused(let why) = answer else {
      Issue.record("a second bolus: \(answer)")
      return
    }
    #expect(why.contains("hour") || why.contains("1 h"), "\(why)")
    for violation in try pump.account() { Issue.record("\(violation)") }
  }
}

/// A pump that is used and killed at random.
private struct RandomKills {
  private var random: SplitMix64

  init(seed: UInt64) { random = SplitMix64(seed: seed) }

  func violations(kills: Int, interval: ClosedRange<Double>) throws -> [String] {
    var this = self
    let pump = try KilledPump()
    defer { pump.terminate() }
    try Self.begin(pump, isNew: true)
    for _ in 0..<kills {
      try this.use(pump, for: Double.random(in: interval, using: &this.random))
      pump.kill()
      try Self.begin(pump, isNew: false)
    }
    try this.use(pump, for: 1)
    return try pump.account()
  }

  private static func begin(_ pump: KilledPump, isNew: Bool) throws {
    guard try pump.start(isNew: isNew) else {
      throw KillTestFailure(what: "does not start after a kill: \(pump.log)")
    }
    // After more than three of them the pump refuses extra doses until somebody has seen it.
    if try pump.status()?.alarms.contains("restarted-often") ?? false {
      _ = try pump.acknowledge()
    }
    if isNew, try pump.program(KillTexts.first) != .accepted {
      throw KillTestFailure(what: "no program: \(pump.log)")
    }
  }

  private mutating func use(_ pump: KilledPump, for seconds: Double) throws {
    let end = TherapyHistory.now + Int64(seconds * 1e9)
    while TherapyHistory.now < end {
      _ = try act(on: pump)
      Thread.sleep(forTimeInterval: Double.random(in: 0...0.15, using: &random))
    }
  }

  /// Most of what is asked lets the pump deliver.
  private mutating func act(on pump: KilledPump) throws -> KilledPump.Answer {
    switch Int.random(in: 0..<10, using: &random) {
    case 0: try pump.stop()
    case 1: try pump.program(KillTexts.first)
    case 2: try pump.program(KillTexts.second)
    case 3...4: try pump.bolus(nanograms: 3_000, seconds: 60)
    case 5: try pump.patientBolus()
    default: try pump.resume()
    }
  }
}
