internal import ArgumentParser
internal import Documents
internal import Quantities

struct CampaignCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "campaign",
    abstract: "Run weeks to which anything happens, each made from a seed, and judge them.",
    discussion: """
      Prints one JSON line a seed. Programs both ways, extra doses, stops, late ticks, suspensions, \
      wrong clocks, and faults of drive, lines and storage; the engine is killed, its power is cut, and it \
      is restored by the code of pumpd.
      """)

  @Option(help: ArgumentHelp("From one seed up to another.", valueName: "A..B"))
  var seeds: Seeds

  @Option(help: ArgumentHelp("Only the i-th of n shares of them.", valueName: "i/n"))
  var shard = Shard(number: 1, count: 1)

  func run() throws {
    var bad = 0
    try Pumpsim.guarded {
      for seed in seeds.first...seeds.last where seed % shard.count == shard.number - 1 {
        var run = try ScenarioRun(RandomWeek.scenario(seed: seed))
        try run.run()
        let summary = run.summary(path: "seed \(seed)", inputs: [], seed: seed)
        print(try CampaignLine(summary).json(isPretty: false), terminator: "")
        for violation in summary.violations {
          Pumpsim.complain("seed \(seed): violation: \(violation)")
        }
        if !summary.violations.isEmpty { bad += 1 }
      }
    }
    if bad > 0 { throw ArgumentParser.ExitCode(Documents.ExitCode.violation.rawValue) }
  }
}

struct Seeds: ExpressibleByArgument {
  var first: UInt64
  var last: UInt64

  init?(argument: String) {
    let ends = argument.split(separator: ".", omittingEmptySubsequences: false)
    guard ends.count == 3, ends[1].isEmpty, let first = UInt64(ends[0]),
      let last = UInt64(ends[2]), first <= last, last < .max
    else { return nil }
    (self.first, self.last) = (first, last)
  }
}

struct Shard: ExpressibleByArgument {
  var number: UInt64
  var count: UInt64

  init(number: UInt64, count: UInt64) { (self.number, self.count) = (number, count) }

  init?(argument: String) {
    let parts = argument.split(separator: "/", omittingEmptySubsequences: false)
    guard parts.count == 2, let number = UInt64(parts[0]), let count = UInt64(parts[1]),
      count > 0, (1...count).contains(number)
    else { return nil }
    self.init(number: number, count: count)
  }

  var defaultValueDescription: String { "\(number)/\(count)" }
}

/// What is told of one seed.
private struct CampaignLine: Encodable {
  let seed: UInt64
  let durationS: Double
  let wallS: Double
  let hasJournal: Bool
  let starts: Int
  let motorSteps: Int64
  let stepsInDoubt: Int64
  let deliveredMassUg: Double
  let prescribedMassUg: Double
  let accepted: Int
  let refusals: Int
  /// How often each alarm came on.
  let alarms: [String: Int]
  let violations: [String]

  init(_ summary: Summary) {
    seed = summary.seed
    durationS = summary.durationS
    wallS = summary.wallS
    hasJournal = summary.hasJournal
    starts = summary.starts
    motorSteps = summary.motorSteps
    stepsInDoubt = summary.stepsInDoubt
    deliveredMassUg = summary.deliveredMassUg
    prescribedMassUg = summary.prescribedMassUg
    accepted = summary.accepted.count
    refusals = summary.refusals.count
    alarms = summary.alarms.reduce(into: [:]) { $0[$1.code, default: 0] += 1 }
    violations = summary.violations
  }
}
