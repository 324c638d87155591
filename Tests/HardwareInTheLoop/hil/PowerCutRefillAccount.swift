internal import Conformance

/// Judges what became of refills that were told while the power was cut: by what was told and answered, and
/// by what the motor made.
struct PowerCutRefillAccount {
  let record: PowerCutRecord

  /// What prepared the new pump: a fill in four steps, of a full reservoir.
  private static let first = RefillStep.Word.allCases.map(\.rawValue)
  private static let full: Int64 = 20_000_000_000

  var cases: [Case] {
    [
      Case("R-129 each step of a refill was told as the power was cut, and the last one finished") {
        try everyStepWasCut()
      },
      Case(
        "R-129 R-083 a step that was answered is there after the cut, one that was not wholly or not at all"
      ) {
        try isWhole()
      },
      Case("R-129 R-083 the reservoir holds what was told, less what the motor made and the doubt")
      {
        try holdsWhatWasTold()
      },
      Case("R-129 the journal has each step that was answered, with what was told") {
        try isWrittenDown()
      },
    ]
  }

  // MARK: What was told

  /// What a pump has to say if it was told that, and no more.
  private struct Told {
    var stage = "none"
    var announced: Int64 = 0
    var aspirated: Int64 = 0
    var filled: Int64 = 0
    /// What it would hold if the head had taken nothing.
    var held = PowerCutRefillAccount.full

    func with(_ step: RefillStep) -> Told {
      var told = self
      switch step.word {
      case .begin: (told.stage, told.announced) = ("begun", step.nanogramsPerMillilitre)
      case .aspirated:
        (told.stage, told.aspirated) = ("aspirated", step.picolitres)
        told.held -= step.picolitres
      case .filled:
        (told.stage, told.filled) = ("filled", step.picolitres)
        told.held += step.picolitres
      case .finish: told = Told(held: held)
      }
      return told
    }

    var words: String { "\(stage) \(announced) \(aspirated) \(filled)" }
  }

  /// What a pump said in a life, and what it was told by then.
  private struct Look {
    let life: PowerCutRecord.Life
    let shown: PowerCutRecord.Reservoir
    let told: Told
    let isAtEnd: Bool
  }

  /// Only the step before a cut may be in question, and what the pump says then decides of it.
  private func looks() throws -> [Look] {
    var looks: [Look] = []
    var mayBe = [Told()]
    for life in record.lives {
      func look(_ index: Int) throws {
        guard index < life.reservoirs.count else { return }
        let shown = life.reservoirs[index]
        guard let told = mayBe.first(where: { $0.words == shown.words }) else {
          throw Violation("life \(life.number): \(shown.words), told was \(mayBe.map(\.words))")
        }
        mayBe = [told]
        looks.append(Look(life: life, shown: shown, told: told, isAtEnd: index == 1))
      }
      try look(0)
      for request in life.requests {
        guard let step = request.step else { continue }
        switch request.code {
        case 0: mayBe = mayBe.map { $0.with(step) }
        case nil: mayBe += mayBe.map { $0.with(step) }
        case let code?: throw Violation("life \(life.number): \(step.words) ended with \(code)")
        }
      }
      try look(1)
    }
    return looks
  }

  // MARK: What is judged

  private func everyStepWasCut() throws {
    let cut = record.lives.filter(\.wasCut).compactMap { $0.requests.last?.step }
    let justAnswered = record.lives.filter(\.wasCut).compactMap(\.requests.last)
      .filter { $0.code == 0 }.compactMap(\.step)
    for word in RefillStep.Word.allCases {
      try expect(cut.contains { $0.word == word }, "\(word) was not cut")
      // Of two refills each step is cut once as it is asked, and once as it has been answered.
      try expect(
        cut.count < 8 || justAnswered.contains { $0.word == word },
        "\(word) was not cut after its answer")
    }
    try expect(record.lives.last?.reservoirs.last?.stage, is: "none", "stage in the end")
  }

  private func isWhole() throws {
    let looks = try looks()
    try expect(looks.last?.isAtEnd == true, "it was not read in the end")
    // What is after the cut is something only where a life began in the midst of a refill.
    try expect(looks.contains { $0.told.stage != "none" }, "no life began in a refill")
  }

  private func holdsWhatWasTold() throws {
    for look in try looks() {
      let before = record.lives.filter { $0.number < look.life.number }
      let steps = before.reduce(0) { $0 + $1.steps } + (look.isAtEnd ? look.life.steps : 0)
      let made = BenchTexts.lineSteps + steps
      guard let statement = look.isAtEnd ? look.life.reading : look.life.running else { continue }
      // A step may be confirmed whose line the cut kept inside the machine.
      let most = made + statement.inDoubt + Int64(before.count(where: \.wasCut))
      let taken = look.told.held - look.shown.contents
      try expect(
        taken >= made * BenchTexts.picolitresPerStep
          && taken <= most * BenchTexts.picolitresPerStep,
        "life \(look.life.number): \(taken) pL are gone of \(look.told.held); \(made) to \(most) steps"
      )
    }
  }

  private func isWrittenDown() throws {
    let journal = record.lives.last?.journal ?? []
    try expect(
      journal.prefix(4).map(\.word.rawValue), is: Self.first, "how the pump was filled first")
    // How far in it one may be: of two that are told alike, the first may not have come to be written.
    var places: Set = [4]
    for life in record.lives {
      for request in life.requests {
        guard let step = request.step else { continue }
        let after = places.filter { $0 < journal.count && journal[$0] == step }.map { $0 + 1 }
        if request.code == nil { places.formUnion(after) } else { places = Set(after) }
        try expect(!places.isEmpty, "life \(life.number): \(step.words) is not there")
      }
    }
    try expect(
      places.contains(journal.count),
      "\(places.max() ?? 0) of \(journal.count) steps were told: \(journal.map(\.words))")
  }
}
