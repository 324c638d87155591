import DosingCore
import Fixtures
import Foundation
import GRDB
import Quantities
import Testing

@testable import Journal

/// What an earlier version wrote into a journal: `entry-*.bin` and `every-entry.sqlite`, a closed journal
/// that holds all of them in the same order.
@Suite struct FirstJournalTests {
  private static let folder = "layout-1/golden"

  private struct Kept {
    let name: String
    let kind: UInt8
    let body: [UInt8]
    let fields: Facts
  }

  private func entries() throws -> [Kept] {
    try Fixture.facts("\(Self.folder)/index.json")["files"].list.compactMap { file in
      guard file["type"].text == "body of a journal entry", let name = file["name"].text,
        let kind = file["fields"]["kind_raw"].number
      else { return nil }
      return Kept(
        name: name, kind: UInt8(kind), body: try Fixture.bytes("\(Self.folder)/\(name).bin"),
        fields: file["fields"])
    }
  }

  @Test("R-119 What an earlier version wrote is read: an entry of each kind")
  func everyKind() throws {
    let entries = try entries()
    #expect(entries.count == 23 && Set(entries.map(\.kind)) == Set(1...17))
    for kept in entries {
      let content = try #require(
        Entry.Content(kind: kept.kind, layout: 1, body: kept.body), "\(kept.name)")
      #expect(content.kind == kept.kind)
      check(content, kept)
      for layout in [UInt16(0), 2, 3] {
        // A body of another layout is not taken for one of this.
        let other = Entry.Content(kind: kept.kind, layout: layout, body: kept.body)
        #expect(other == nil, "\(kept.name)")
      }
      // Written again it says the same, in the layout of today.
      let again = try #require(
        Entry.Content(kind: kept.kind, layout: content.layout, body: content.body))
      #expect("\(again)" == "\(content)")
      check(again, kept)
      if content.layout == 1 { #expect(content.body == kept.body) }
    }
  }

  private func check(_ content: Entry.Content, _ kept: Kept) {
    let fields = kept.fields
    switch content {
    case .ended, .requestTakenBack: #expect(kept.body.isEmpty)
    // It told no amounts.
    case .extraDoseEnded(let end): #expect(kept.body.isEmpty && end == DoseEnd())
    case .started(let started):
      #expect(hex(sha256(of: started.state)) == fields["state_sha256"].text)
      #expect(hex(started.rig) == fields["rig_sha256"].text)
      #expect(hex(started.prescription) == fields["prescription_sha256"].text)
      #expect(started.commits == fields["commits"].number)
      #expect(started.isPlanned == fields["is_planned"].isTrue)
      #expect(started.stepsInDoubt == fields["steps_in_doubt"].number)
      #expect(started.ticksNotRunning == fields["ticks_not_running"].number)
      #expect(started.discardedExtraDose == fields["discarded_extra_dose"].isTrue)
      #expect(started.isSimulated == fields["is_simulated"].isTrue)
    case .requested(let requested):
      #expect(requested.id == fields["id"].number && requested.user == 1000)
      #expect(Int64(requested.process) == fields["process"].number)
      #expect(Int64(requested.reason) == fields["reason_raw"].number)
      #expect(hex(sha256(of: requested.frame)) == fields["frame_sha256"].text)
    case .ticksMissed(let count), .eventsLost(let count): #expect(count == fields["count"].number)
    case .steps(let ticks): #expect(ticks == fields["ticks"].list.compactMap(\.number))
    case .stepRefused(let refusal):
      // The first layout did not say what the interlock had counted.
      #expect("\(refusal)" == "\(StepRefusal.window(hourSteps: 0, daySteps: 0))")
      #expect(fields["refusal_raw"].number == 1)
    case .leaseGranted(let commit, let end):
      #expect(commit == fields["commit"].number && end == fields["end"].number)
    case .committed(let committed): check(committed, fields)
    case .alarms(let bits): #expect(Int64(bits) == fields["bits"].number)
    case .basalChanged(let mode): #expect(Int64(mode) == fields["mode_raw"].number)
    case .clockTrusted(let late): #expect(late == fields["late_ns"].number)
    case .sampled(let readings):
      for (reading, name) in [
        (readings.encoder, "encoder"), (readings.loadCell, "load_cell"),
        (readings.pressure, "pressure"),
      ] {
        #expect(Int64(reading.state.rawValue) == fields[name]["state_raw"].number)
        #expect(Int64(reading.value) == fields[name]["value"].number)
      }
    case .keyChanged(let change):
      #expect(hex(change.key.id) == fields["key"]["id"].text)
      #expect(change.key.newestNumber == fields["key"]["newest_number"].number)
      #expect(change.key.isRevoked == fields["key"]["is_revoked"].isTrue)
      #expect(hex(change.byKey) == fields["by_key"].text)
      #expect(Int64(change.byUser) == fields["by_user"].number)
    case .framesRefused(let counts):
      #expect(counts == fields["counts_by_doubt_raw"].list.compactMap(\.number))
    case .fault, .requestActed, .suspended, .outputsFailed, .clockVouched, .journalBegun,
      .storageTold, .signed, .requestsCounted, .rigCommitted, .orderRefused,
      .linkCounted:
      Issue.record("there was no such kind")
    }
  }

  private func check(_ committed: Committed, _ fields: Facts) {
    #expect(committed.commit == fields["commit"].number)
    #expect(committed.leaseEnd == fields["lease_end"].number)
    #expect(committed.stepsInDoubt == fields["steps_in_doubt"].number)
    #expect((committed.account == nil) == fields["account"].isNull)
    guard let account = committed.account else { return }
    // Nothing beside it says how much a unit was: it stays in the unit of its time.
    let old = fields["account"]
    #expect(account.steps == old["steps"].number)
    #expect(account.perStep == Int128(old["per_step_units"].number ?? -1))
    #expect(account.pending == Int128(old["pending"].units ?? -1))
    #expect(account.extra == Int128(old["extra"].units ?? -1))
    #expect(account.prescribed == Int128(old["prescribed"].units ?? -1))
    for reason in Account.Deficit.allCases {
      #expect(account.deficit(reason) == Int128(old["deficits"]["\(reason)"].units ?? 0))
    }
  }

  // MARK: A whole journal

  private func copied() throws -> Folder {
    let folder = try Folder()
    try FileManager.default.copyItem(
      at: Fixture.url("\(Self.folder)/every-entry.sqlite"), to: folder.url("journal.sqlite"))
    return folder
  }

  /// All that the journal holds, as it was written.
  private func checkAll(_ journal: Journal, after: Int64 = 0) throws {
    let wanted = try entries()
    let found = try journal.all()
    #expect(found.count == wanted.count + Int(after))
    for (index, kept) in wanted.enumerated() {
      #expect(found[index].id == Int64(index + 1) && found[index].entry.tick == Int64(100 + index))
      check(found[index].entry.content, kept)
      #expect(found[index].entry.content.kind == kept.kind)
    }
    let report = try journal.verify()
    #expect(report == ChainReport(events: Int64(wanted.count) + after, first: 1, firstBroken: nil))
  }

  private func layouts(_ journal: Journal) throws -> [Int64] {
    try journal.database.read {
      try Int64.fetchAll($0, sql: "SELECT layout FROM events ORDER BY id")
    }
  }

  private func checkState(_ journal: Journal) throws {
    let state = try #require(try journal.newestState())
    #expect(state.commit == 9 && state.tick == 12_001 && state.body.count == 3_342)
    let rig = try #require(Rig(recordBytes: state.rig))
    let order = try #require(state.prescription.flatMap { Prescription(recordBytes: $0) })
    let therapy = try #require(Therapy.inForce(order, on: rig))
    #expect(DosingState.restored(state.body, rig, therapy) != nil)
    let memory = try journal.linkMemory()
    #expect(memory.keys.count == 3 && memory.keysDamaged == 0 && memory.stopOrigin == .unsigned)
  }

  @Test("R-119 What an earlier version wrote is read: a journal, looked at, opened and written")
  func wholeJournal() throws {
    let folder = try copied()
    do {
      // Looked at it is as it was: nothing is migrated.
      let reader = try folder.journal(serial: "BP-0001", isReader: true)
      try checkAll(reader)
      try checkState(reader)
      #expect(throws: (any Error).self) { try layouts(reader) }
    }
    do {
      let journal = try folder.journal(serial: "BP-0001")
      try checkAll(journal)
      try checkState(journal)
      #expect(try Set(layouts(journal)) == [1])
      var committed = Committed()
      committed.commit = 10
      committed.account = Account(perStep: 1 << 100)
      try journal.commit(
        state(10),
        [entry(1, .committed(committed)), entry(2, .ended), entry(3, .stepRefused(.notYet))])
      try checkAll(journal, after: 3)
      #expect(try layouts(journal).suffix(4) == [1, 3, 1, 2])
    }
    let again = try folder.journal(serial: "BP-0001", isReader: true)
    try checkAll(again, after: 3)
    #expect(try again.newestState() == state(10))
    guard case .committed(let read) = try again.all()[23].entry.content else {
      Issue.record("another entry")
      return
    }
    #expect(read.account?.perStep == 1 << 100)
  }

  @Test(
    "R-119 R-091 A byte of an event of the first layout breaks the chain, and the number of a layout",
    arguments: [
      ("body = x'0000000000000001'", Int64(7)), ("body = zeroblob(105)", 12), ("body = x'00'", 10),
      ("layout = 2", 1), ("layout = 2", 12), ("layout = 2", 23), ("layout = 3", 5),
      ("layout = 0", 24), ("layout = 1", 24), ("layout = 4", 24), ("layout = 2", 25),
      ("layout = 258", 24), ("tick = tick + 1", 3), ("kind = 2", 16),
    ])
  func broken(_ change: String, _ id: Int64) throws {
    let folder = try copied()
    do {
      let journal = try folder.journal(serial: "BP-0001")
      try journal.commit(state(10), [entry(1, .committed(Committed())), entry(2, .ended)])
      #expect(try journal.verify().firstBroken == nil)
    }
    try folder.alter("UPDATE events SET \(change) WHERE id = \(id)")
    #expect(try folder.journal(serial: "BP-0001", isReader: true).verify().firstBroken == id)
  }
}

extension Folder {
  fileprivate func url(_ name: String) -> URL { url.appendingPathComponent(name) }
}
