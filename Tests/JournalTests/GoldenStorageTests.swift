import Fixtures
import Foundation
import Testing

@testable import DosingCore
@testable import Journal

/// What is new in layout 3 of storage: the safe-basal record, and what a tick leaves, with the commit they
/// belong to; the entries of journals that were begun anew.
@Suite struct GoldenStorageTests {
  /// What a tick leaves tells what was delivered since layout 4, and the copies what is in the line.
  private static func file(_ name: String) -> String {
    "\(["trace-slot", "safe-basal"].contains(name) ? "layout-4" : "layout-3")/\(name).bin"
  }

  private static func safeBasal() -> SafeBasalRecord {
    var record = GoldenValues.safeBasal()
    (record.serial, record.commit, record.doseChange) = ("BP-0001", 4_711, 12_001)
    (record.held, record.steps, record.stepsInDoubt) = (Array(7...90), 30_021, 19)
    return record
  }

  private static func trace() -> TickTrace {
    var trace = GoldenValues.trace()
    trace.commit = 4_712
    return trace
  }

  private static let entries: [(name: String, content: Entry.Content)] = [
    ("journal-begun", .journalBegun(JournalBegun(cause: 4, after: 5_000_000_001))),
    ("storage-told", .storageTold(3)), ("signed", .signed(signedHead)),
    ("requests-counted", .requestsCounted(RequestsCounted(key: KeyID(7), user: 1501, count: 412))),
    ("rig-committed", .rigCommitted(Array(1...88))),
  ]

  private static var signedHead: SignedHead {
    var head = SignedHead()
    (head.event, head.hash) = (4_000_000_001, Array(1...32))
    (head.count, head.forgotten, head.forgottenHash) = (1_000_777, 3_000_000_000, Array(33...64))
    (head.archives, head.isEnd) = (Array(65...96), true)
    (head.serial, head.lineage) = (Array("BP-0001".utf8), Array(1...16))
    (head.key, head.signature) = (KeyID(0x61a2_54a1_df31_fe21), Array(100...163))
    return head
  }

  private static func bytes(_ slot: TraceSlot) -> [UInt8] {
    (0..<TraceSlot.length).map {
      UInt8(truncatingIfNeeded: slot.words[$0 / 8] >> UInt64($0 % 8 * 8))
    }
  }

  /// All of them, by the name of their file.
  private static var all: [(name: String, bytes: [UInt8])] {
    [("safe-basal", safeBasal().bytes), ("trace-slot", bytes(TraceSlot(trace(), number: 42)))]
      + entries.map { (name: "entry-\($0.name)", bytes: $0.content.body) }
  }

  @Test(
    "R-119 The golden bytes of storage in layout 3 are made",
    .enabled(
      if: ProcessInfo.processInfo.environment["PUMP_GOLDEN"] == "write-storage",
      "PUMP_GOLDEN=write-storage, and only for a layout that was never released"))
  func make() throws {
    for (name, bytes) in Self.all {
      try Data(bytes).write(to: Fixture.url(Self.file(name)))
    }
  }

  @Test("R-119 The golden bytes of layout 3: copies, run page, and entries of storage")
  func golden() throws {
    for (name, bytes) in Self.all {
      #expect(bytes == (try Fixture.bytes(Self.file(name))), "\(name)")
    }
    let record = try Fixture.bytes(Self.file("safe-basal"))
    #expect(record.starts(with: Array("SFEBAS04".utf8)))
    #expect(SafeBasalRecord(record) == Self.safeBasal())
    // What an earlier version wrote says nothing of it.
    var third = Self.safeBasal()
    (third.held, third.steps, third.stepsInDoubt) = ([], 0, 0)
    #expect(SafeBasalRecord(try Fixture.bytes("layout-3/safe-basal.bin")) == third)
    let second = try #require(SafeBasalRecord(try Fixture.bytes("layout-2/safe-basal.bin")))
    #expect(second == GoldenValues.safeBasal())
    #expect(second.serial.isEmpty && second.commit == 0 && second.doseChange == nil)
    let slot = TraceSlot(Self.trace(), number: 42).read()
    #expect(slot?.trace.commit == 4_712)
    #expect(slot?.trace.account == Self.trace().account)
    let bytes = try Fixture.bytes("layout-3/trace-slot.bin")
    var words = InlineArray<32, UInt64>(repeating: 0)
    for index in bytes.indices { words[index / 8] |= UInt64(bytes[index]) << UInt64(index % 8 * 8) }
    let thirdSlot = TraceSlot(words).read(tellsDelivered: false)
    #expect(thirdSlot?.trace.commit == 4_712 && thirdSlot?.trace.account == Self.trace().account)
    for (name, content) in Self.entries {
      let read = Entry.Content(
        kind: content.kind, layout: 1, body: try Fixture.bytes("layout-3/entry-\(name).bin"))
      #expect(read.map { "\($0)" } == "\(content)", "\(name)")
    }
  }

  @Test(
    "R-119 A record of copies says whether no extra dose was ever given, or one in the first tick")
  func doseChange() {
    for change in [nil, -1, 0, 1, Int64.max / 2] as [Int64?] {
      var record = Self.safeBasal()
      record.doseChange = change
      #expect(SafeBasalRecord(record.bytes) == record)
    }
  }
}
