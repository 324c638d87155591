import Documents
import DosingCore
import Foundation
import ProgrammerLink
import Quantities
import Testing

@testable import pumpctl

/// What a terminal of a size shows.
@Suite struct StatusScreenTests {
  private static func label(_ text: String) -> Label { Label(utf8: text.utf8) ?? .none }

  private static func status(_ alarms: [FaultCode: AlarmPriority] = [:]) -> StatusText {
    var status = Status(serial: label("BP-0001"))
    (status.simulated, status.mode) = (true, .continuous)
    (status.patient, status.drug) = (label("BENCH-01"), label("baclofen"))
    status.concentration = Concentration(nanogramsPerMillilitre: 500_000)
    (status.now, status.tickPeriod) = (Tick(100_000), .milliseconds(10))
    status.utc = 1_790_000_000_000_000_000
    (status.limitHour, status.limitDay) = (
      Mass(nanograms: 60_000), Mass(nanograms: 500_000)
    )
    status.deficits[0] = Mass(nanograms: 5)
    status.stepsInDoubt = 3
    (status.reservoir, status.reservoirVolume) = (
      Volume(picolitres: 3_000_000_000), Volume(picolitres: 20_000_000_000)
    )
    for (code, priority) in alarms {
      status.faults[Int(code.rawValue)].priority = priority.rawValue
      status.faults[Int(code.rawValue)].raised = Tick(90_000 + Int64(code.rawValue))
    }
    return StatusText(status, isSignedByTrustedKey: true)
  }

  private static let three: [FaultCode: AlarmPriority] = [
    .reservoirLow: .medium, .reservoirEmpty: .high, .otherRig: .high,
  ]
  private static let every = Dictionary(
    uniqueKeysWithValues: FaultCode.allCases.map { ($0, AlarmPriority.high) })

  private func lines(
    _ columns: Int, _ rows: Int, _ alarms: [FaultCode: AlarmPriority], silence: Nanoseconds? = nil
  ) -> [StatusScreen.Line] {
    StatusScreen(
      status: Self.status(alarms), size: StatusScreen.Size(columns: columns, rows: rows),
      silence: silence
    ).lines
  }

  private static let sizes = [(80, 24), (120, 40), (60, 24), (60, 60), (40, 12), (20, 5), (1, 1)]

  @Test(
    "A screen holds what it shows, whatever its size and however many alarms are on",
    arguments: sizes)
  func fits(columns: Int, rows: Int) {
    for alarms in [[:], Self.three, Self.every] {
      for silence in [nil, Nanoseconds.seconds(75)] {
        let lines = lines(columns, rows, alarms, silence: silence)
        #expect(!lines.isEmpty && lines.count <= rows)
        for line in lines { #expect(line.text.count <= columns, "\(line.text)") }
      }
    }
  }

  @Test(
    "Title, SIMULATED and alarms are always there, the highest first, on 24 lines and more",
    arguments: [(80, 24), (120, 40), (60, 24)])
  func important(columns: Int, rows: Int) throws {
    for silence in [nil, Nanoseconds.seconds(12)] {
      let lines = lines(columns, rows, Self.three, silence: silence)
      let text = lines.map(\.text)
      #expect(text[0].contains("pump BP-0001") && text[0].contains("SIMULATED"))
      #expect(text.contains { $0.contains("patient BENCH-01, baclofen 500 mcg/mL") })
      #expect(text.contains { $0.contains("NO ANSWER for 12 s") } == (silence != nil))
      let first = try #require(text.firstIndex { $0.hasPrefix("HIGH") })
      let last = try #require(text.firstIndex { $0.hasPrefix("MEDIUM") })
      #expect(first < last && text.count { $0.hasPrefix("HIGH") } == 2)
      #expect(lines[first].mark == .high && lines[last].mark == .medium)
      let mode = try #require(text.firstIndex { $0.hasPrefix("  mode") })
      #expect(last < mode)
      for row in ["basal now", "extra dose", "today", "reservoir", "24 h limit", "in doubt"] {
        #expect(text.contains { $0.hasPrefix("  \(row)") }, "\(row)")
      }
    }
  }

  @Test("Of many alarms it is told how many more there are, and the mode is still shown")
  func manyAlarms() {
    let text = lines(80, 24, Self.every).map(\.text)
    #expect(text.contains { $0.hasPrefix("and ") && $0.hasSuffix("more alarms") })
    #expect(text.contains { $0.hasPrefix("  mode") && $0.contains("continuous") })
    #expect(lines(80, 24, [:]).map(\.text).contains("no alarm"))
  }

  @Test("More room shows more: all that the other form says")
  func moreRoom() {
    let text = lines(120, 40, Self.three).map(\.text)
    for row in ["sensors", "signature", "tick", "lateness", "since new", "deficit"] {
      #expect(text.contains { $0.hasPrefix("  \(row)") }, "\(row)")
    }
  }

  @Test("A key that is not trusted is told near the top")
  func notTrusted() throws {
    let status = StatusText(Self.status().status, isSignedByTrustedKey: false)
    let text = StatusScreen(
      status: status, size: StatusScreen.Size(columns: 80, rows: 24), silence: nil
    ).lines.map(\.text)
    let signature = try #require(text.firstIndex { $0.contains("NOT CHECKED") })
    let mode = try #require(text.firstIndex { $0.hasPrefix("  mode") })
    #expect(signature < mode)
  }
}

/// The file of the pumps that somebody trusts.
@Suite struct KnownPumpsTests {
  @Test("R-105 Pumps that are trusted at the same time are all there afterwards")
  func atOnce() throws {
    let folder = try TemporaryFolder()
    let pumps = KnownPumps(path: folder.path("pumps"))
    let keys = (0..<8).map { _ in SigningKey().verifying }
    DispatchQueue.concurrentPerform(iterations: keys.count) { index in
      try? pumps.add(keys[index], of: Label(utf8: "BP-\(index)".utf8) ?? .none)
    }
    for (index, key) in keys.enumerated() {
      let label = try #require(Label(utf8: "BP-\(index)".utf8))
      #expect(try pumps.key(of: label)?.id == key.id)
    }
  }

  @Test("R-105 A serial that ends as another one takes nothing from it")
  func similarSerials() throws {
    let folder = try TemporaryFolder()
    let pumps = KnownPumps(path: folder.path("pumps"))
    let (long, short) = (SigningKey().verifying, SigningKey().verifying)
    let (first, second) = (
      try #require(Label(utf8: "S 1".utf8)), try #require(Label(utf8: "1".utf8))
    )
    try pumps.add(long, of: first)
    try pumps.add(short, of: second)
    #expect(try pumps.key(of: first)?.id == long.id && pumps.key(of: second)?.id == short.id)
    try pumps.add(short, of: first)
    #expect(try pumps.key(of: first)?.id == short.id)
  }
}
