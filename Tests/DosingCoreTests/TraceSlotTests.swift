import DosingCore
import Quantities
import Testing

@Suite struct TraceSlotTests {
  @Test("R-083 A slot holds a trace whole, and a torn one is never read")
  func tornSlot() throws {
    let pump = try Pump(.continuous(microgramsPerDay(300)))
    pump.run(for: .minutes(5))
    let old = TraceSlot(pump.trace, number: 1).words
    pump.runToStep()
    let trace = pump.traceInTheMiddle
    let new = TraceSlot(trace, number: 3)
    let found = TraceSlot(new.words).read()
    let read = try #require(found)
    #expect(read.number == 3)
    #expect(read.trace.tick == trace.tick && read.trace.stepIsUnderWay)
    #expect(read.trace.account.steps == trace.account.steps)
    #expect(read.trace.account.pending == trace.account.pending)
    // The process died after any number of bytes, the last word being half new.
    for count in 0..<TraceSlot.length {
      var torn = old
      for index in 0..<(count / 8) { torn[index] = new.words[index] }
      let mask = ~UInt64(0) << UInt64(count % 8 * 8)
      torn[count / 8] = old[count / 8] & mask | new.words[count / 8] & ~mask
      guard let (found, number) = TraceSlot(torn).read() else { continue }
      #expect((number == 1 || number == 3) && (found.stepIsUnderWay == (number == 3)))
    }
    #expect(TraceSlot(InlineArray(repeating: 0)).read() == nil)
  }

  @Test("The checksum is CRC-32")
  func checksum() {
    #expect(Checksum.of(Array("123456789".utf8).span) == 0xCBF4_3926)
    // Every place of a table is looked at.
    #expect(Checksum.of(Array(UInt8.min...UInt8.max).span) == 0x2905_8C73)
  }

  @Test("The checksum of a slot, which is taken by words, is that of its bytes")
  func checksumOfSlot() throws {
    let pump = try Pump(.continuous(microgramsPerDay(300)))
    for number in 1...100 as ClosedRange<UInt64> {
      pump.runToStep()
      let words = TraceSlot(pump.trace, number: number).words
      var bytes: [UInt8] = []
      for index in 0..<31 {
        for byte in 0..<8 { bytes.append(UInt8(truncatingIfNeeded: words[index] >> (8 * byte))) }
      }
      #expect(words[31] == UInt64(Checksum.of(bytes.span)))
    }
  }
}
