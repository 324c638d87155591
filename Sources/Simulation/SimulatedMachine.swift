public import Durability
internal import Engine
public import Hardware
public import Journal
public import Quantities

/// A machine in virtual time: its clocks, its disk, and the memory that outlives a process.
public final class SimulatedMachine: StateStorage {
  public let disk: SimulatedDisk
  /// What a clock with a battery is ahead of true UTC by, in ns; nil where the rig declares none.
  public var batteryIsAhead: Int64?
  /// Whether the kernel says that its clock is synchronised; then it shows true UTC.
  public var kernelIsSynchronised = false
  /// CLOCK_BOOTTIME, which is CLOCK_MONOTONIC here, and true UTC, in ns.
  public private(set) var boot: Int64 = 7_000_000_000
  public private(set) var utc: Int64 = 1_760_000_000_000_000_000
  /// What the system clock is ahead of true UTC by, as long as it is not synchronised, in ns.
  public var systemIsAhead: Int64 = 0
  /// The key by which the pump's log is signed; nil for a log that nobody vouches for.
  public var signer: HeadSigner?
  private var boots: UInt8 = 1
  private var memory: MappedFile?
  /// How many cuts of power have ended.
  private var cutsEnded: UInt64 = 0
  private var journals = 0

  public init(seed: UInt64, hasBatteryClock: Bool = true) {
    disk = SimulatedDisk(seed: seed)
    batteryIsAhead = hasBatteryClock ? 0 : nil
  }

  // MARK: Time

  private var bootID: [UInt8] { [UInt8](repeating: boots, count: 16) }

  /// What its clocks say now.
  public var clocks: ClockReading {
    ClockReading(
      now: MachineTime(
        utc: kernelIsSynchronised ? utc : utc + systemIsAhead, boot: boot, monotonic: boot,
        bootID: bootID),
      witnesses: ClockWitnesses(
        kernel: kernelIsSynchronised ? utc : nil, battery: batteryIsAhead.map { utc + $0 }))
  }

  public func pass(_ time: Nanoseconds) {
    boot += time.count
    utc += time.count
  }

  /// True UTC is this, in ns.
  public func setUTC(_ new: Int64) { utc = new }

  /// False from a cut in the middle of what was written until `cutPower(for:)`: no process runs then.
  public var hasPower: Bool { disk.cuts == cutsEnded }

  /// The power is away for so long, or was since it went; then the machine starts.
  public func cutPower(for outage: Nanoseconds) {
    disk.cutPower()
    disk.cutPower(afterWrites: 0)
    disk.restorePower()
    cutsEnded = disk.cuts
    utc += outage.count
    boot = 5_000_000_000
    boots = boots == .max ? 1 : boots + 1
    memory = nil
  }

  // MARK: What is remembered

  private var journalName: String {
    journals == 0 ? "journal.sqlite" : "journal-\(journals).sqlite"
  }

  public var journalPath: String { "\(disk.folder)/\(journalName)" }

  public var hasJournal: Bool { disk.has(journalName) }

  public var copies: any CopyStorage { SimulatedCopies(disk: disk) }

  public var journalIsWiped: Bool {
    disk.contents(journalName, atMost: 100).map {
      !$0.isEmpty && $0.prefix(100).allSatisfy { $0 == 0 }
    } ?? false
  }

  public var place: [UInt8] { [UInt8](repeating: 3, count: 16) }

  /// It stays where it is, and another one takes its place.
  public func putJournalAside() -> String? {
    guard hasPower else { return nil }
    defer { journals += 1 }
    return journalPath
  }

  public func journalWasOpened() {}

  public func look() -> StorageLook { StorageLook() }

  public func removeRunMemory() { memory = nil }

  /// What stands in the run page; nil where there is none.
  public var runPage: [UInt8]? {
    memory.map { memory in
      (0..<memory.byteCount).map { unsafe memory.memory.load(fromByteOffset: $0, as: UInt8.self) }
    }
  }

  public func runMemory(of lineage: [UInt8]) throws(NoRunMemory) -> MappedFile {
    if let memory { return memory }
    do {
      let new = try MappedFile(path: nil, byteCount: RunPage.byteCount)
      memory = new
      return new
    } catch {
      throw NoRunMemory(place: "memory", reason: error)
    }
  }
}
