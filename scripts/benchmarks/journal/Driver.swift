internal import DosingCore
internal import Durability
internal import Engine
internal import Foundation
internal import Hardware
internal import Journal
internal import Quantities

/// What the journal costs. Prints numbers, one a line, for scripts/bench.
///
///     journal-benchmark commits|rate|year FOLDER
@main
struct Driver {
  static func main() throws {
    let arguments = CommandLine.arguments
    guard arguments.count == 3 else { usage() }
    switch arguments[1] {
    case "commits": try compareCommits(in: arguments[2])
    case "rate": try countCommits(in: arguments[2])
    case "year": try openAfterAYear(in: arguments[2])
    default: usage()
    }
  }

  private static func usage() -> Never {
    print("usage: journal-benchmark commits|rate|year FOLDER")
    exit(64)
  }

  // MARK: Time of a commit, in turns with a bare loop

  private static let turns = 40
  private static let commitsInATurn = 25

  /// Prints the median time of a commit of ours and of the bare loop in us, and the median of their
  /// ratios.
  private static func compareCommits(in folder: String) throws {
    let journal = try Journal(path: "\(folder)/ours.sqlite", serial: "BP-1", makesNew: true)
    let bare = BareLoop(path: "\(folder)/bare.sqlite")
    let body = [UInt8](repeating: 7, count: 2_700)
    let entries = (0..<4).map { tick in
      Entry(
        tick: tick, utc: 1, monotonic: 1,
        content: .steps([tick, tick + 900, tick + 1_800, tick + 2_700]))
    }
    // What a row of ours holds besides its body: five numbers and a hash.
    let events = entries.map { _ in [UInt8](repeating: 7, count: 28 + 5 * 8 + 32) }
    var (ours, other, ratios): ([Double], [Double], [Double]) = ([], [], [])
    var commit: Int64 = 0
    for _ in 0..<turns {
      let mine = try time {
        commit += 1
        try journal.commit(state(commit, body), entries)
      }
      let theirs = time {
        bare.commit(state: body + [UInt8](repeating: 7, count: 200), events: events)
      }
      ours.append(mine)
      other.append(theirs)
      ratios.append(mine / theirs)
    }
    print(median(ours), median(other), median(ratios))
  }

  private static func time(_ commit: () throws -> Void) rethrows -> Double {
    let start = RealTime.now
    for _ in 0..<commitsInATurn { try commit() }
    return Double((RealTime.now - start).count) / 1_000 / Double(commitsInATurn)
  }

  private static func median(_ values: [Double]) -> Double { values.sorted()[values.count / 2] }

  private static func state(_ commit: Int64, _ body: [UInt8]) -> JournalState {
    JournalState(
      commit: commit, generation: 1, tick: commit,
      time: MachineTime(
        utc: 1, boot: 1, monotonic: 1, bootID: [UInt8](repeating: 1, count: 16)),
      leaseEnd: 1, isSettled: false, rig: [1], prescription: nil, body: body)
  }

  // MARK: A year of events

  /// A quiet pump writes twice as many: some are pushed out.
  private static let eventsOfAYear: Int64 = Journal.eventsKept + 20_000

  /// Prints how long opening takes in ms with a year of events and with none, and by how many KiB the
  /// process grew for either.
  private static func openAfterAYear(in folder: String) throws {
    do {
      let journal = try Journal(path: "\(folder)/year.sqlite", serial: "BP-1", makesNew: true)
      var minute: Int64 = 0
      while minute < eventsOfAYear {
        // No more at once than are forgotten at once.
        let entries = (0..<900).map { index in
          Entry(
            tick: (minute + index) * 6_000, utc: 1, monotonic: 1,
            content: .steps((0..<7).map { (minute + index) * 6_000 + $0 * 900 }))
        }
        minute += 900
        try journal.commit(state(minute, [UInt8](repeating: 7, count: 2_700)), entries)
      }
      let new = try Journal(path: "\(folder)/new.sqlite", serial: "BP-1", makesNew: true)
      try new.commit(state(1, [UInt8](repeating: 7, count: 2_700)), [])
    }
    let (year, yearGrowth) = try open("\(folder)/year.sqlite")
    let (new, newGrowth) = try open("\(folder)/new.sqlite")
    print(year, new, yearGrowth, newGrowth)
  }

  private static func open(_ path: String) throws -> (milliseconds: Double, kibibytes: Int64) {
    let before = residentKibibytes()
    let start = RealTime.now
    let journal = try Journal(path: path, serial: "BP-1", makesNew: true)
    guard let newest = try journal.newestState() else { preconditionFailure("it has a state") }
    try journal.commit(state(newest.commit + 1, newest.body), [])
    let time = Double((RealTime.now - start).count) / 1e6
    return (time, residentKibibytes() - before)
  }

  private static func residentKibibytes() -> Int64 {
    let status = (try? String(contentsOfFile: "/proc/self/status", encoding: .utf8)) ?? ""
    let line = status.split(separator: "\n").first { $0.hasPrefix("VmRSS:") } ?? ""
    return Int64(line.filter(\.isNumber)) ?? 0
  }
}
