import DosingCore
import Quantities
import Testing

/// One value has one layout: bytes that would be read and then written otherwise are refused.
@Suite struct FrameLayoutTests {
  /// The frame with one byte of it set.
  private func fault(_ frame: [UInt8], at place: Int, _ byte: UInt8) -> FrameFault? {
    var wrong = frame
    wrong[place] = byte
    return faultIn(wrong)
  }

  @Test("R-028 What is absent from a program has no numbers")
  func absentFromProgram() {
    let order = Prescription.order(.stopped)
    let frame = writeFrame(.program, number: 7, body: order).written
    #expect(faultIn(frame) == nil)
    // Behind the head, labels, shape and patterns: the patient bolus, two limits, safe basal.
    let bolus = 16 + 64 + 17 + 7 * 241
    for place in (bolus + 1)..<(bolus + 26) {
      #expect(fault(frame, at: place, 1) == .malformedBody, "byte \(place)")
    }
    let safeBasal = bolus + 26 + 16
    for place in (safeBasal + 1)..<(safeBasal + 9) {
      #expect(fault(frame, at: place, 1) == .malformedBody, "byte \(place)")
    }
  }

  @Test("R-028 What is absent from a status has no numbers")
  func absentFromStatus() throws {
    let frame = writeFrame(.status, number: 7, body: Status(serial: .none)).written
    for place in frame.indices where frame[place] == 0 {
      var other = frame
      other[place] = 1
      let again = try? reread(other)
      #expect(again == nil || again == other, "byte \(place)")
    }
  }

  @Test("R-028 An answer that accepts has no numbers, and no time is before the first tick")
  func answers() throws {
    let frame = writeFrame(.answer, number: 7, body: AnswerBody()).written
    for place in 17..<41 {
      #expect(fault(frame, at: place, 1) == .malformedBody, "byte \(place)")
    }
    var early = try sample(.answer)
    early.replaceSubrange(33..<41, with: [0xfe] + Array(repeating: 0xff, count: 7))
    #expect(faultIn(early) == .malformedBody)
  }

  @Test("R-028 A script's clock is a time of one week")
  func scriptClock() throws {
    var header = ScriptHeader(
      rig: .bench(), clock: WeekTime(sinceMonday: WeekTime.week - Nanoseconds(1)),
      ticks: TickCount(1), events: 0)
    var writer = FrameWriter()
    header.layout(&writer)
    var script = writer.written
    #expect(try ScriptReader(script.span).header.clock == header.clock)
    // The clock stands before the ticks and the number of events.
    let clock = script.count - 20
    let week = UInt64(WeekTime.week.count)
    for index in 0..<8 { script[clock + index] = UInt8(truncatingIfNeeded: week >> (8 * index)) }
    #expect(throws: FrameFault.malformedBody) { _ = try ScriptReader(script.span) }
  }
}
