import Foundation
import Plant
import Testing

/// A bench that outlives its process.
@Suite final class BenchFileTests {
  private let path = NSTemporaryDirectory() + "bench-\(UUID().uuidString)"
  private let gate = HeartbeatGate(heartbeatNanoseconds: 100 * millisecond)
  private static let slot = 4_096

  deinit { try? FileManager.default.removeItem(atPath: path) }

  /// A bench with a history, and something in every part of it. A step is 1 uL.
  private func bench(steps: Int) -> PumpHeadTruth {
    var reservoir = ReservoirTruth(
      capacityMicrolitres: 20_000, microlitres: 15_000, concentration: 2_000_000)
    reservoir.leakMicrolitresPerDay = 86_400
    reservoir.evaporationMicrolitresPerDay = 43_200
    reservoir.fillElsewhere(microlitres: 3, concentration: 5)
    var head = PumpHeadTruth(
      geometry: HeadGeometry(microlitresPerRevolution: 4, stepsPerRevolution: 4),
      reservoir: reservoir, line: LineTruth(microlitres: 7, concentration: 500_000), gate: gate)
    head.pass(to: 0)
    head.turn(
      by: Pulse(
        timeNanoseconds: 0, heartbeatEdgeNanoseconds: 0, isEnabled: false, isBackwards: false))
    for number in 0..<steps {
      let time = Int64(number) * 1_000 * millisecond
      head.turn(
        by: Pulse(
          timeNanoseconds: time, heartbeatEdgeNanoseconds: time, isEnabled: true,
          isBackwards: number == 2))
    }
    return head
  }

  private struct CannotOpen: Error {}

  private func open() throws -> BenchFile {
    guard let file = BenchFile(path: path) else { throw CannotOpen() }
    return file
  }

  private func keep(_ head: PumpHeadTruth) throws {
    var file = try open()
    _ = file.read(gate: gate)
    let isKept = file.keep(head)
    #expect(isKept)
  }

  /// Nil where nothing is kept.
  private func kept() throws -> PumpHeadTruth? {
    var file = try open()
    switch file.read(gate: gate) {
    case .bench(let head): return head
    case .nothing: return nil
    case .unreadable:
      Issue.record("unreadable")
      return nil
    }
  }

  private func isUnreadable() throws -> Bool {
    var file = try open()
    if case .unreadable = file.read(gate: gate) { return true }
    return false
  }

  private func change(_ body: (inout Data) -> Void) throws {
    var data = try Data(contentsOf: URL(fileURLWithPath: path))
    body(&data)
    try data.write(to: URL(fileURLWithPath: path))
  }

  private func expect(_ head: PumpHeadTruth?, _ other: PumpHeadTruth) throws {
    let head = try #require(head)
    #expect(head.geometry == other.geometry)
    #expect(head.motorSteps == other.motorSteps)
    #expect(head.pulsesWithoutMotion == other.pulsesWithoutMotion)
    #expect(head.deliveredMicrolitres == other.deliveredMicrolitres)
    #expect(head.nanogramsPushed == other.nanogramsPushed)
    #expect(head.nanogramsAtTip == other.nanogramsAtTip)
    // A sum is kept as its value, without what it carries of lesser bits.
    #expect(head.reservoir.contents == other.reservoir.contents)
    #expect(head.reservoir.elsewhere == other.reservoir.elsewhere)
    #expect(head.reservoir.leakedNanograms == other.reservoir.leakedNanograms)
    #expect(head.reservoir.leakMicrolitresPerDay == other.reservoir.leakMicrolitresPerDay)
    #expect(
      head.reservoir.evaporationMicrolitresPerDay == other.reservoir.evaporationMicrolitresPerDay)
    #expect(head.line?.slugs == other.line?.slugs)
    #expect(head.line?.nanogramsIn == other.line?.nanogramsIn)
    #expect(head.line?.dispersedTipConcentration == other.line?.dispersedTipConcentration)
  }

  @Test("a new file holds nothing, and then what was kept last")
  func goesOn() throws {
    #expect(try kept() == nil)
    for steps in [0, 5, 9, 9, 12] {
      try keep(bench(steps: steps))
      try expect(kept(), bench(steps: steps))
    }
    // Two slots, however often it is kept.
    #expect(try Data(contentsOf: URL(fileURLWithPath: path)).count == 2 * Self.slot)
  }

  @Test("a bench without a line has none afterwards")
  func noLine() throws {
    var head = bench(steps: 3)
    head.line = nil
    try keep(head)
    let found = try #require(try kept())
    #expect(found.line == nil)
  }

  @Test("a slot that is torn at any word leaves the one before", arguments: [0, 1])
  func torn(later: Int) throws {
    var file = try open()
    _ = file.read(gate: gate)
    for steps in 4..<6 + later {
      let isKept = file.keep(bench(steps: steps))
      #expect(isKept)
    }
    _ = consume file
    let before = bench(steps: 4 + later)
    let whole = try Data(contentsOf: URL(fileURLWithPath: path))
    // The first one goes into the second slot.
    let newest = later == 0 ? 0 : Self.slot
    for word in stride(from: 0, to: Self.slot, by: 8) {
      try change { data in
        data = whole
        data[newest + word + word / 8 % 8] ^= 0x10
      }
      try expect(kept(), before)
    }
  }

  @Test("of two slots that are torn nothing is believed, and the next one that is kept holds")
  func unreadable() throws {
    try keep(bench(steps: 4))
    try keep(bench(steps: 5))
    try change { data in for place in [80, 4_176] { data[place] ^= 1 } }
    #expect(try isUnreadable())
    try keep(bench(steps: 6))
    try expect(kept(), bench(steps: 6))
  }

  @Test("what is no bench is not read as one")
  func somethingElse() throws {
    try Data(repeating: 0x41, count: 10_000).write(to: URL(fileURLWithPath: path))
    #expect(try isUnreadable())
  }

  @Test("two processes do not keep one bench")
  func exclusive() throws {
    let file = BenchFile(path: path)
    let isOpen = file != nil
    #expect(isOpen)
    let second = BenchFile(path: path)
    let isOpenTwice = second != nil
    #expect(!isOpenTwice)
  }

  @Test("a line of more slugs than fit is not kept, and what was kept stays")
  func tooMuch() throws {
    try keep(bench(steps: 4))
    var head = bench(steps: 4)
    head.line = LineTruth(microlitres: 600, concentration: 0)
    for number in 0..<600 { head.line?.push(microlitres: 1, concentration: Double(number) * 1_000) }
    var file = try open()
    _ = file.read(gate: gate)
    let isKept = file.keep(head)
    #expect(!isKept)
    _ = consume file
    try expect(kept(), bench(steps: 4))
  }
}
