internal import DosingCore
public import Quantities

/// What a pump falls back on where its journal is gone or too old: what was committed, and whether
/// delivery was stopped. Kept beside the journal, in two copies.
public struct SafeBasalRecord: Equatable, Sendable {
  /// Grows with every change. The journal keeps the number of the record that belongs to it.
  public var generation: Int64
  /// The name of the history that the record belongs to: 16 bytes.
  public var lineage: [UInt8]
  public var isStopped: Bool
  public var isHardStopped: Bool
  /// Safe basal as mass and as volume, and the concentration that joins them.
  public var rate: DoseRate
  public var flow: FlowRate
  public var concentration: Concentration
  /// The records of the rig and of the prescription that were committed; empty for none.
  public var rig: [UInt8]
  public var prescription: [UInt8]
  private var rigLayout = RecordLayout.document
  private var prescriptionLayout = RecordLayout.document
  /// The tick of the commit, and where its lease ended.
  public var tick: Int64
  public var leaseEnd: Int64
  // What the first two layouts did not say:
  /// The serial of the pump, of at most 31 letters; empty where the record does not say it.
  public var serial: String
  /// The newest commit that was durable when it was written; 0 where the record does not say it.
  public var commit: Int64
  /// The tick in which the newest extra dose began or ended; nil for none.
  public var doseChange: Int64?

  // What the first three layouts did not say:
  /// What the reservoir and the line hold, as `DosingState.writeHeld(to:)` wrote it; empty where the record
  /// does not say it.
  public var held: [UInt8]
  /// The steps that had been made since the pump was new, and those that were in doubt.
  public var steps: Int64
  public var stepsInDoubt: Int64

  /// The number of the layout stands in the last two letters: "SFEBAS01" to "SFEBAS04", little-endian.
  private static let magics: [UInt64] = (1...4).map { 0x3030_5341_4245_4653 + $0 << 56 }

  /// - Parameters:
  ///   - prescription: nil where nothing was committed: then safe basal is zero.
  public init(
    generation: Int64, lineage: [UInt8], isStopped: Bool, isHardStopped: Bool, rig: [UInt8],
    prescription: [UInt8]?, tick: Int64, leaseEnd: Int64, serial: String = "", commit: Int64 = 0,
    doseChange: Int64? = nil, held: [UInt8] = [], steps: Int64 = 0, stepsInDoubt: Int64 = 0
  ) {
    (self.serial, self.commit, self.doseChange) = (serial, commit, doseChange)
    (self.held, self.steps, self.stepsInDoubt) = (held, steps, stepsInDoubt)
    self.generation = generation
    self.lineage = lineage
    self.isStopped = isStopped
    self.isHardStopped = isHardStopped
    self.rig = rig
    self.prescription = prescription ?? []
    self.tick = tick
    self.leaseEnd = leaseEnd
    let ordered = prescription.flatMap { Prescription(recordBytes: $0) }
    rate = ordered?.safeBasal ?? .zero
    concentration = ordered?.concentration ?? .zero
    flow =
      concentration > .zero
      ? FlowRate(of: rate, at: concentration, rounded: .down) ?? .zero : .zero
  }

  /// Whether this is what it says, of whichever time. Asked in every commit: the order is compared as its
  /// record, not read.
  public func holds(
    isStopped: Bool, isHardStopped: Bool, lineage: [UInt8], rig: [UInt8], prescription: [UInt8],
    doseChange: Int64?, held: [UInt8]
  ) -> Bool {
    self.isStopped == isStopped && self.isHardStopped == isHardStopped && self.lineage == lineage
      && self.rig == rig && self.prescription == prescription && self.doseChange == doseChange
      && self.held == held
  }

  public var bytes: [UInt8] {
    var (writer, record) = (ByteWriter(), self)
    record.layout(&writer)
    var sum = Checksum.of(writer.bytes.span)
    writer.field(&sum)
    return writer.bytes
  }

  /// Nil where the bytes are torn, or not such a record.
  public init?(_ bytes: [UInt8]) {
    guard bytes.count > 4 else { return nil }
    var end = ByteReader(Array(bytes.suffix(4)))
    var sum: UInt32 = 0
    end.field(&sum)
    let covered = Array(bytes.dropLast(4))
    guard sum == Checksum.of(covered.span) else { return nil }
    self.init(
      generation: 0, lineage: [], isStopped: false, isHardStopped: false, rig: [],
      prescription: nil, tick: 0, leaseEnd: 0)
    var reader = ByteReader(covered)
    layout(&reader)
    guard reader.isComplete, lineage.count == 16 else { return nil }
  }

  private mutating func layout(_ coder: inout some FrameCoder) {
    var magic = Self.magics[3]
    coder.field(&magic)
    let number = (Self.magics.firstIndex(of: magic) ?? -1) + 1
    if number == 0 { coder.fail() }
    // The first one did not say what the records of rig and prescription are laid out by.
    if number > 1 {
      coder.field(&rigLayout)
      coder.field(&prescriptionLayout)
      let known = 1...RecordLayout.document
      if !known.contains(rigLayout) || !known.contains(prescriptionLayout) { coder.fail() }
    }
    coder.field(magnitude: &generation)
    coder.field(bytes: &lineage, atMost: 16)
    coder.field(&isStopped)
    coder.field(&isHardStopped)
    coder.field(&rate)
    coder.field(&flow)
    coder.field(&concentration)
    coder.field(bytes: &rig, atMost: RecordWriter.capacity)
    coder.field(bytes: &prescription, atMost: RecordWriter.capacity)
    coder.field(magnitude: &tick)
    coder.field(magnitude: &leaseEnd)
    if number > 2 { layoutThird(&coder) }
    if number > 3 { layoutFourth(&coder) }
  }

  private mutating func layoutThird(_ coder: inout some FrameCoder) {
    var letters = Array(serial.utf8)
    coder.field(bytes: &letters, atMost: Label.capacity)
    serial = String(decoding: letters, as: UTF8.self)
    coder.field(magnitude: &commit)
    // The tick before the first one is -1.
    var change = doseChange.map { $0 + 2 } ?? 0
    coder.field(magnitude: &change)
    doseChange = change == 0 ? nil : change - 2
  }

  private mutating func layoutFourth(_ coder: inout some FrameCoder) {
    coder.field(bytes: &held, atMost: HeldWriter.capacity)
    coder.field(magnitude: &steps)
    coder.field(magnitude: &stepsInDoubt)
  }
}

/// Where the two copies are kept.
public protocol CopyStorage {
  /// The bytes of copy 0 or 1, and whatever may stand behind them; nil where there is none.
  func read(_ copy: Int) -> [UInt8]?
  /// Durable when it returns.
  func write(_ copy: Int, _ bytes: [UInt8]) throws(JournalError)
}
