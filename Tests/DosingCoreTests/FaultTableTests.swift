import Quantities
import SeededNumbers
import Testing

@testable import DosingCore

/// The fault table once more, by hand, and what has to follow from each row.
@Suite struct FaultTableTests {
  struct Row: Sendable {
    let code: FaultCode
    let priority: AlarmPriority
    var isSafe = false
    /// Safe basal, where nobody sees the shaft turn.
    var isSafeUnseen = false
    var gate = FaultRow.Gate.run
    /// Where what is ordered goes while the gate is closed.
    var withheld: Account.Deficit?
    /// The reason of the row, and what a bolus is told, by the mode that comes of it.
    var extras: RefusalReason?
    var bolus: RefusalReason?
    var highAfter: Nanoseconds?
    let end: FaultRow.End
    var lasts: Nanoseconds?
    /// Shown beside an order that runs continuously.
    var mode = DeliveryMode.continuous
  }

  static let rows: [Row] = [
    Row(
      code: .stopped, priority: .medium, gate: .stopped, extras: .stopped, bolus: .stopped,
      highAfter: .minutes(60), end: .request, mode: .stoppedByCommand),
    Row(
      code: .reservoirLow, priority: .medium, extras: .reservoirLow, bolus: .reservoirLow,
      end: .cause),
    Row(
      code: .reservoirEmpty, priority: .high, gate: .stopped, withheld: .reservoirEmpty,
      extras: .highAlarm, bolus: .highAlarm, end: .cause, mode: .reservoirEmpty),
    Row(
      code: .basalRefusedByLimit, priority: .high, extras: .highAlarm, bolus: .highAlarm,
      end: .commit),
    Row(
      code: .interlockDisagrees, priority: .high, isSafe: true, extras: .safeBasal,
      bolus: .safeBasal, end: .acknowledge, lasts: .hours(24), mode: .safeBasal),
    Row(
      code: .hardStop, priority: .high, gate: .hardStop, withheld: .hardStop, extras: .hardStop,
      bolus: .hardStop, end: .request, mode: .hardStop),
    Row(
      code: .storageFailed, priority: .high, isSafe: true, extras: .safeBasal, bolus: .safeBasal,
      end: .cause, mode: .safeBasal),
    Row(
      code: .restartedOften, priority: .high, extras: .highAlarm, bolus: .highAlarm,
      end: .acknowledge),
    Row(
      code: .longInterruption, priority: .high, isSafe: true, extras: .safeBasal,
      bolus: .safeBasal, end: .acknowledge, mode: .safeBasal),
    Row(
      code: .accountUncertain, priority: .medium, extras: .accountUncertain,
      bolus: .accountUncertain, end: .acknowledge, lasts: .hours(24)),
    Row(
      code: .clockUncertain, priority: .medium, isSafe: true, extras: .safeBasal,
      bolus: .safeBasal, end: .cause, mode: .safeBasal),
    Row(
      code: .historyIncomplete, priority: .high, isSafe: true, extras: .safeBasal,
      bolus: .safeBasal, end: .acknowledge, mode: .safeBasal),
    Row(code: .otherRig, priority: .high, extras: .highAlarm, bolus: .highAlarm, end: .cause),
    Row(
      code: .noHistory, priority: .high, gate: .stopped, extras: .noHistory, bolus: .noHistory,
      end: .request, mode: .noHistory),
    Row(
      code: .driveFails, priority: .medium, isSafeUnseen: true, extras: .driveFails,
      bolus: .driveFails,
      highAfter: .minutes(5), end: .cause),
    Row(code: .outputFails, priority: .medium, highAfter: .minutes(5), end: .cause),
    Row(code: .storageSlow, priority: .medium, end: .cause),
    Row(code: .suspended, priority: .medium, end: .acknowledge),
    Row(code: .newClockUncertain, priority: .low, end: .acknowledge),
    Row(
      code: .orderNotValid, priority: .medium, extras: .orderNotValid, bolus: .orderNotValid,
      end: .cause),
    Row(code: .clockDiffers, priority: .medium, end: .cause),
    Row(code: .copyFails, priority: .medium, end: .cause),
    Row(
      code: .storageLost, priority: .high, extras: .highAlarm, bolus: .highAlarm,
      end: .acknowledge),
    Row(
      code: .reservoirUnknown, priority: .high, extras: .highAlarm, bolus: .highAlarm, end: .cause),
    Row(code: .refillDiffers, priority: .medium, end: .acknowledge),
    Row(
      code: .noDrugAtTip, priority: .high, extras: .noDrugAtTip, bolus: .noDrugAtTip, end: .cause),
    Row(
      code: .lineUncertain, priority: .high, extras: .highAlarm, bolus: .highAlarm, end: .cause),
    Row(
      code: .notConnected, priority: .high, extras: .notConnected, bolus: .notConnected,
      end: .cause),
    Row(code: .weightDiffers, priority: .medium, isSafeUnseen: true, end: .cause),
    Row(
      code: .fluidElsewhere, priority: .high, extras: .highAlarm, bolus: .highAlarm, end: .cause),
    Row(
      code: .stalled, priority: .medium, gate: .attempts, withheld: .driveFailed,
      extras: .driveFails, bolus: .driveFails, end: .cause, mode: .stalled),
    Row(code: .wasStalled, priority: .medium, isSafeUnseen: true, end: .acknowledge),
    Row(code: .shaftSlips, priority: .medium, isSafeUnseen: true, end: .acknowledge),
    Row(
      code: .driveDisobeys, priority: .high, gate: .hardStop, withheld: .hardStop,
      extras: .hardStop, bolus: .hardStop, end: .request, mode: .hardStop),
    Row(
      code: .encoderLost, priority: .medium, extras: .encoderLost, bolus: .encoderLost,
      highAfter: .minutes(60), end: .cause),
    Row(code: .loadCellLost, priority: .medium, isSafeUnseen: true, end: .cause),
    Row(code: .pressureLost, priority: .medium, isSafeUnseen: true, end: .cause),
    Row(
      code: .occluded, priority: .medium, isSafeUnseen: true, gate: .attempts,
      withheld: .driveFailed,
      extras: .occluded, bolus: .occluded, highAfter: .minutes(3), end: .cause, mode: .occluded),
    Row(
      code: .wasOccluded, priority: .medium, isSafeUnseen: true, extras: .occluded,
      bolus: .occluded,
      end: .acknowledge),
    Row(
      code: .freeFlow, priority: .high, gate: .hardStop, withheld: .hardStop,
      extras: .hardStop, bolus: .hardStop, end: .request, mode: .hardStop),
    Row(code: .notEmptying, priority: .medium, isSafeUnseen: true, end: .cause),
    Row(code: .ticksLate, priority: .medium, end: .cause),
  ]

