internal import Quantities

/// The number of a layout stands before every record of the state. One that was released stays readable.
public enum StateLayout {
  /// The letters `ITBSTATE`. As the tick number with which the first layout begins it cannot be.
  static let magic: UInt64 = 0x4554_4154_5342_5449
  public static let newest: UInt16 = 8
}

extension DosingState {
  /// Visits everything that a restart needs, to write it down or to read it: all but the rig and the
  /// therapy, which have records of their own. Less than `RecordWriter.capacity` bytes.
  ///
  /// A reader has to look at `failed` before it uses what was read.
  public mutating func layout(_ coder: inout some FrameCoder) {
    var (magic, number) = (StateLayout.magic, StateLayout.newest)
    coder.field(&magic)
    coder.field(&number)
    if magic != StateLayout.magic || number < 2 || number > StateLayout.newest { coder.fail() }
    coder.field(&now.number)
    if now.number < -1 { coder.fail() }
    ledger.layout(&coder, alone: number > 3 ? nil : concentrationOfOrder)
    if number > 2 { therapyClock.layout(&coder) } else { therapyClock.layoutFirst(&coder) }
    board.layout(&coder)
    doses.layout(&coder)
    if number > 3 { refill.layout(&coder) }
    if number > 4 { layoutPrime(&coder) }
    if number > 5 {
      layoutReservoir(&coder)
      weight.layout(&coder)
    }
    coder.field(magnitude: &ticksMissed)
    restarts.layout(&coder)
    var hasStated = stated != nil
    coder.field(&hasStated)
    var said = stated ?? StatedHistory(hourBucket: 0, dayBucket: 0, hourSteps: 0, daySteps: 0)
    said.layout(&coder)
    stated = hasStated ? said : nil
  }

  /// What a pump of before there were lines holds: nothing where nothing is ordered.
  var concentrationOfOrder: Concentration {
    order.exists ? order.therapy.prescription.concentration : Concentration(baseUnits: 0)
  }

  /// Writes it down. Of one type of writer, and so many times as fast as what is compiled for any.
  public mutating func write(to record: inout RecordWriter) { layout(&record) }

  /// Reads what `layout(_:)` wrote, now or in an earlier version.
  ///
  /// - Parameters:
  ///   - therapy: what was committed with it; nil for none.
  /// - Returns: nil where it is not a record of this rig and this therapy.
  public static func restored(
    from record: Span<UInt8>, rig: Rig, therapy: Therapy?
  ) -> DosingState? {
    var state = DosingState(rig: rig, clock: WeekTime(sinceMonday: .zero))
    guard state.take(record, ordered: therapy) else { return nil }
    return state
  }

  /// False where it is not a record of this rig and this therapy.
  @inline(never)
  private mutating func take(_ record: Span<UInt8>, ordered therapy: Therapy?) -> Bool {
    if let therapy { adopt(therapy) }
    // What an earlier layout does not tell.
    weight.forgetReference()
    var reader = RecordReader(record)
    if Self.layoutNumber(of: record) > 1 { layout(&reader) } else { layoutFirst(&reader) }
    guard
      reader.isComplete, therapy == nil || ledger.isOfItsRig,
      now.number <= Int64.max / 4 / rig.tick.count, ledger.hour.isAt(now), ledger.day.isAt(now)
    else { return false }
    ledger.forgetLosses()
    watch()
    latch()
    return true
  }

  /// Whether a record was written by this version, or one that decides by the same rules.
  public static func isOfNewestLayout(_ record: Span<UInt8>) -> Bool {
    layoutNumber(of: record) == StateLayout.newest
  }

  private static func layoutNumber(of record: Span<UInt8>) -> UInt16 {
    var reader = BoundedReader<10>(record.extracting(first: 10))
    var (magic, number) = (UInt64(0), UInt16(0))
    reader.field(&magic)
    reader.field(&number)
    return magic == StateLayout.magic ? number : 1
  }
}
