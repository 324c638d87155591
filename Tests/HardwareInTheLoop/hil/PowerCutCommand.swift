internal import ArgumentParser
internal import ChildProcess
internal import Conformance
internal import Glibc
internal import Hardware
internal import Quantities

/// One life of a machine whose power is cut: a pump whose state is on a disk, and somebody who tells,
/// outside the machine, each step at once.
///
/// scripts/guest/powercut starts it again and again on the same disk and ends it in the midst.
struct PowerCutCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "powercut", abstract: "Run a pump on a disk until the power is cut.",
    shouldDisplay: false)

  enum Asked: String, ExpressibleByArgument { case program, bolus, stop, resume }

  @Flag(help: "The pump is new, and is given its program.")
  var new = false

  @Option(help: "What is asked of the pump in this life.")
  var ask: Asked?

  @Option(help: "After so many steps of this life.")
  var after = 0

  @Option(help: "Tell of a refill up to this step, from that for which the pump waits.")
  var tell: RefillStep.Word?

  @Flag(help: "The power stays on: a refill that is open is finished, and the account is read.")
  var last = false

  /// 3.6 steps a second, so that a lease has its 32 steps and lasts as long as a life.
  static let microgramsPerHour = 100
  private static let prescription = BenchTexts.continuous(microgramsPerHour: microgramsPerHour)
  /// Somebody cuts the power long before.
  private static let lifeMax = Nanoseconds.minutes(2)

  func run() throws {
    do {
      try live()
    } catch {
      Suite.print("not ok powercut: \(error)")
      throw error
    }
  }

  private func live() throws {
    let disk = try GuestDisk()
    if new { try prepare(on: disk) }
    let witness = try PowerCutWitness()
    try witness.say("start")
    // A page in memory of its own, so that only what is on the disk is known after a cut.
    let pump = try RunningPump(
      BenchTexts(), state: disk.folder + "/state", isNew: false,
      environment: ["RUNTIME_DIRECTORY=/run"])
    // Before its first commit it does not say yet what it knows.
    var status = try pump.status()
    try waitUntil("the first commit is durable", pause: .milliseconds(20)) {
      status = try pump.status()
      return try status.number("durable_commit") > 0
    }
    // As the pump began: less what it has made since.
    let made = try status.number("interlock_steps")
    let confirmed = try status.number("steps") - made
    try witness.say(
      "running", "\(confirmed)", "\(status.number("steps_in_doubt"))", status.text("mode"))
    try sayReservoir(before: made, status, witness)
    if new { try request(.program, of: pump, witness) }
    if let ask {
      try waitUntil("\(after) steps are made", pause: .milliseconds(20)) { witness.steps >= after }
      try request(ask, of: pump, witness)
    }
    try tellRefill(PowerCutRefill(status), to: pump, witness)
    if last { return try readAccount(of: pump, witness) }
    try liveOn(pump, witness)
  }

  /// What fills the line is nobody's dose, and over before anybody counts.
  private func prepare(on disk: GuestDisk) throws {
    // It stays until the witness makes it anew.
    _ = try PowerCutWitness.chip()
    let pump = try RunningPump(
      BenchTexts(), state: disk.folder + "/state", isNew: true,
      environment: ["RUNTIME_DIRECTORY=/run"])
    try pump.prepare()
    try expect(pump.status().number("steps"), is: BenchTexts.lineSteps, "steps of the purge")
    try expect(pump.end(), is: 0, "exit code")
  }

  private func request(_ asked: Asked, of pump: RunningPump, _ witness: PowerCutWitness) throws {
    try witness.say("asked", asked.rawValue)
    let code =
      switch asked {
      case .program: try pump.ask("program", pump.file(Self.prescription))
      case .bolus: try pump.ask("bolus", "--dose", "1.5 ug", "--duration", "1 min")
      case .stop: try pump.ask("stop")
      case .resume: try pump.ask("resume")
      }
    try witness.say("answered", asked.rawValue, "\(code)")
  }

  /// What the reservoir held so many steps ago: more by what the head has taken out of it since.
  private func sayReservoir(
    before steps: Int64 = 0, _ status: StatusValues, _ witness: PowerCutWitness
  ) throws {
    let taken = steps * BenchTexts.picolitresPerStep
    try witness.say(
      "reservoir", status.text("stage"), "\(status.number("announced_nanograms_per_millilitre"))",
      "\(status.number("aspirated_picolitres"))", "\(status.number("filled_picolitres"))",
      "\(status.number("reservoir_picolitres") + taken)")
  }

  private func tellRefill(
    _ refill: PowerCutRefill, to pump: RunningPump, _ witness: PowerCutWitness
  ) throws {
    let isOpen = refill.waitsFor != .begin
    guard let upTo = tell ?? (last && isOpen ? .finish : nil) else { return }
    for step in refill.steps(upTo: upTo) {
      try witness.say("asked", words: step.words)
      let code = try step.tell(pump)
      try witness.say("answered", step.word.rawValue, "\(code)")
    }
  }

  private func liveOn(_ pump: RunningPump, _ witness: PowerCutWitness) throws {
    let end = RealTime.now + Self.lifeMax
    while RealTime.now < end {
      try expect(!pump.process.hasEnded, "pumpd ended: \(pump.log)")
      try witness.say("alive")
      RealTime.sleep(until: RealTime.now + .milliseconds(100))
    }
    throw Violation("the power was not cut")
  }

  /// Stopped first, so that the pump and the witness speak of the same moment.
  private func readAccount(of pump: RunningPump, _ witness: PowerCutWitness) throws {
    try waitUntil("the pump runs", pause: .milliseconds(20)) { witness.steps >= 20 }
    try request(.stop, of: pump, witness)
    let status = try pump.status()
    try witness.catchUp()
    try witness.say(
      "read", "\(status.number("steps"))", "\(status.number("steps_in_doubt"))",
      status.text("mode"))
    try sayReservoir(status, witness)
    Suite.print(status.json)
    try expect(pump.end(), is: 0, "exit code")
    try sayJournal(of: pump, witness)
  }

  /// The steps of refills that its journal has, as it lies on the disk: a proposal that was committed next.
  private func sayJournal(of pump: RunningPump, _ witness: PowerCutWitness) throws {
    var proposed: StatusValues?
    for line in try pump.control("log", "--json", "--kind", "request").split(separator: "\n") {
      let entry = StatusValues(json: String(line))
      let command = try entry.text("command")
      if command == "commit", let proposed, let step = try? RefillStep(proposed) {
        try witness.say("journal", words: step.words)
      }
      proposed = command == "propose-supply" ? entry : nil
    }
  }
}
