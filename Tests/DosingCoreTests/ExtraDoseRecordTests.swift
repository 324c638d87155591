import Quantities
import Testing

@testable import DosingCore

/// An extra dose as a record holds it.
@Suite struct ExtraDoseRecordTests {
  private struct Fields {
    var units: Int128 = 1_000
    var ticks: Int64 = 10
    var unitsLeft: Int128 = 400
    var ticksLeft: Int64 = 4
    var carry: Int64 = 0
  }

  /// Whether a reader takes it for a dose. It never traps on one.
  private func isRead(_ alter: (inout Fields) -> Void) -> Bool {
    var fields = Fields()
    alter(&fields)
    var writer = RecordWriter()
    var (kind, start) = (ExtraDose.Kind.bolus, Tick(7))
    writer.field(&kind)
    writer.field(&fields.units)
    writer.field(&start)
    writer.field(&fields.ticks)
    writer.field(&fields.unitsLeft)
    writer.field(&fields.ticksLeft)
    writer.field(&fields.carry)
    let record = (0..<writer.count).map { writer.bytes[$0] }
    var reader = RecordReader(record.span)
    var dose = ExtraDose(kind: .patientBolus, units: 0, ticks: 1, start: Tick(0))
    dose.layout(&reader) { units, coder in coder.field(magnitude: &units) }
    _ = dose.unitsLeft(after: 1)
    return reader.isComplete
  }

  @Test("R-086 A dose that can never have been is not read, however little is wrong with it")
  func bounds() {
    #expect(isRead { _ in })
    #expect(isRead { $0.ticks = 1 << 31 - 1 })
    #expect(!isRead { $0.ticks = 1 << 31 })
    #expect(!isRead { ($0.ticks, $0.ticksLeft) = (0, 0) })
    #expect(!isRead { $0.ticks = -1 })
    #expect(isRead { $0.units = Int128.max / 4 - 1 })
    #expect(!isRead { $0.units = Int128.max / 4 })
    #expect(!isRead { $0.units = -1 })
    #expect(isRead { $0.unitsLeft = 1_000 })
    #expect(!isRead { $0.unitsLeft = 1_001 })
    #expect(!isRead { $0.unitsLeft = -1 })
    #expect(isRead { $0.ticksLeft = 10 })
    #expect(!isRead { $0.ticksLeft = 11 })
    #expect(!isRead { $0.ticksLeft = -1 })
    #expect(isRead { $0.carry = 9 })
    #expect(!isRead { $0.carry = 10 })
    #expect(!isRead { $0.carry = -1 })
  }

  @Test(
    "R-086 Where there is no dose, its place in a record is that of a bolus of nothing in one tick")
  func noDose() {
    var (writer, doses) = (RecordWriter(), ExtraDoses())
    doses.layout(&writer)
    func number(_ value: UInt8, _ length: Int) -> [UInt8] {
      [value] + Array(repeating: 0, count: length - 1)
    }
    // Runs, kind, units, start, ticks, units left, ticks left, carry.
    let running =
      [0, 1] + number(0, 16) + number(0, 8) + number(1, 8) + number(0, 16) + number(1, 8)
      + number(0, 8)
    // Has ended, kind, start, end, units, discarded.
    let ended = [0, 1] + number(0, 8) + number(0, 8) + number(0, 16) + number(0, 16)
    let wanted = running + ended
    #expect((0..<wanted.count).map { writer.bytes[$0] } == wanted)
  }
}
