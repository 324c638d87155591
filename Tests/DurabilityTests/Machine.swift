import Durability
import Engine
import Foundation
import Hardware
import Journal
import Quantities

/// A machine in virtual time: its clocks, its disk, and the memory that outlives a process.
final class Machine {
  let disk: Disk
  /// CLOCK_BOOTTIME, which is CLOCK_MONOTONIC here, and UTC, in ns.
  private(set) var boot: Int64 = 7_000_000_000
  private(set) var utc: Int64 = 1_760_000_000_000_000_000
  private var boots: UInt8 = 1
  private let folder: URL
  private var pages = 0

  init(seed: UInt64) throws {
    disk = Disk(seed: seed)
    folder = URL(fileURLWithPath: "/dev/shm/pump-test-\(UInt64.random(in: 0...UInt64.max))")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(at: folder) }

  var bootID: [UInt8] { [UInt8](repeating: boots, count: 16) }
  var now: MachineTime { MachineTime(utc: utc, boot: boot, monotonic: boot, bootID: bootID) }

  func pass(_ time: Nanoseconds) {
    boot += time.count
    utc += time.count
  }

  /// The power is away for so long; then the machine starts.
  func powerCut(for outage: Nanoseconds) {
    disk.cutPower()
    disk.cutPower(afterWrites: 0)
    disk.restorePower()
    utc += outage.count
    boot = 5_000_000_000
    boots = boots == .max ? 1 : boots + 1
    // What was in memory is gone.
    pages += 1
  }

  func setUTC(_ new: Int64) { utc = new }

  func page(lineage: [UInt8]) throws -> RunPage {
    var owner = RunPage.Owner(repeating: 0)
    for index in 0..<16 {
      owner[index] = lineage[index]
      owner[16 + index] = bootID[index]
    }
    let path = folder.appendingPathComponent("page-\(pages)").path
    return RunPage(try MappedFile(path: path, byteCount: RunPage.byteCount), owner: owner)
  }
}

/// SplitMix64: the same numbers for the same seed, on every machine.
struct Chance: RandomNumberGenerator {
  private var state: UInt64
  init(seed: UInt64) { state = seed }

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
    return mixed ^ (mixed >> 31)
  }

  mutating func oneIn(_ count: Int) -> Bool { Int.random(in: 0..<count, using: &self) == 0 }

  mutating func number(_ range: ClosedRange<Int64>) -> Int64 { .random(in: range, using: &self) }

  /// Small numbers as often as large ones.
  mutating func magnitude(_ range: ClosedRange<Int64>) -> Int64 {
    let (low, high) = (Double(range.lowerBound), Double(range.upperBound))
    let exponent = Double.random(in: 0...1, using: &self)
    return Int64(low * pow(high / low, exponent))
  }
}
