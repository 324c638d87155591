import Fixtures
import Foundation
import Quantities
import Testing

@testable import DosingCore
@testable import Journal

/// The layouts of this version, byte by byte, in `Fixtures/layout-8`. Where a test of these fails, a layout
/// has changed: it needs another number, and this one has to be read on.
@Suite struct GoldenLayoutTests {
  private static let folder = "layout-8"
  static let states = ["new", "waiting", "flex", "stopped", "hard-stop", "in-doubt"]
  private static var isToBeWritten: Bool {
    ProcessInfo.processInfo.environment["PUMP_GOLDEN"] == "write"
  }

  private static func write(_ name: String, _ bytes: [UInt8]) throws {
    try Data(bytes).write(to: Fixture.url("\(folder)/\(name)"))
  }

  @Test(
    "R-119 The golden bytes of layout 8 are made",
    .enabled(if: isToBeWritten, "PUMP_GOLDEN=write, and only for a layout that was never released"))
  func make() throws {
    try FileManager.default.createDirectory(
      at: Fixture.url(Self.folder), withIntermediateDirectories: true)
    for made in try GoldenStates.all() {
      let core = made.core
      try Self.write("\(made.name).state.bin", core.written)
      try Self.write("\(made.name).rig.bin", core.rig.recordBytes)
      if let therapy = core.therapy {
        try Self.write("\(made.name).prescription.bin", therapy.prescription.recordBytes)
      }
      let facts = GoldenStates.facts(of: core).joined(separator: "\n") + "\n"
      try Self.write("\(made.name).txt", Array(facts.utf8))
    }
    for (name, content) in GoldenValues.entries() {
      try Self.write("entry-\(name).bin", content.body)
    }
  }

  private func golden(_ name: String) throws -> [UInt8] {
    try Fixture.bytes("\(Self.folder)/\(name)")
  }

  @Test("R-119 The golden bytes of layout 8: a state", arguments: states)
  func state(name: String) throws {
    let bytes = try golden("\(name).state.bin")
    let rig = try #require(Rig(recordBytes: try golden("\(name).rig.bin")))
    #expect(rig.recordBytes == (try golden("\(name).rig.bin")))
    var therapy: Therapy?
    if name != "new" {
      let record = try golden("\(name).prescription.bin")
      let order = try #require(Prescription(recordBytes: record))
      #expect(order.recordBytes == record)
      therapy = Therapy.inForce(order, on: rig)
      #expect(therapy?.isValid == true)
    }
    #expect(bytes.starts(with: Array("ITBSTATE".utf8) + [8, 0]))
    #expect(DosingState.isOfNewestLayout(bytes))
    let core = try #require(DosingState.restored(bytes, rig, therapy))
    // What is written now may know of more faults than there were then.
    let again = try #require(DosingState.restored(core.written, rig, therapy))
    #expect(GoldenStates.facts(of: again) == GoldenStates.facts(of: core))
    let facts = String(decoding: try golden("\(name).txt"), as: UTF8.self)
    #expect(GoldenStates.facts(of: core) == facts.split(separator: "\n").map(String.init))
  }

  @Test("R-119 The golden bytes of layout 8: an entry of each kind")
  func entries() throws {
    let entries = GoldenValues.entries()
    #expect(Set(entries.map(\.content.kind)) == Set(1...22))
    for (name, content) in entries {
      let bytes = try golden("entry-\(name).bin")
      #expect(content.body == bytes, "\(name)")
      // By the kind: a refused step and the end of an extra dose have their second one, a commit its third.
      #expect(content.layout == [6: 2, 8: 3, 11: 2][content.kind, default: 1])
      let read = try #require(
        Entry.Content(kind: content.kind, layout: content.layout, body: bytes), "\(name)")
      #expect("\(read)" == "\(content)" && read.body == bytes)
    }
  }
}
