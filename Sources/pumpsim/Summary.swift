internal import Documents
internal import DosingCore
internal import FoundationEssentials
internal import Journal
internal import Plant
internal import Quantities

/// What a run came to. Keys are written in snake case.
struct Summary: Encodable {
  struct Alarm: Encodable {
    let code: String
    let priority: String
    let raisedS: Double
    var clearedS: Double?

    enum CodingKeys: CodingKey { case code, priority, raisedS, clearedS }

    /// An alarm that is still on says null.
    func encode(to encoder: any Encoder) throws {
      var container = encoder.container(keyedBy: CodingKeys.self)
      try container.encode(code, forKey: .code)
      try container.encode(priority, forKey: .priority)
      try container.encode(raisedS, forKey: .raisedS)
      try container.encode(clearedS, forKey: .clearedS)
    }
  }

  struct Refusal: Encodable {
    let atS: Double
    let command: String
    let reason: String
    /// The whole sentence: limit, value, when.
    let text: String
    let allowedAtS: Double?
  }

  /// What was asked and granted, the program at time zero first.
  struct Accepted: Encodable {
    let atS: Double
    let command: String
  }

  /// A file that said what was run.
  struct Input: Encodable {
    let path: String
    /// SHA-256 in hexadecimal digits.
    let digest: String

    init(_ input: ScenarioDocument.Input) {
      path = input.path
      digest = hexadecimal(sha256(of: Array(input.text.utf8)))
    }
  }

  struct Deficit: Encodable {
    let lateTickUg: Double
    let stepWaitedUg: Double
    let limitUg: Double
    let reservoirEmptyUg: Double
    let hardStopUg: Double
    let driveFailedUg: Double
    let notRunningUg: Double
    let noLeaseUg: Double
    let suspendedUg: Double
    let noDrugUg: Double
  }

  /// Some drug in solution.
  struct Contents: Encodable {
    let ul: Double
    let ngPerMl: Double
  }

  struct Interval: Encodable {
    let leastUl: Double
    let mostUl: Double

    init(_ interval: VolumeInterval) {
      leastUl = Double(interval.least.picolitres) / 1e6
      mostUl = Double(interval.most.picolitres) / 1e6
    }
  }

  /// What is in the reservoir at the end: as the pump counts it, the least and the most that it may be by count,
  /// by weight and by both, and really.
  struct Reservoir: Encodable {
    let counted: Contents
    let byCount: Interval
    /// Null where there is no load cell, or it is not believed.
    let byWeight: Interval?
    let leastUl: Double
    let mostUl: Double
    let truth: Contents

    init(counted: Contents, _ intervals: ReservoirIntervals, truth: Contents) {
      self.counted = counted
      byCount = Interval(intervals.counted)
      byWeight = intervals.weighed.map { Interval($0) }
      let held = Interval(intervals.held)
      (leastUl, mostUl) = (held.leastUl, held.mostUl)
      self.truth = truth
    }

    enum CodingKeys: CodingKey { case counted, byCount, byWeight, leastUl, mostUl, truth }

    func encode(to encoder: any Encoder) throws {
      var container = encoder.container(keyedBy: CodingKeys.self)
      try container.encode(counted, forKey: .counted)
      try container.encode(byCount, forKey: .byCount)
      try container.encode(byWeight, forKey: .byWeight)
      try container.encode(leastUl, forKey: .leastUl)
      try container.encode(mostUl, forKey: .mostUl)
      try container.encode(truth, forKey: .truth)
    }
  }

  /// A part of the line, as the pump knows it; the first is at the tip.
  struct LinePart: Encodable {
    /// 0: no drug.
    let ngPerMl: Double
    let ul: Double
    /// By how much of that nobody knows where it ends.
    let uncertainUl: Double
    /// When the tip gives the next one; null for the last, and where nothing runs.
    let leavesS: Double?

    enum CodingKeys: CodingKey { case ngPerMl, ul, uncertainUl, leavesS }

    func encode(to encoder: any Encoder) throws {
      var container = encoder.container(keyedBy: CodingKeys.self)
      try container.encode(ngPerMl, forKey: .ngPerMl)
      try container.encode(ul, forKey: .ul)
      try container.encode(uncertainUl, forKey: .uncertainUl)
      try container.encode(leavesS, forKey: .leavesS)
    }
  }

  /// How long it takes from the end on until the reservoir comes to its marks; null for not within a year, and
  /// where nothing runs.
  struct Marks: Encodable {
    let low: Span
    let empty: Span
  }

  struct Span: Encodable {
    let earliestS: Double?
    let expectedS: Double?
    let latestS: Double?

    enum CodingKeys: CodingKey { case earliestS, expectedS, latestS }

    init(_ span: Forecast.Span) {
      func seconds(_ time: Nanoseconds) -> Double? {
        Forecast.known(time).map { Double($0.count) / 1e9 }
      }
      (earliestS, expectedS) = (seconds(span.earliest), seconds(span.expected))
      latestS = seconds(span.latest)
    }

    func encode(to encoder: any Encoder) throws {
      var container = encoder.container(keyedBy: CodingKeys.self)
      try container.encode(earliestS, forKey: .earliestS)
      try container.encode(expectedS, forKey: .expectedS)
      try container.encode(latestS, forKey: .latestS)
    }
  }

  /// Basal, and each kind of extra dose.
  struct Causes: Encodable {
    let basalUg: Double
    let patientBolusUg: Double
    let bolusUg: Double
  }

  let simulated = true
  let scenario: String
  let seed: UInt64
  let durationS: Double
  let ticks: Int64
  let ticksMissed: Int64
  let wallS: Double
  /// Whether requests and leases had to be durable, and how often the engine started.
  let hasJournal: Bool
  let starts: Int
  /// Steps that the engine decided, and those that the motor really made.
  let commandedSteps: Int64
  let motorSteps: Int64
  /// That may have been made and are not counted, after a restart that could not tell.
  let stepsInDoubt: Int64
  let deliveredVolumeUl: Double
  /// At the tip, by Plant's line.
  let deliveredMassUg: Double
  let tipMassUg: Double
  let prescribedMassUg: Double
  let deficit: Deficit
  /// `prescribed_mass_ug` by its causes; a part of an extra dose that was cancelled is in none.
  let prescribed: Causes
  /// `delivered_mass_ug` by what had accrued for each step since the one before.
  let delivered: Causes
  let reservoirUl: Double
  let reservoir: Reservoir
  let forecast: Marks
  let line: [LinePart]
  let alarms: [Alarm]
  let accepted: [Accepted]
  let refusals: [Refusal]
  let inputs: [Input]
  let violations: [String]
}

extension Encodable {
  /// Keys in snake case, in their order; one line, or indented.
  func json(isPretty: Bool) throws -> String {
    let encoder = JSONEncoder()
    encoder.keyEncodingStrategy = .convertToSnakeCase
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    if isPretty { encoder.outputFormatting.insert(.prettyPrinted) }
    return String(decoding: try encoder.encode(self), as: UTF8.self) + "\n"
  }
}

extension Summary.Contents {
  init(_ liquid: Liquid) { self.init(ul: liquid.microlitres, ngPerMl: liquid.concentration) }
}

extension Summary.LinePart {
  /// - Parameter seconds: when a tick is, since the start of the scenario.
  init(_ part: ShownLine.Part, _ seconds: (Tick) -> Double) {
    ngPerMl = Double(part.concentration.nanogramsPerMillilitre)
    ul = Double(part.volume.picolitres) / 1e6
    uncertainUl = Double(part.uncertain.picolitres) / 1e6
    leavesS = part.leaves.map(seconds)
  }
}
