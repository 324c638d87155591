/// The most and the least that a pump may have delivered by any moment, from what was asked of it.
///
/// Between two edges nothing changes, so both grow at an even rate. Where a moment is not known,
/// the most takes the one that permits more, and the least the one that permits less.
struct MotorBounds {
  private struct Piece {
    let start: Int64
    let most: Int128
    let rate: Int64
  }

  private let step: MotorStep
  private var pieces: [Piece] = []
  private(set) var least: Int128 = 0
  /// Times in which no pulse may come, since a stop was in force.
  private(set) var stops: [Range<Int64>] = []

  init(_ history: TherapyHistory, _ step: MotorStep) {
    self.step = step
    var permits = Permits(history, tick: step.tickNanoseconds)
    var most: Int128 = 0
    let edges = permits.edges
    for (start, end) in zip(edges, edges.dropFirst()) {
      permits.move(to: start)
      let highest = permits.highestRate
      pieces.append(Piece(start: start, most: most, rate: highest))
      most += step.mass(nanogramsPerDay: highest, nanoseconds: end - start)
      least += step.mass(nanogramsPerDay: permits.lowestRate, nanoseconds: end - start)
      if permits.isSurelyStopped { stops.append(start..<end) }
    }
    if let last = edges.last { pieces.append(Piece(start: last, most: most, rate: 0)) }
  }

  /// The most by a moment.
  func most(by time: Int64) -> Int128 {
    var (low, high) = (0, pieces.count)
    while low < high {
      let middle = (low + high) / 2
      if pieces[middle].start <= time { low = middle + 1 } else { high = middle }
    }
    guard low > 0 else { return 0 }
    let piece = pieces[low - 1]
    return piece.most
      + step.mass(nanogramsPerDay: piece.rate, nanoseconds: time - piece.start)
  }
}

/// What may run at a moment that moves forward.
private struct Permits {
  private typealias Command = TherapyHistory.Command

  private let runs: [TherapyHistory.Run]
  private let commands: [TherapyHistory.Command]
  /// A tick accrues for the time since the one before it, so that an effect may reach back so far.
  private let tick: Int64
  private var now: Int64 = .min

  init(_ history: TherapyHistory, tick: Int64) {
    runs = history.runs
    commands = history.commands
    self.tick = tick
  }

  /// Every moment at which something may change, in order.
  var edges: [Int64] {
    var all: Set<Int64> = []
    for run in runs {
      all.formUnion([run.start, run.end])
      all.formUnion([run.ready, run.livedUntil].compactMap(\.self))
    }
    for command in commands {
      all.formUnion([begin(command), command.until])
      if case .bolus(_, let length) = command.kind {
        all.formUnion([begin(command) + length, command.from + length])
      }
    }
    return all.sorted()
  }

  mutating func move(to moment: Int64) { now = moment }

  private func begin(_ command: Command) -> Int64 { command.from - tick }

  private func mayHaveBegun(_ command: Command) -> Bool { begin(command) <= now }
  private func hasBegun(_ command: Command) -> Bool { command.isCertain && command.until <= now }

  private var run: Int? { runs.lastIndex { $0.start <= now && now < $0.end } }

  /// No command after the stop may have ended it.
  var isSurelyStopped: Bool {
    guard let stop = commands.lastIndex(where: { $0.kind == .stop && hasBegun($0) }) else {
      return false
    }
    return !commands[stop...].contains { $0.kind == .resume && mayHaveBegun($0) }
  }

  private var mayBeStopped: Bool {
    guard let stop = commands.lastIndex(where: { $0.kind == .stop && mayHaveBegun($0) }) else {
      return false
    }
    return !commands[stop...].contains { $0.kind == .resume && hasBegun($0) }
  }

  /// The rates of the programs of which one is in force; 0 for none.
  private var basalRates: [Int64] {
    var rates: [Int64] = []
    for command in commands.reversed() where mayHaveBegun(command) {
      guard case .program(let order) = command.kind else { continue }
      rates.append(order.basalNanogramsPerDay)
      if hasBegun(command) { return rates }
    }
    return rates + [0]
  }

  var highestRate: Int64 {
    guard let run, !isSurelyStopped else { return 0 }
    var rate = basalRates.max() ?? 0
    for (index, command) in commands.enumerated() where mayHaveBegun(command) {
      guard case .bolus(let dose, let length) = command.kind, command.run == run else { continue }
      let isOver = commands[index...].contains { ends($0.kind) && hasBegun($0) }
      if !isOver, now < begin(command) + length { rate += Self.rate(dose, length) }
    }
    return rate
  }

  var lowestRate: Int64 {
    guard let run, let ready = runs[run].ready, let last = runs[run].livedUntil, ready <= now,
      now < last, !mayBeStopped
    else { return 0 }
    var rate = basalRates.min() ?? 0
    for (index, command) in commands.enumerated() where hasBegun(command) {
      guard case .bolus(let dose, let length) = command.kind, command.run == run else { continue }
      let mayBeOver = commands[index...].contains { ends($0.kind) && mayHaveBegun($0) }
      if !mayBeOver, now < command.from + length { rate += Self.rate(dose, length) }
    }
    return rate
  }

  /// A program may end a bolus, and where it does not, the bolus was refused or is over.
  private func ends(_ kind: TherapyHistory.Kind) -> Bool {
    switch kind {
    case .stop, .program: true
    case .bolus, .resume: false
    }
  }

  private static func rate(_ nanograms: Int64, _ nanoseconds: Int64) -> Int64 {
    let day: Int64 = 86_400_000_000_000
    precondition(day % nanoseconds == 0, "a bolus of these tests lasts a whole part of a day")
    return nanograms * (day / nanoseconds)
  }
}
