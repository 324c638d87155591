import Quantities
import SeededNumbers
import Testing

@testable import DosingCore

@Suite struct FaultRecordTests {
  private func written(_ board: FaultBoard) -> [UInt8] {
    var (writer, board) = (RecordWriter(), board)
    board.layout(&writer)
    #expect(!writer.failed)
    return (0..<writer.count).map { writer.bytes[$0] }
  }

  @Test("R-113 A board that is written down and read is the same, and has the same effect")
  func roundTrip() {
    print("boards, seed 114")
    var generator = SplitMix64(seed: 114)
    for _ in 0..<200 {
      var board = FaultBoard()
      for code in FaultCode.allCases where generator.oneIn(3) {
        let priority = generator.pick([nil, .low, .medium, .high] as [AlarmPriority?])
        _ = board.raise(code, priority, at: Tick(generator.number(0...1_000_000)))
      }
      let record = written(board)
      var (reader, again) = (RecordReader(record.span), FaultBoard())
      _ = again.raise(.hardStop, at: Tick(1))
      again.layout(&reader)
      #expect(reader.isComplete && again.on == board.on && again.effect == board.effect)
      for code in FaultCode.allCases { #expect(again[code] == board[code]) }
      #expect(written(again) == record)
    }
  }

  @Test("R-113 A fault of a pump that has run no tick yet can be written down and read")
  func beforeTheFirstTick() throws {
    for code in FaultCode.allCases where FaultRow(of: code).latches {
      var state = DosingState(rig: .bench(), clock: midnight)
      state.raise(code)
      #expect(state.now == Tick(-1))
      var writer = RecordWriter()
      state.layout(&writer)
      let record = (0..<writer.count).map { writer.bytes[$0] }
      let again = DosingState.restored(from: record.span, rig: state.rig, therapy: nil)
      let board = try #require(again, "\(code)").board
      #expect(board[code] == state.board[code])
    }
  }

  @Test("R-113 A record of more faults than are known, or of a priority that is none, is refused")
  func malformed() {
    var board = FaultBoard()
    _ = board.raise(.stopped, at: Tick(7))
    for (place, byte) in [(0, UInt8(FaultCode.count + 1)), (1, 4)] {
      var record = written(board)
      record[place] = byte
      var (reader, again) = (RecordReader(record.span), FaultBoard())
      again.layout(&reader)
      #expect(reader.failed)
    }
  }
}
