internal import DosingCore
internal import Durability
internal import Engine
internal import Hardware
internal import Journal
internal import Quantities

extension Driver {
  private static let hours: Int64 = 24

  /// Runs a day of continuous basal at 0.15 mL/d in virtual time, with every commit written and a sample a
  /// minute, and prints how many commits there were in an hour, how many steps, and how many bytes the journal
  /// has after a year of such days: what is kept of them.
  static func countCommits(in folder: String) throws {
    let rig = Rig(
      tick: Nanoseconds(10_000_000),
      pump: PumpHead(
        volumePerRevolution: Volume(picolitres: 50_000_000), stepsPerRevolution: 3200,
        minRate: FlowRate(picolitresPerDay: 48_000_000),
        maxRate: FlowRate(picolitresPerDay: 24_000_000_000),
        keepOpenRate: FlowRate(picolitresPerDay: 6_000_000)),
      reservoir: Reservoir(
        volume: Volume(picolitres: 20_000_000_000), low: Volume(picolitres: 3_000_000_000),
        empty: Volume(picolitres: 1_000_000_000)),
      maxVolume1h: nil, maxVolume24h: nil)
    let hardware = try HardwareRig(.simulated(virtualTime: true), heartbeat: TickLoop.heartbeat)
    try hardware.seal(for: rig, epoch: .zero)
    let record = TickRecord()
    let reading = ClockReading(
      now: MachineTime(
        utc: 0, boot: 0, monotonic: 0, bootID: [UInt8](repeating: 1, count: 16)))
    let pump = Restoration(
      rig: rig, clock: WeekTime(sinceMonday: .zero), time: reading,
      trace: { _ in nil }, safeBasal: nil, firstTickIn: .zero
    ).newPump()
    let start = PumpStart(pump, reading, after: nil, isSimulated: true)
    guard let core = start.core() else { preconditionFailure("a new pump can be read") }
    var loop = RecordedLoop(
      TickLoop(core: core, drive: hardware.drive, annunciator: hardware.annunciator),
      record: record, commits: start.commits)
    let path = "\(folder)/rate.sqlite"
    let journal = try Journal(path: path, serial: "BP-1", makesNew: true)
    let keeper = Keeper(
      record, journal: journal, copies: SafeBasalCopies(CopyFiles(directory: folder)),
      start: start, signer: HeadSigner(key: KeyID(1)) { _ in [UInt8](repeating: 7, count: 64) },
      readClock: { reading }, report: { _ in })
    _ = loop.decide(.program(try order(on: rig)), id: 1, at: 0)
    for tick in 0..<(hours * 360_000) {
      hardware.virtualClock.set(Nanoseconds(tick * 10_000_000))
      loop.begin(tick, missed: 0, samples: tick % 6_000 == 0 ? SensorReadings() : nil)
      if loop.tick(tick).wantsCommit { keeper.turn() }
    }
    print(
      Double(keeper.durableCommit) / Double(hours), loop.loop.core.account.steps,
      try journal.usedBytes() * min(365, Journal.eventsKept / journal.head().newest))
  }

  private static func order(on rig: Rig) throws -> Therapy {
    var order = Prescription(
      patient: Label(utf8: "BENCH-01".utf8) ?? .none, drug: Label(utf8: "baclofen".utf8) ?? .none,
      concentration: Concentration(nanogramsPerMillilitre: 500_000), mode: .continuous,
      maxDose1h: Mass(nanograms: 60_000), maxDose24h: Mass(nanograms: 500_000))
    // 0.15 mL/d.
    order.setContinuous(DoseRate(nanogramsPerDay: 75_000))
    order.safeBasal = DoseRate(nanogramsPerDay: 60_000)
    var findings = Findings()
    guard let therapy = Therapy(order, on: rig, findings: &findings) else {
      preconditionFailure("the order is valid")
    }
    return therapy
  }
}