  /// The modes of a closed gate, the one that is shown first.
  private static let closed: [DeliveryMode] = [
    .hardStop, .stoppedByCommand, .noHistory, .reservoirEmpty, .stalled, .occluded,
  ]

  /// An order runs, with another rate as safe basal.
  private static func running() throws -> DosingState {
    var order = Prescription.continuous(microgramsPerDay(300))
    order.safeBasal = microgramsPerDay(200)
    var state = DosingState(rig: .bench(), clock: midnight)
    #expect(state.decide(.program(try Therapy.of(order)), at: Tick(0)).isAccepted)
    return state
  }

  @Test("R-113 Every fault has its row, in the order of its code")
  func everyFault() {
    #expect(Self.rows.map(\.code) == FaultCode.allCases)
    let numbers = Self.rows.map { Int($0.code.rawValue) }
    #expect(numbers == numbers.sorted() && numbers.last == FaultCode.count - 1)
    for row in Self.rows {
      let table = FaultRow(of: row.code)
      #expect(table.end == row.end, "\(row.code)")
      #expect(table.latches == (row.end != .cause), "\(row.code)")
    }
  }

  @Test("R-113 What follows from a fault alone is what its row says", arguments: rows)
  func alone(_ row: Row) throws {
    var state = try Self.running()
    let scale = try #require(state.therapy?.scale)
    state.raise(row.code)
    state.latch()
    #expect(state.board[row.code] == Fault(code: row.code, priority: row.priority, raised: Tick(0)))
    #expect(state.board.highest == row.priority)
    let effect = state.board.effect
    #expect(effect.rate == (row.isSafe ? .safe : .scheduled) && effect.gate == row.gate)
    #expect(effect.extras?.reason == row.extras && effect.withheld == row.withheld)
    #expect(effect.extras.map { $0.fault == row.code && $0.priority == row.priority } ?? true)
    #expect(state.mode == row.mode)
    #expect(state.refuses(.bolus(dose: micrograms(2), duration: .minutes(5)))?.reason == row.bolus)
    let rate = scale.perTick(microgramsPerDay(row.isSafe ? 200 : 300))
    #expect(state.unitsPerTick.basal == (row.gate == .run ? rate : 0))
    #expect(
      state.outputs.enable == (row.gate == .run) && state.outputs.signal.light == row.priority)
    #expect(state.outputs.isOpen == (row.gate == .run))
    #expect(state.outputs.signal.sound.rawValue == row.priority.rawValue)
    let isEnded = state.board.endAll(by: row.end)
    #expect(isEnded && state.board.effect == Effect())
  }

  /// The strictest on each axis, each by itself.
  private func expectStrictest(_ board: FaultBoard, _ on: [FaultCode: AlarmPriority]) {
    let rows = Self.rows.filter { on[$0.code] != nil }
    let effect = board.effect
    let isUnseen = on[.encoderLost] != nil
    let isSafe = rows.contains { $0.isSafe || isUnseen && $0.isSafeUnseen }
    #expect(effect.rate == (isSafe ? .safe : .scheduled))
    #expect(effect.gate.rawValue == rows.map(\.gate.rawValue).max() ?? 0)
    let shut = rows.filter { $0.gate != .run }
    #expect(effect.closedAs == Self.closed.first { mode in shut.contains { $0.mode == mode } })
    // A gate that one fault closes as not ordered leaves nothing to miss.
    let isOrdered = shut.allSatisfy { $0.withheld != nil }
    #expect(effect.withheld == (isOrdered ? shut.first?.withheld : nil))
    let refusing = rows.filter { $0.extras != nil }
    let gravest = refusing.compactMap { on[$0.code] }.max()
    let named = refusing.first { on[$0.code] == gravest }
    #expect(effect.extras?.fault == named?.code && effect.extras?.reason == named?.extras)
    #expect(effect.extras?.priority == gravest)
    #expect(board.highest == on.values.max())
  }

  @Test(
    "R-113 R-147 Of any set of faults the strictest holds on each axis by itself, in whatever order"
  )
  func strictest() {
    print("sets of faults, seed 113")
    var generator = SplitMix64(seed: 113)
    for _ in 0..<2_000 {
      var board = FaultBoard()
      var on: [FaultCode: AlarmPriority] = [:]
      let few = generator.number(1...20)
      for row in Self.rows.shuffled(using: &generator).prefix(Int(few)) {
        let higher: AlarmPriority? = generator.oneIn(4) ? .high : nil
        on[row.code] = higher ?? row.priority
        let isNew = board.raise(row.code, higher, at: Tick(5))
        // Again, and no higher: nothing happens.
        let isNewAgain = board.raise(row.code, .low, at: Tick(6))
        #expect(isNew && !isNewAgain)
      }
      expectStrictest(board, on)
      for code in FaultCode.allCases.shuffled(using: &generator) {
        let wasOn = on.removeValue(forKey: code) != nil
        let hasEnded = board.end(code)
        #expect(hasEnded == wasOn)
        if wasOn { expectStrictest(board, on) }
      }
      #expect(board.effect == Effect() && board.on == FaultSet() && board.highest == nil)
    }
  }

  @Test(
    "R-113 R-144 Time alone makes a fault a high alarm, or ends it, at its tick; who has seen a medium one is not told",
    arguments: rows, [false, true])
  func timeAlone(_ row: Row, isSeen: Bool) throws {
    let rig = Rig.bench()
    var board = FaultBoard()
    _ = board.raise(row.code, at: Tick(1_000))
    if isSeen {
      let changes = board.acknowledge()
      #expect(changes == (row.end == .acknowledge))
      guard !changes else { return #expect(board.nextChange(rig: rig) == .never) }
    }
    let unseen: Nanoseconds? = row.priority == .medium && !isSeen ? .minutes(30) : nil
    var changes: [(at: Nanoseconds, priority: AlarmPriority?)] = []
    if let high = row.highAfter ?? unseen { changes.append((high, .high)) }
    if let lasts = row.lasts { changes.append((lasts, nil)) }
    var priority: AlarmPriority? = row.priority
    for (after, next) in changes {
      let change = Tick(1_000 + rig.ticks(after))
      #expect(board.nextChange(rig: rig) == change)
      let changesBefore = board.pass(to: Tick(change.number - 1), rig: rig)
      #expect(!changesBefore && board[row.code]?.priority == priority)
      let changesNow = board.pass(to: change, rig: rig)
      #expect(changesNow && board[row.code]?.priority == next)
      // It is on since it was raised.
      #expect(next == nil || board[row.code]?.raised == Tick(1_000))
      priority = next
    }
    // Nothing is left to come.
    #expect(board.nextChange(rig: rig) == .never)
    let changesLater = board.pass(to: Tick(1_000 + rig.ticks(.days(3_650))), rig: rig)
    #expect(!changesLater && board[row.code]?.priority == priority)
  }

  @Test("R-113 A set of faults has room for 128, each its own bit")
  func set() {
    #expect(MemoryLayout<FaultSet>.size == 16)
    var set = FaultSet(bits: 1 << 127)
    for code in FaultCode.allCases { set[code] = true }
    let wanted: UInt128 = (1 << 127) + (1 << FaultCode.count) - 1
    #expect(set.bits == wanted)
    var writer = RecordWriter()
    set.layout(&writer)
    var (reader, again) = (RecordReader(writer.written.span), FaultSet())
    again.layout(&reader)
    #expect(again == set && reader.isComplete && writer.count == 16)
    for code in FaultCode.allCases {
      set[code] = false
      #expect(!set[code] && again[code])
    }
    #expect(set == FaultSet(bits: 1 << 127))
  }
}

extension RecordWriter {
  fileprivate var written: [UInt8] { (0..<count).map { bytes[$0] } }
}
