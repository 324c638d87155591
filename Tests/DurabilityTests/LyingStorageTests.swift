import Durability
import Foundation
import Journal
import Testing

@Suite struct LyingStorageTests {
  /// Crashes of each test: a few thousand in all, or as many as PUMP_CYCLES says.
  private static let cycles =
    ProcessInfo.processInfo.environment["PUMP_CYCLES"].flatMap { Int($0) } ?? 1_000
  private static let livesOfSeed = 30

  /// Runs seeds until so many crashes are done. Returns the first faults, with their seed.
  private func crash(
    seeds first: UInt64, cycles: Int, plan: (UInt64) -> CrashHistory.Plan
  ) throws -> [String] {
    var (done, seed) = (0, first)
    while done < cycles {
      let history = try CrashHistory(seed: seed, plan: plan(seed))
      try history.run()
      if !history.oracle.faults.isEmpty {
        return ["seed \(seed), life \(history.cycles)"] + history.oracle.faults
      }
      if seed % 8 == 0, !plan(seed).hasFaults { try inspect(history, seed) }
      done += history.cycles
      seed += 1
    }
    return []
  }

  private func inspect(_ history: CrashHistory, _ seed: UInt64) throws {
    try history.inspect { journal in
      let chain = try journal.verify()
      #expect(chain.firstBroken == nil && chain.events > 10, "seed \(seed)")
      let report = try Replay(journal).run()
      #expect(report.difference == nil, "seed \(seed)")
      #expect(report.decisions > 10 && report.entriesSkipped == 0, "seed \(seed)")
    }
  }

  @Test(
    "R-080 R-083 R-084 R-085 R-086 R-087 Power cuts and kills: nothing is dosed twice, nothing forgotten"
  )
  func crashes() throws {
    let faults = try crash(seeds: 1, cycles: Self.cycles) { seed in
      CrashHistory.Plan(lives: Self.livesOfSeed, powerCuts: [0, 30, 100][Int(seed % 3)])
    }
    #expect(faults == [])
  }

  @Test("R-012 R-094 Starts that take up to 20 min, at the least limits: never is basal refused")
  func lateStarts() throws {
    let faults = try crash(seeds: 4_000_001, cycles: Self.cycles / 2) { seed in
      CrashHistory.Plan(
        lives: Self.livesOfSeed, powerCuts: [0, 30, 100][Int(seed % 3)], startsLate: true,
        isTight: seed % 2 == 0)
    }
    #expect(faults == [])
  }

  @Test("R-081 R-082 R-093 Writes and syncs that fail, and a full disk, between crashes")
  func faultyDisk() throws {
    let faults = try crash(seeds: 1_000_001, cycles: Self.cycles) { seed in
      CrashHistory.Plan(
        lives: Self.livesOfSeed, powerCuts: [0, 30, 100][Int(seed % 3)], hasFaults: true)
    }
    #expect(faults == [])
  }

  @Test(
    "R-084 A stop that only one copy holds, of a write that failed, does not outlive its resume",
    arguments: [1_000_982] as [UInt64])
  func onceFound(seed: UInt64) throws {
    let history = try CrashHistory(
      seed: seed,
      plan: CrashHistory.Plan(
        lives: Self.livesOfSeed, powerCuts: [0, 30, 100][Int(seed % 3)], hasFaults: true))
    try history.run()
    #expect(history.oracle.faults == [])
  }

  @Test("R-090 However the system clock is set within a boot, the motor makes the same steps")
  func clockGames() throws {
    for seed in UInt64(3_000_001)...3_000_004 {
      func steps(settingClock: Bool) throws -> [Int64] {
        let history = try CrashHistory(
          seed: seed,
          plan: CrashHistory.Plan(
            lives: 25, powerCuts: 0, setsClock: settingClock, acknowledges: false))
        try history.run()
        #expect(history.oracle.faults == [])
        return history.oracle.stepTicks
      }
      let plain = try steps(settingClock: false)
      #expect(plain.count > 100)
      #expect(try steps(settingClock: true) == plain)
    }
  }

  @Test("R-080 Where fsync does nothing, the oracle notices")
  func fsyncLeftOut() throws {
    let faults = try crash(seeds: 2_000_001, cycles: 400) { _ in
      CrashHistory.Plan(lives: 20, powerCuts: 100, ignoresSync: true)
    }
    #expect(!faults.isEmpty)
  }
}
