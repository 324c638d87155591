internal import Conformance

/// What the witness and the one who cut the power wrote down, life by life.
struct PowerCutRecord {
  /// What a pump says of itself.
  struct Statement {
    /// Confirmed since the pump was new, up to this life; in the last reading, up to now.
    let steps: Int64
    let inDoubt: Int64
    let mode: String
  }

  /// What a pump says of a refill and of its reservoir.
  struct Reservoir {
    /// Of the refill, as its code.
    let stage: String
    let announced: Int64
    let aspirated: Int64
    let filled: Int64
    /// In picolitres, as the statement beside it counts steps.
    let contents: Int64

    /// Of the refill alone.
    var words: String { "\(stage) \(announced) \(aspirated) \(filled)" }
  }

  struct Request {
    let word: String
    let asked: Int64
    /// What was told of a refill; nil where something else was asked.
    let step: RefillStep?
    /// The exit code of pumpctl, and when it was there; nil where the power was cut before.
    var code: Int?
    var answered: Int64?
  }

  struct Life {
    let number: Int
    var started: Int64?
    var running: Statement?
    var reading: Statement?
    /// With `running`, and with `reading`.
    var reservoirs: [Reservoir] = []
    /// The steps of refills in the journal of the pump, where they were read.
    var journal: [RefillStep] = []
    var requests: [Request] = []
    /// By the clock of this life.
    var edges: [Int64] = []
    /// An edge whose line was cut with the power: it was made, after all others.
    var hasTornEdge = false
    /// The newest time that is known of it.
    var last: Int64 = 0
    var wasCut = false

    var steps: Int64 { Int64(edges.count) + (hasTornEdge ? 1 : 0) }
  }

  private(set) var lives: [Life] = []

  init(_ text: String) throws {
    for line in text.split(separator: "\n") {
      do {
        try take(line.split(separator: " "))
      } catch {
        throw Violation("cannot read '\(line)'")
      }
    }
  }

  private mutating func take(_ words: [Substring]) throws {
    func number(_ index: Int) throws -> Int64 {
      guard index < words.count, let number = Int64(words[index]) else { throw Violation("") }
      return number
    }
    func statement() throws -> Statement {
      try expect(words.count == 5, "")
      return Statement(steps: try number(2), inDoubt: try number(3), mode: String(words[4]))
    }
    if words[0] == "life" {
      lives.append(Life(number: Int(try number(1))))
      return
    }
    guard !lives.isEmpty else { throw Violation("") }
    var life = lives.removeLast()
    defer { lives.append(life) }
    switch words[0] {
    case "cut": life.wasCut = true
    // Its first letter is enough to know what it was.
    case "torn": life.hasTornEdge = words.count > 1 && "edge".hasPrefix(words[1].prefix(4))
    default:
      let time = try number(1)
      life.last = max(life.last, time)
      switch words[0] {
      case "edge": life.edges.append(time)
      case "start": life.started = time
      case "running": life.running = try statement()
      case "read": life.reading = try statement()
      case "reservoir":
        try expect(words.count == 7, "")
        life.reservoirs.append(
          Reservoir(
            stage: String(words[2]), announced: try number(3), aspirated: try number(4),
            filled: try number(5), contents: try number(6)))
      case "asked":
        let step = RefillStep(words: words.dropFirst(2))
        try expect(words.count == 3 || step != nil, "")
        life.requests.append(Request(word: String(words[2]), asked: time, step: step))
      case "journal":
        guard let step = RefillStep(words: words.dropFirst(2)) else { throw Violation("") }
        life.journal.append(step)
      case "answered":
        try expect(!life.requests.isEmpty, "")
        life.requests[life.requests.count - 1].code = Int(try number(3))
        life.requests[life.requests.count - 1].answered = time
      case "alive": break
      default: throw Violation("")
      }
    }
  }
}
