import Fixtures
import Foundation
import GRDB
import Quantities
import Testing

@testable import DosingCore
@testable import Journal

/// Records, entries and frames that the first layout holds, and the fields of each, in
/// `Fixtures/layout-1/golden`.
@Suite struct FirstRecordsTests {
  private static let folder = "layout-1/golden"

  private func each(
    _ type: String, _ look: (_ name: String, _ bytes: [UInt8], _ fields: Facts) throws -> Void
  ) throws -> Int {
    let files = try Fixture.facts("\(Self.folder)/index.json")["files"].list
    let wanted = files.filter { $0["type"].text?.contains(type) ?? false }
    for file in wanted {
      let name = try #require(file["name"].text)
      let bytes = try Fixture.bytes("\(Self.folder)/\(name).bin")
      #expect(hex(sha256(of: bytes)) == file["sha256"].text)
      try look(name, bytes, file["fields"])
    }
    return wanted.count
  }

  @Test("R-119 What an earlier version wrote is read: the record of a rig, of an order, of a key")
  func documents() throws {
    let rigs = try each("record of a rig") { name, bytes, fields in
      let rig = try #require(Rig(recordBytes: bytes))
      #expect(rig.recordBytes == bytes)
      #expect(rig.tick.count == fields["tick_ns"].number)
      #expect(rig.pump.stepsPerRevolution == fields["steps_per_revolution"].number)
      #expect(
        rig.pump.volumePerRevolution.picolitres == fields["volume_per_revolution_picolitres"].number
      )
      #expect(
        rig.pump.keepOpenRate.picolitresPerDay == fields["keep_open_rate_picolitres_per_day"].number
      )
      #expect(rig.pump.minRate.picolitresPerDay == fields["min_rate_picolitres_per_day"].number)
      #expect(rig.pump.maxRate.picolitresPerDay == fields["max_rate_picolitres_per_day"].number)
      #expect(rig.reservoir.volume.picolitres == fields["reservoir_volume_picolitres"].number)
      #expect(rig.reservoir.low.picolitres == fields["reservoir_low_picolitres"].number)
      #expect(rig.reservoir.empty.picolitres == fields["reservoir_empty_picolitres"].number)
      #expect(rig.maxVolume1h.picolitres == fields["max_volume_1h_picolitres"].number)
      #expect(rig.maxVolume24h.picolitres == fields["max_volume_24h_picolitres"].number)
    }
    let orders = try each("record of a prescription") { name, bytes, fields in
      let order = try #require(Prescription(recordBytes: bytes))
      #expect(order.recordBytes == bytes)
      check(order, fields)
    }
    let keys = try each("record of a key") { name, bytes, fields in
      var (reader, key) = (ByteReader(bytes), KeyRecord.blank)
      key.layout(&reader)
      #expect(reader.isComplete)
      check(key, fields)
    }
    #expect((rigs, orders, keys) == (3, 5, 3))
  }

  @Test("R-119 What an earlier version wrote is read: the copies of the safe-basal record")
  func safeBasal() throws {
    let count = try each("SafeBasalRecord") { name, bytes, fields in
      let record = try #require(SafeBasalRecord(bytes))
      #expect(record.generation == fields["generation"].number)
      #expect(hex(record.lineage) == fields["lineage"].text)
      #expect(record.isStopped == fields["is_stopped"].isTrue)
      #expect(record.isHardStopped == fields["is_hard_stopped"].isTrue)
      #expect(record.rate.nanogramsPerDay == fields["rate_nanograms_per_day"].number)
      #expect(record.flow.picolitresPerDay == fields["flow_picolitres_per_day"].number)
      #expect(
        record.concentration.nanogramsPerMillilitre
          == fields["concentration_nanograms_per_millilitre"].number)
      #expect(hex(sha256(of: record.rig)) == fields["rig_sha256"].text)
      let order = record.prescription
      #expect(Int64(order.count) == fields["prescription_bytes"].number)
      #expect(order.isEmpty || hex(sha256(of: order)) == fields["prescription_sha256"].text)
      #expect(record.tick == fields["tick"].number && record.leaseEnd == fields["lease_end"].number)
      // Written by this version it names its layouts, and says the same.
      #expect(bytes.starts(with: "SFEBAS01".utf8) && record.bytes.starts(with: "SFEBAS04".utf8))
      #expect(record.bytes.count == bytes.count + 44)
      #expect(SafeBasalRecord(record.bytes) == record)
      for place in bytes.indices where place % 37 == 0 || place > bytes.count - 5 {
        var torn = bytes
        torn[place] ^= 1
        #expect(SafeBasalRecord(torn) == nil)
      }
    }
    #expect(count == 4)
  }

  @Test("R-119 What an earlier version wrote is read: what a tick left to its successor")
  func traceSlots() throws {
    let rig = try #require(Rig(recordBytes: try Fixture.bytes("\(Self.folder)/rig-a.bin")))
    let order = try #require(
      Prescription(recordBytes: try Fixture.bytes("\(Self.folder)/prescription-continuous.bin")))
    let therapy = try #require(Therapy.inForce(order, on: rig))
    // A nanogram had 8 640 000 units on this rig, as the bodies say.
    let units = Units(old: 8_640_000, therapy)
    let count = try each("TraceSlot") { name, bytes, fields in
      var slot = InlineArray<128, UInt8>(repeating: 0)
      for index in bytes.indices { slot[index] = bytes[index] }
      let found = TraceSlot.first(slot, unitsInUnit: therapy.unitsInFirstUnit(on: rig))
      let (trace, number) = try #require(found)
      #expect(Int64(number) == fields["slot_number"].number)
      #expect(trace.tick.number == fields["tick"].number)
      #expect(trace.stepIsUnderWay == fields["step_is_under_way"].isTrue)
      #expect(trace.stepsInDoubt == fields["steps_in_doubt"].number)
      var faults = FaultSet()
      faults[.stopped] = fields["is_stopped"].isTrue
      faults[.hardStop] = fields["is_hard_stopped"].isTrue
      faults[.interlockDisagrees] = fields["interlock_disagreed"].isTrue
      #expect(trace.faults == faults)
      let old = fields["account"]
      #expect(trace.account.steps == old["steps"].number)
      let steps = Int128(old["steps"].number ?? -1)
      #expect(trace.account.delivered == steps * therapy.scale.perStep)
      #expect(units.areSame(trace.account.pending, old["pending"].units))
      #expect(units.areSame(trace.account.extra, old["extra"].units))
      #expect(units.areSame(trace.account.sum ?? -1, old["prescribed"].units))
      for place in bytes.indices {
        var torn = slot
        torn[place] ^= 0x10
        #expect(TraceSlot.first(torn, unitsInUnit: 1) == nil)
      }
    }
    #expect(count == 2)
  }

  @Test("R-119 What an earlier version wrote is read: a frame as a record, and never on the wire")
  func frames() throws {
    let rig = try #require(Rig(recordBytes: try Fixture.bytes("\(Self.folder)/rig-a.bin")))
    var requests = 0
    let count = try each("frame") { name, frame, fields in
      // Of what is proposed the pump answers otherwise today.
      if fields["kind_raw"].number == 105 {
        #expect(throws: FrameFault.unknownKind) {
          _ = try FrameHeader.read(frame.span, isRecord: true)
        }
        return
      }
      let header = try FrameHeader.read(frame.span, isRecord: true)
      #expect(header.version == 4 && Int64(header.kind.rawValue) == fields["kind_raw"].number)
      #expect(Int64(header.length) == fields["length"].number)
      #expect(Int64(header.number) == fields["number"].number)
      #expect(throws: FrameFault.otherVersion) { _ = try FrameHeader.read(frame.span) }
      let (seal, facts) = (try Seal.read(frame.span), fields["seal"])
      #expect(hex(seal.key) == facts["key"].text && seal.number == facts["number"].number)
      #expect(hex(seal.signature) == facts["signature"].text)
      #expect(seal.isSigned == facts["is_signed"].isTrue)
      // What a pump answered is never kept.
      guard header.kind.rawValue < 100 else { return }
      requests += 1
      let body = fields["body"]
      var findings = Findings()
      func asked() throws -> Request? {
        try request(in: frame.span, on: rig, isRecord: true, findings: &findings)
      }
      switch header.kind {
      case .program:
        var order = Prescription.blank
        try readBody(frame.span, into: &order)
        check(order, body)
      case .bolus:
        guard case .bolus(let dose, let duration)? = try asked() else { return unread(name) }
        #expect(dose.nanograms == body["dose_nanograms"].number)
        #expect(duration.count == body["duration_ns"].number)
      case .new:
        guard case .commit(.new(let day, let hour))? = try asked() else { return unread(name) }
        #expect(day.picolitres == body["delivered_in_24h_picolitres"].number)
        // Nobody was asked for the hour: it may all have been in it.
        #expect(hour == day)
      case .commit:
        var commit = CommitBody()
        try readBody(frame.span, into: &commit)
        #expect(hex(commit.digest) == body["digest"].text)
      case .enroll:
        var enroll = EnrollBody()
        try readBody(frame.span, into: &enroll)
        #expect("\(enroll.role)" == body["role"].text)
        #expect(hex(enroll.publicKey) == body["public_key"].text)
      case .revoke:
        var revoke = RevokeBody()
        try readBody(frame.span, into: &revoke)
        #expect(hex(revoke.key) == body["key"].text)
      case .patientBolus: guard case .patientBolus? = try asked() else { return unread(name) }
      case .stop: guard case .stop? = try asked() else { return unread(name) }
      case .resume: guard case .resume? = try asked() else { return unread(name) }
      case .acknowledge: guard case .acknowledge? = try asked() else { return unread(name) }
      default: #expect(throws: FrameFault.unknownKind) { _ = try asked() }
      }
    }
    #expect(count == 27 && requests == 16)
  }

  private func unread(_ name: String) { Issue.record("\(name) asks for something else") }

  // MARK: Fields

  private func check(_ order: Prescription, _ fields: Facts) {
    #expect(Int64(order.mode.rawValue) == fields["mode_raw"].number)
    #expect(
      order.concentration.nanogramsPerMillilitre
        == fields["concentration_nanograms_per_millilitre"].number)
    #expect(order.maxDose1h.nanograms == fields["max_dose_1h_nanograms"].number)
    #expect(order.maxDose24h.nanograms == fields["max_dose_24h_nanograms"].number)
    #expect(order.safeBasal?.nanogramsPerDay == fields["safe_basal_nanograms_per_day"].number)
    let bolus = fields["patient_bolus"]
    #expect(order.patientBolus?.dose.nanograms == bolus["dose_nanograms"].number)
    #expect(order.patientBolus?.duration.count == bolus["duration_ns"].number)
    #expect(order.patientBolus?.lockout.count == bolus["lockout_ns"].number)
    #expect(order.patientBolus.map { Int64($0.maxIn24h) } == bolus["max_in_24h"].number)
    #expect(Int64(order.patternCount) == fields["pattern_count"].number)
    for (day, pattern) in fields["week"].list.enumerated() {
      #expect(Int64(order.week[day]) == pattern.number)
    }
    for (index, pattern) in fields["patterns"].list.enumerated() {
      #expect(order.patterns[index].count == pattern.list.count)
      for (place, step) in pattern.list.enumerated() {
        #expect(Int64(order.patterns[index].steps[place].minute) == step["minute"].number)
        #expect(
          order.patterns[index].steps[place].rate.nanogramsPerDay
            == step["nanograms_per_day"].number)
      }
    }
  }

  private func check(_ key: KeyRecord, _ fields: Facts) {
    #expect(hex(key.id) == fields["id"].text && hex(key.publicKey) == fields["public_key"].text)
    #expect(Int64(key.role.rawValue) == fields["role_raw"].number)
    #expect(key.name == Label(utf8: (fields["name"].text ?? "").utf8))
    #expect(key.newestNumber == fields["newest_number"].number)
    #expect(key.isRevoked == fields["is_revoked"].isTrue)
  }
}
