internal import ArgumentParser
internal import CKernelWorld
internal import ChildProcess
internal import Conformance
internal import DosingCore
internal import Engine
internal import Glibc
internal import Hardware
internal import KernelWorld
internal import Quantities
internal import ReferenceLines

/// What a step and a tick cost on real lines, counted instruction by instruction.
///
/// Prints a row for each: measure | ours | reference | ratio | wanted.
struct BenchCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "bench", abstract: "Count instructions and system calls in the guest.",
    shouldDisplay: false)

  private static let count = 100

  func run() throws {
    let guest = try GuestBench()
    defer { withExtendedLifetime(guest) {} }
    let bare = try bareLoop(guest)
    let steps = try contract(guest)
    let ticks = try quietTicks(guest)
    let resident = try residentMemory()
    let library = GPIOChip.libraryVersion
    var isGood = Self.row("system calls in a step, \(library)", steps.calls, nil, atMost: 2)
    isGood =
      Self.row("system calls in a tick that does not step", ticks.calls, nil, atMost: 2) && isGood
    isGood =
      Self.row(
        "instructions in a step (a bare loop), \(library)", steps.instructions,
        bare.instructions, atMost: 1.10) && isGood
    isGood =
      Self.row("resident memory of pumpd, locked, MiB, \(library)", resident, nil, atMost: 24)
      && isGood
    if !isGood { throw ExitCode(1) }
  }

  /// Of a pump on real lines that has been programmed and runs, in MiB.
  private func residentMemory() throws -> Double {
    let pump = try RunningPump(BenchTexts())
    try pump.program(BenchTexts.continuous)
    try waitUntil("the motor turns") { try pump.status().number("steps") > 5 }
    let facts = TextFile.read("/proc/\(pump.process.id)/status").split(separator: "\n")
    func kibibytes(_ name: String) throws -> Int {
      guard let line = facts.first(where: { $0.hasPrefix("\(name):") }),
        let count = Int(line.filter(\.isNumber))
      else { throw Violation("no \(name) of pumpd") }
      return count
    }
    try expect(kibibytes("VmLck") > 0, "pumpd has locked no memory: \(pump.log)")
    let resident = Double(try kibibytes("VmRSS")) / 1024
    try expect(pump.end(), is: 0, "exit code")
    return resident
  }

  private static func row(
    _ measure: String, _ ours: Double, _ reference: Double?, atMost wanted: Double
  ) -> Bool {
    let judged = reference.map { ours / $0 } ?? ours
    let ratio = reference == nil ? "-" : text(judged)
    Suite.print(
      "bench | \(measure) | \(text(ours)) | \(reference.map(text) ?? "-") | \(ratio) | <= \(text(wanted))"
    )
    return judged <= wanted
  }

  private static func text(_ number: Double) -> String {
    let hundredths = Int((number * 100).rounded())
    let fraction = hundredths % 100
    return "\(hundredths / 100).\(fraction < 10 ? "0" : "")\(fraction)"
  }

  /// Of one pass of a body that makes `count` of them.
  private struct Cost {
    var instructions: Double
    var calls: Double
  }

  private static func cost(
    _ argument: UnsafeMutableRawPointer?, _ body: @convention(c) (UnsafeMutableRawPointer?) -> Void
  ) throws -> Cost {
    var counts = ckw_counts()
    let status = unsafe ckw_count(body, argument, &counts)
    try expect(status, is: 0, "counting")
    return Cost(
      instructions: Double(counts.instructions) / Double(count),
      calls: Double(counts.system_calls) / Double(count))
  }

  private func bareLoop(_ guest: GuestBench) throws -> Cost {
    let offsets = Wire.allCases.map { UInt32(BenchTexts.offset(of: $0)) }
    let status = unsafe reference_open(guest.chip.device, offsets, Int32(offsets.count))
    try expect(status, is: 0, "opening the bare lines")
    defer { reference_close() }
    _ = reference_pulses(10)  // what is resolved at the first call is not a step's
    return try unsafe Self.cost(nil) { _ in
      if !reference_pulses(Int32(BenchCommand.count)) { abort() }
    }
  }

  /// What a body may look at through a pointer.
  private final class Subject {
    let rig: HardwareRig
    var loop: TickLoop

    init(_ rig: HardwareRig) {
      self.rig = rig
      loop = TickLoop(
        core: DosingState(rig: .bench, clock: WeekTime(weekday: 0, minute: 0)), drive: rig.drive,
        annunciator: rig.annunciator)
    }

    func tick(_ number: Int64) { _ = loop.tick(number) }

    static func at(_ argument: UnsafeMutableRawPointer?) -> Subject {
      guard let argument = unsafe argument else { preconditionFailure("a body without a subject") }
      return unsafe Unmanaged<Subject>.fromOpaque(argument).takeUnretainedValue()
    }
  }

  /// Instruction by instruction a step takes long: each is made in a complete tick of its own, and the
  /// cost of those ticks is taken off. The heart beats once an hour here, so that it does not disturb.
  private func contract(_ guest: GuestBench) throws -> Cost {
    let rig = try guest.open(heartbeat: .hours(1))
    let subject = Subject(rig)
    // After the loop of the subject, whose therapy permits nothing.
    try rig.sealWide()
    let argument = unsafe Unmanaged.passUnretained(subject).toOpaque()
    defer { withExtendedLifetime(subject) {} }
    for _ in 0..<10 {
      rig.drive.completeTick()
      try expect(rig.drive.step(), is: .made, "a step")
    }
    let both = try unsafe Self.cost(argument) { argument in
      let drive = unsafe Subject.at(argument).rig.drive
      for _ in 0..<BenchCommand.count {
        drive.completeTick()
        if drive.step() != .made { abort() }
      }
    }
    let ticks = try unsafe Self.cost(argument) { argument in
      let drive = unsafe Subject.at(argument).rig.drive
      for _ in 0..<BenchCommand.count { drive.completeTick() }
    }
    return Cost(
      instructions: both.instructions - ticks.instructions, calls: both.calls - ticks.calls)
  }

  private func quietTicks(_ guest: GuestBench) throws -> Cost {
    let rig = try guest.open()
    try rig.seal(.wide, epoch: rig.now)
    let subject = Subject(rig)
    for number in Int64(0)..<10 { subject.tick(number) }
    defer { withExtendedLifetime(subject) {} }
    return try unsafe Self.cost(Unmanaged.passUnretained(subject).toOpaque()) { argument in
      let subject = unsafe Subject.at(argument)
      for number in Int64(10)..<Int64(10 + BenchCommand.count) {
        RealTime.sleep(untilBoot: Nanoseconds(number))
        subject.tick(number)
      }
    }
  }
}

extension Rig {
  /// That of the guest's rig file, as far as a tick without a therapy looks at it.
  fileprivate static let bench = Rig(
    tick: .milliseconds(10),
    pump: PumpHead(
      volumePerRevolution: Volume(picolitres: 50_000_000), stepsPerRevolution: 3200,
      minRate: FlowRate(picolitresPerDay: 48_000_000),
      maxRate: FlowRate(picolitresPerDay: 24_000_000_000),
      keepOpenRate: FlowRate(picolitresPerDay: 6_000_000)),
    reservoir: Reservoir(
      volume: Volume(picolitres: 20_000_000_000), low: Volume(picolitres: 3_000_000_000),
      empty: Volume(picolitres: 1_000_000_000)), maxVolume1h: nil, maxVolume24h: nil)
}
