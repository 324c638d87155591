import Fixtures
import Foundation
import Quantities
import Testing

@testable import DosingCore
@testable import Journal

/// What was stored in layout 2 is read on.
@Suite struct SecondLayoutTests {
  private func stored(_ name: String) throws -> [UInt8] { try Fixture.bytes("layout-2/\(name)") }

  @Test("R-119 A state of layout 2 is read, field by field", arguments: GoldenLayoutTests.states)
  func state(name: String) throws {
    let bytes = try stored("\(name).state.bin")
    let rig = try #require(Rig(recordBytes: try stored("\(name).rig.bin")))
    let therapy =
      name == "new"
      ? nil
      : Prescription(recordBytes: try stored("\(name).prescription.bin"))
        .flatMap { Therapy.inForce($0, on: rig) }
    #expect(!DosingState.isOfNewestLayout(bytes))
    var core = try #require(DosingState.restored(bytes, rig, therapy))
    let facts = String(decoding: try stored("\(name).txt"), as: UTF8.self)
    #expect(GoldenStates.facts(of: core) == facts.split(separator: "\n").map(String.init))
    // It knew no UTC.
    #expect(core.utcOffset == .zero)
    #expect(core.report().clockBehind == nil)
    // It is written in the layout of today.
    #expect(DosingState.isOfNewestLayout(core.written))
    // A number of a layout to come is not taken for one of these.
    var later = bytes
    later[8] = UInt8(StateLayout.newest + 1)
    #expect(DosingState.restored(later, rig, therapy) == nil)
  }

  @Test("R-119 Every entry of layout 2 is read, and written as it was")
  func entries() throws {
    for (name, content) in GoldenValues.entries() where content.kind <= 21 {
      // It holds a frame, of the version of its time.
      if name == "requested" { continue }
      if case .committed = content { continue }
      if case .extraDoseEnded = content { continue }
      #expect(content.body == (try stored("entry-\(name).bin")), "\(name)")
    }
  }

  @Test(
    "R-119 A state of layouts 3 to 7 is read, field by field",
    arguments: GoldenLayoutTests.states,
    ["layout-3", "layout-4", "layout-5", "layout-6", "layout-7"])
  func stateOfLaterLayout(name: String, folder: String) throws {
    let bytes = try Fixture.bytes("\(folder)/\(name).state.bin")
    let rig = try #require(Rig(recordBytes: try Fixture.bytes("\(folder)/\(name).rig.bin")))
    let order =
      name == "new"
      ? nil : Prescription(recordBytes: try Fixture.bytes("\(folder)/\(name).prescription.bin"))
    #expect(!DosingState.isOfNewestLayout(bytes))
    let core = try #require(
      DosingState.restored(bytes, rig, order.flatMap { Therapy.inForce($0, on: rig) }))
    let facts = String(decoding: try Fixture.bytes("\(folder)/\(name).txt"), as: UTF8.self)
    #expect(GoldenStates.facts(of: core) == facts.split(separator: "\n").map(String.init))
    // All of it was of one drug: what the order names.
    #expect(core.ledger.line.count == (order == nil ? 0 : 1))
    if let order { #expect(core.ledger.line.reservoir == order.concentration) }
    // Nobody had replaced a line, or primed it.
    #expect(core.isConnected && core.prime == nil)
    // Nobody knows what a weight of then was held against.
    #expect(core.reservoirIntervals.weighed == nil)
    #expect(core.account.delivered == Int128(core.account.steps) * core.account.perStep)
    #expect(DosingState.isOfNewestLayout(core.written))
  }

  @Test(
    "R-119 A commit of an earlier version is read, and what was delivered follows from its steps")
  func commits() throws {
    for layout in ["layout-2", "layout-3"] {
      let body = try Fixture.bytes("\(layout)/entry-committed.bin")
      guard case .committed(let read)? = Entry.Content(kind: 8, layout: 2, body: body) else {
        Issue.record("\(layout) is not read")
        continue
      }
      let account = try #require(read.account)
      #expect(account.steps == 3 && account.delivered == 3 * account.perStep)
      #expect(account.deficit(.noDrug) == 0 && account.deficit(.driveFailed) > 0)
      #expect(account.prescribed == account.delivered + account.deficit + account.pending)
      #expect(Entry.Content(kind: 8, layout: 3, body: body) == nil)
    }
  }

  @Test("R-119 The end of an extra dose of an earlier version is read, and tells no amounts")
  func doseEnd() throws {
    for layout in ["layout-1", "layout-2", "layout-3"] {
      guard let body = try? Fixture.bytes("\(layout)/entry-extra-dose-ended.bin") else { continue }
      let read = Entry.Content(kind: 11, layout: 1, body: body)
      guard case .extraDoseEnded(let end)? = read else {
        Issue.record("\(layout): \(String(describing: read))")
        continue
      }
      #expect(end == DoseEnd())
      #expect(Entry.Content(kind: 11, layout: 2, body: body) == nil)
    }
  }

