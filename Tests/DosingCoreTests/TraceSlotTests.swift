import DosingCore
import Quantities
import Testing

@Suite struct TraceSlotTests {
  @Test("R-083 A slot holds a trace whole, and a torn one is never read")
  func tornSlot() throws {
    let pump = try Pump(.continuous(microgramsPerDay(300)))
    pump.run(for: .minutes(5))
    let old = TraceSlot(pump.trace, number: 1).bytes
    pump.runToStep()
    let trace = pump.traceInTheMiddle
    let new = TraceSlot(trace, number: 3)
    var whole = TraceSlot(new.bytes)
    let found = whole.read()
    let read = try #require(found)
    #expect(read.number == 3)
    #expect(read.trace.tick == trace.tick && read.trace.stepIsUnderWay)
    #expect(read.trace.account.steps == trace.account.steps)
    #expect(read.trace.account.pending == trace.account.pending)
    // The process died after any number of bytes.
    for count in 0..<TraceSlot.length {
      var torn = old
      for index in 0..<count { torn[index] = new.bytes[index] }
      var slot = TraceSlot(torn)
      guard let (found, number) = slot.read() else { continue }
      #expect((number == 1 || number == 3) && (found.stepIsUnderWay == (number == 3)))
    }
    var blank = TraceSlot(InlineArray(repeating: 0))
    #expect(blank.read() == nil)
  }

  @Test("The checksum is CRC-32")
  func checksum() {
    #expect(Checksum.of(Array("123456789".utf8).span) == 0xCBF4_3926)
  }
}
