internal import ArgumentParser
internal import Conformance

/// A step of a refill as somebody tells it, as it stands in the record and as the journal of the pump has it.
struct RefillStep: Equatable {
  /// In the order in which they are told.
  enum Word: String, CaseIterable, ExpressibleByArgument {
    case begin, aspirated, filled, finish

    var next: Word { Self.allCases[(Self.allCases.firstIndex(of: self)! + 1) % 4] }
  }

  let word: Word
  /// What a step does not say is 0, and a dash for the lot.
  var nanogramsPerMillilitre: Int64 = 0
  var picolitres: Int64 = 0
  var lot = "-"

  var words: [String] { [word.rawValue, "\(nanogramsPerMillilitre)", "\(picolitres)", lot] }

  init(_ word: Word) { self.word = word }

  /// Words as those of `words`; nil where they are others. A lot may be several.
  init?(words: some Sequence<Substring>) {
    let words = Array(words)
    guard words.count >= 4, let word = Word(rawValue: String(words[0])),
      let strength = Int64(words[1]), let volume = Int64(words[2])
    else { return nil }
    self.word = word
    (nanogramsPerMillilitre, picolitres) = (strength, volume)
    lot = words[3...].joined(separator: " ")
  }

  /// As an entry of the journal has it.
  init(_ entry: StatusValues) throws {
    guard let word = Word(rawValue: try entry.text("step")) else {
      throw Violation("no step of a refill: \(entry.json)")
    }
    self.word = word
    nanogramsPerMillilitre = try entry.number("nanograms_per_millilitre")
    picolitres = try entry.number("picolitres")
    lot = try entry.text("lot")
  }

  private var arguments: [String] {
    let volume = "\(picolitres / 1_000_000) uL"
    return switch word {
    case .begin: ["--concentration", "\(nanogramsPerMillilitre / 1_000) ug/mL"]
    case .aspirated: ["--volume", volume]
    case .filled: ["--volume", volume, "--lot", lot]
    case .finish: []
    }
  }

  /// Tells it to a pump. Gives the exit code of pumpctl, which is 0 once what was told is durable.
  func tell(_ pump: RunningPump) throws -> Int32 {
    try pump.ask(["refill", word.rawValue] + arguments + ["--yes"])
  }
}

/// What is told of a refill while the power is cut: what is ordered is filled again, so that its rate stays,
/// and other volumes each time, so that those of another refill are told apart.
struct PowerCutRefill {
  /// What the pump waits for.
  let waitsFor: RefillStep.Word
  private let contents: Int64
  private let steps: Int64

  private static let tenth: Int64 = 100_000_000

  init(_ status: StatusValues) throws {
    guard let next = RefillStep.Word(rawValue: try status.text("next")) else {
      throw Violation("no step of a refill is next: \(status.json)")
    }
    waitsFor = next
    contents = try status.number("reservoir_picolitres")
    steps = try status.number("steps")
  }

  /// From what the pump waits for up to that one.
  func steps(upTo last: RefillStep.Word) -> [RefillStep] {
    var steps = [step(waitsFor)]
    while let told = steps.last?.word, told != last { steps.append(step(told.next)) }
    return steps
  }

  private func step(_ word: RefillStep.Word) -> RefillStep {
    var step = RefillStep(word)
    switch word {
    case .begin: step.nanogramsPerMillilitre = 500_000
    // Half a millilitre stays, less than the empty mark: basal goes on by what was told alone.
    case .aspirated: step.picolitres = max(0, contents / Self.tenth - 5) * Self.tenth
    case .filled:
      let tenths = 150 + steps % 40
      step.picolitres = tenths * Self.tenth
      step.lot = "L-\(tenths)"
    case .finish: break
    }
    return step
  }
}