  @Test(
    "R-119 A request of an earlier version is read from a record, and from nobody's wire",
    arguments: [(folder: "layout-2", version: 5), ("layout-3", 6)])
  func requests(folder: String, version: Int) throws {
    let rig = try #require(Rig(recordBytes: try stored("flex.rig.bin")))
    var kinds: [FrameKind] = [
      .program, .bolus, .patientBolus, .stop, .resume, .acknowledge, .new, .clear,
    ]
    if version > 5 { kinds.append(.clock) }
    for kind in kinds {
      let frame = try Fixture.bytes("\(folder)/frame-\(kind).bin")
      #expect(throws: FrameFault.otherVersion) { try FrameHeader.read(frame.span) }
      #expect(try FrameHeader.read(frame.span, isRecord: true).version == version)
      var findings = Findings()
      let asked = try request(in: frame.span, on: rig, isRecord: true, findings: &findings)
      // Signed, a program and a clock were proposed; history and the end of a hard stop were not.
      switch (kind, asked) {
      case (.program, .propose(.program)?), (.clock, .propose(.clock)?), (.new, .commit(.new)?),
        (.clear, .commit(.clear)?), (.bolus, .bolus?), (.patientBolus, .patientBolus?),
        (.stop, .stop?), (.resume, .resume?), (.acknowledge, .acknowledge?):
        break
      default: Issue.record("\(kind) of version \(version) is read as \(String(describing: asked))")
      }
    }
  }

  @Test(
    "R-119 Every request of the versions with proposals is read from a record, and from nobody's wire",
    arguments: [(version: 7, count: 11), (8, 12)])
  func requestsOfVersion(version: Int, count: Int) throws {
    let file = "../layout-3/frames-of-version-\(version).txt"
    let text = String(decoding: try stored(file), as: UTF8.self)
    var read = 0
    for line in text.split(separator: "\n") {
      let words = line.split(separator: " ")
      let frame = stride(from: 0, to: words[2].count, by: 2).compactMap {
        UInt8(words[2].dropFirst($0).prefix(2), radix: 16)
      }
      #expect(throws: FrameFault.otherVersion) { try FrameHeader.read(frame.span) }
      let header = try FrameHeader.read(frame.span, isRecord: true)
      #expect("\(header.kind)" == words[0] && header.version == version)
      #expect(try Seal.read(frame.span).isSigned)
      if header.kind == .propose {
        var change = ProposedChange.clear
        #expect(try change.read(frame.span, header))
        #expect("\(change.kind)" == words[1])
        if case .rig(let rig) = change {
          // It did not say its line, nor what it keeps back.
          #expect(rig.hasUsualLine && rig.maxVolume24h.picolitres == 5_000_000_009)
        }
        #expect(ProposedChange.isProposal(header, try Seal.read(frame.span)))
      }
      // What earlier versions sent was not sent any more.
      var old = frame
      (old[6], old[7]) = (UInt8(FrameKind.program.rawValue), 0)
      #expect(throws: FrameFault.unknownKind) {
        try FrameHeader.read(old.span, isRecord: true)
      }
      read += 1
    }
    #expect(read == count)
  }

  @Test("R-119 The golden bytes of layout 2: the safe-basal record, and what a tick leaves")
  func records() throws {
    let record = try stored("safe-basal.bin")
    #expect(SafeBasalRecord(record) == GoldenValues.safeBasal())
    #expect(record.starts(with: Array("SFEBAS02".utf8) + [1, 0, 1, 0]))

    let bytes = try stored("trace-slot.bin")
    let wanted = GoldenValues.trace()
    var words = InlineArray<32, UInt64>(repeating: 0)
    for index in bytes.indices { words[index / 8] |= UInt64(bytes[index]) << UInt64(index % 8 * 8) }
    let found = TraceSlot(words).read(tellsDelivered: false)
    let (trace, number) = try #require(found)
    #expect(number == 42 && trace.tick == wanted.tick && trace.faults == wanted.faults)
    #expect(trace.stepIsUnderWay && trace.stepsInDoubt == wanted.stepsInDoubt)
    #expect(trace.account.steps == 3 && trace.account.extra == wanted.account.extra)
    #expect(trace.account.pending == wanted.account.pending)
    #expect(trace.account.delivered == wanted.account.delivered)
    for reason in Account.Deficit.allCases where reason != .noDrug {
      let index = Int(reason.rawValue)
      #expect(trace.account.deficit(at: index) == wanted.account.deficit(at: index))
    }
  }

  /// As it stands in the run page.
  private func slot(_ slot: TraceSlot) -> [UInt8] {
    (0..<TraceSlot.length).map {
      UInt8(truncatingIfNeeded: slot.words[$0 / 8] >> UInt64($0 % 8 * 8))
    }
  }
}

extension DosingState {
  fileprivate mutating func report() -> Status {
    var status = Status(serial: .none)
    report(to: &status)
    return status
  }
}
