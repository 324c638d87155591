import DosingCore
import Durability
import Engine
import Fixtures
import Foundation
import Hardware
import Journal
import Quantities

/// One start of the engine on what a state directory holds, in virtual time, without a plant.
final class ShortLife {
  private let hardware: HardwareRig
  private var loop: RecordedLoop
  private let keeper: Keeper
  private let epoch: Int64
  private let period: Int64
  private(set) var next: Int64

  struct Unreadable: Error {}

  init(
    _ pump: consuming RestoredPump, now: MachineTime, journal: Journal, copies: SafeBasalCopies,
    page: RunPage
  ) throws {
    let (rig, first) = (pump.core.rig, pump.core.now.number + 1)
    let start = PumpStart(pump, ClockReading(now: now), after: nil, isSimulated: true)
    guard let core = start.core() else { throw Unreadable() }
    (next, epoch, period) = (first, start.timeOfTickZero.boot, rig.tick.count)
    hardware = try HardwareRig(.simulated(virtualTime: true), heartbeat: TickLoop.heartbeat)
    hardware.virtualClock.set(Nanoseconds(now.boot))
    try hardware.load(core)
    try hardware.seal(for: rig, epoch: Nanoseconds(epoch))
    let record = TickRecord()
    keeper = Keeper(
      record, journal: journal, copies: copies, start: start,
      readClock: { ClockReading(now: now) }, report: { _ in })
    loop = RecordedLoop(
      TickLoop(core: core, drive: hardware.drive, annunciator: hardware.annunciator, page: page),
      record: record, commits: start.commits)
  }

  var core: DosingState { loop.loop.core }
  /// CLOCK_BOOTTIME of the tick that ran last.
  var boot: Int64 { epoch + (next - 1) * period }

  /// Runs so many ticks. What is proposed is durable before the next one.
  func run(_ count: Int64) {
    for _ in 0..<count {
      hardware.virtualClock.set(Nanoseconds(epoch + next * period))
      loop.begin(next, missed: 0)
      _ = loop.tick(next)
      keeper.turn()
      next += 1
    }
  }

  /// What is asked is decided before the next tick.
  func ask(_ request: Request, _ kind: FrameKind) -> Answer {
    var requested = Requested()
    requested.id = 1
    requested.frame = writeFrame(kind, number: 1, body: EmptyBody()).array
    keeper.remember(requested)
    hardware.virtualClock.set(Nanoseconds(epoch + next * period))
    loop.begin(next, missed: 0)
    return loop.decide(request, id: requested.id, at: next).answer
  }

  /// Ends in order.
  func end() {
    loop.settle(at: next - 1)
    keeper.turn()
  }
}

/// A copy of a state directory of an earlier version.
final class StateFolder {
  let stored: Facts
  let url: URL
  private let name: String

  init(_ name: String) throws {
    self.name = name
    stored = try Fixture.facts("layout-1/states/\(name)/stored.json")
    url = URL(fileURLWithPath: "/tmp/pump-first-\(UInt64.random(in: 0...UInt64.max))")
    try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
    let files = [
      "journal.sqlite", "journal.sqlite-wal", "safe-basal.a", "safe-basal.b", "run-page.bin",
    ]
    for file in files where Fixture.exists("layout-1/states/\(name)/\(file)") {
      try FileManager.default.copyItem(
        at: Fixture.url("layout-1/states/\(name)/\(file)"), to: url.appendingPathComponent(file))
    }
  }

  deinit { try? FileManager.default.removeItem(at: url) }

  func journal(isReader: Bool = false) throws -> Journal {
    try Journal(
      path: url.appendingPathComponent("journal.sqlite").path, serial: stored["serial"].text,
      makesNew: !isReader, isReader: isReader)
  }

  func copies() -> SafeBasalCopies { SafeBasalCopies(CopyFiles(directory: url.path)) }

  func page(lineage: [UInt8], bootID: [UInt8]) throws -> RunPage {
    var owner = RunPage.Owner(repeating: 0)
    for index in 0..<16 { (owner[index], owner[16 + index]) = (lineage[index], bootID[index]) }
    let path = url.appendingPathComponent("run-page.bin").path
    return RunPage(try MappedFile(path: path, byteCount: RunPage.byteCount), owner: owner)
  }
}

extension Restoration {
  /// A start of which `stored.json` says what an earlier version made of it.
  init(_ start: Facts, rig: Rig, safeBasal: SafeBasalRecord?, page: RunPage) {
    let now = MachineTime(start)
    let witnesses = ClockWitnesses(
      kernel: start["witness"].text == "synchronisedKernel" ? now.utc : nil)
    self.init(
      rig: rig, clock: WeekTime(sinceMonday: .zero),
      time: ClockReading(now: now, witnesses: witnesses),
      trace: { start["run_page_is_read"].isTrue ? page.read(unitsInUnit: $0) : nil },
      safeBasal: safeBasal, firstTickIn: Nanoseconds(start["first_tick_in_ns"].number ?? 0))
  }
}

extension MachineTime {
  init(_ start: Facts) {
    let boot = start["boot_ns"].number ?? 0
    self.init(
      utc: start["utc_ns"].number ?? 0, boot: boot, monotonic: boot,
      bootID: unhex(start["boot_id"].text ?? ""))
  }
}

func unhex(_ text: String) -> [UInt8] {
  let digits = text.compactMap(\.hexDigitValue)
  return stride(from: 0, to: digits.count - 1, by: 2).map {
    UInt8(digits[$0] * 16 + digits[$0 + 1])
  }
}
