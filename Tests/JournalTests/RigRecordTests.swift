import Fixtures
import Quantities
import Testing

@testable import DosingCore
@testable import Journal

/// The record of a rig: its pump, and behind it its line where that is not the usual one.
@Suite struct RigRecordTests {
  private static var rig: Rig {
    var rig = GoldenStates.rigs[1]
    rig.pump.accuracyPermille = 25
    rig.reservoir.residue = Volume(picolitres: 400_000_001)
    rig.line = RigLine(
      pumpTubing: Volume(picolitres: 300_000_002), catheter: Volume(picolitres: 133_100_003),
      mixingPermille: 304, tolerancePermille: 35,
      primeRate: FlowRate(picolitresPerDay: 6_000_000_006))
    rig.maxPrimeDose = Mass(nanograms: 700_007)
    return rig
  }

  @Test("R-119 The golden bytes of a rig that says its line")
  func golden() throws {
    let bytes = try Fixture.bytes("layout-3/line.rig.bin")
    #expect(Self.rig.recordBytes == bytes && bytes.count == 88 + 65)
    let read = try #require(Rig(recordBytes: bytes))
    #expect(read.recordBytes == bytes && read.line == Self.rig.line)
    #expect(read.pump.accuracyPermille == 25 && read.reservoir.residue.picolitres == 400_000_001)
    #expect(read.maxPrimeDose.nanograms == 700_007)
    // What stands before it is the record of the same pump with the usual line.
    #expect(bytes.prefix(88) == GoldenStates.rigs[1].recordBytes[...])
  }

  @Test("R-119 A rig that is usual in its second part has the record that it had without one")
  func usual() throws {
    let old = try Fixture.bytes("layout-3/flex.rig.bin")
    let rig = try #require(Rig(recordBytes: old))
    #expect(rig.hasUsualLine && rig.line == .usual && rig.recordBytes == old)
    for alter in [
      { $0.pump.accuracyPermille = 51 }, { $0.reservoir.residue = .zero },
      { $0.line.mixingPermille = 201 }, { $0.line.primeRate = $0.pump.maxRate },
      { $0.maxPrimeDose = Mass(nanograms: 1) },
    ] as [(inout Rig) -> Void] {
      var other = rig
      alter(&other)
      #expect(other.recordBytes.count == 88 + 65)
      #expect(Rig(recordBytes: other.recordBytes)?.recordBytes == other.recordBytes)
    }
    // One rig has one record.
    let written = ByteWriter.written { coder in
      var rig = rig
      rig.layout(&coder)
    }
    #expect(Rig(recordBytes: written) == nil)
  }

  @Test("R-119 A rig with a load cell says it behind its line, usual or not")
  func weighing() throws {
    for rig in [Self.rig, GoldenStates.rigs[0]] {
      var weighed = rig
      weighed.weighing = Weighing(errorMilligrams: 123, driftMilligramsPerDay: 45)
      let bytes = weighed.recordBytes
      #expect(bytes.count == 88 + 65 + 17)
      #expect(bytes.suffix(17) == [1, 123, 0, 0, 0, 0, 0, 0, 0, 45, 0, 0, 0, 0, 0, 0, 0])
      let read = try #require(Rig(recordBytes: bytes))
      #expect(read.recordBytes == bytes && read.weighing == weighed.weighing)
      #expect(read.line == rig.line)
      // One rig has one record, and what it says has to be possible.
      #expect(Rig(recordBytes: bytes.dropLast(17) + [UInt8](repeating: 0, count: 17)) == nil)
      weighed.weighing?.errorMilligrams = 0
      #expect(Rig(recordBytes: weighed.recordBytes) == nil)
      for count in 154..<170 { #expect(Rig(recordBytes: Array(bytes.prefix(count))) == nil) }
    }
  }

  @Test(
    "R-119 A rig with a sensor of the pressure says it behind its load cell, whether there is one or not"
  )
  func occlusion() throws {
    for cell in [nil, Weighing(errorMilligrams: 123, driftMilligramsPerDay: 45)] {
      var rig = Self.rig
      rig.weighing = cell
      rig.occlusion = OcclusionLimits(
        threshold: Pressure(pascals: 70_000), rise: Pressure(pascals: 9_000))
      let bytes = rig.recordBytes
      #expect(bytes.count == 88 + 65 + 17 + 17)
      #expect(bytes.suffix(17) == [1, 112, 17, 1, 0, 0, 0, 0, 0, 40, 35, 0, 0, 0, 0, 0, 0])
      let read = try #require(Rig(recordBytes: bytes))
      #expect(read.recordBytes == bytes && read.weighing == cell && read.occlusion == rig.occlusion)
      // One rig has one record, and what it says has to be possible.
      #expect(Rig(recordBytes: bytes.dropLast(17) + [UInt8](repeating: 0, count: 17)) == nil)
      rig.occlusion?.rise = Pressure(pascals: 70_001)
      #expect(Rig(recordBytes: rig.recordBytes) == nil)
      for count in 171..<187 { #expect(Rig(recordBytes: Array(bytes.prefix(count))) == nil) }
    }
  }

  @Test("R-119 A record is whole or none, and judged by what it says")
  func whole() throws {
    let bytes = Self.rig.recordBytes
    for count in bytes.indices where count != 88 {
      #expect(Rig(recordBytes: Array(bytes.prefix(count))) == nil, "\(count) bytes")
    }
    #expect(Rig(recordBytes: bytes + [0]) == nil)
    var wrong = Self.rig
    wrong.line.mixingPermille = 1_001
    #expect(Rig(recordBytes: wrong.recordBytes) == nil)
    // Such a reservoir was good before a line was known, and is not for a rig of today.
    var small = GoldenStates.rigs[1]
    small.reservoir = Reservoir(
      volume: Volume(picolitres: 300_000_000), low: Volume(picolitres: 200_000_000),
      empty: Volume(picolitres: 100_000_000))
    #expect(Rig(recordBytes: small.recordBytes)?.reservoir.volume == small.reservoir.volume)
    small.line.mixingPermille = 300
    #expect(Rig(recordBytes: small.recordBytes) == nil)
  }
}

extension ByteWriter {
  fileprivate static func written(_ layout: (inout ByteWriter) -> Void) -> [UInt8] {
    var writer = ByteWriter()
    layout(&writer)
    return writer.bytes
  }
}
