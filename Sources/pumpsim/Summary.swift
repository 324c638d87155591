internal import FoundationEssentials

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

  struct Deficit: Encodable {
    let lateTickUg: Double
    let stepWaitedUg: Double
    let limitUg: Double
    let reservoirEmptyUg: Double
    let hardStopUg: Double
    let driveFailedUg: Double
  }

  let simulated = true
  let scenario: String
  let seed: UInt64
  let durationS: Double
  let ticks: Int64
  let ticksMissed: Int64
  let wallS: Double
  /// Steps that the engine decided, and those that the motor really made.
  let commandedSteps: Int64
  let motorSteps: Int64
  let deliveredVolumeUl: Double
  let deliveredMassUg: Double
  let prescribedMassUg: Double
  let deficit: Deficit
  let reservoirUl: Double
  let alarms: [Alarm]
  let refusals: [Refusal]
  let violations: [String]

  var json: String {
    get throws {
      let encoder = JSONEncoder()
      encoder.keyEncodingStrategy = .convertToSnakeCase
      encoder.outputFormatting = [.sortedKeys, .prettyPrinted, .withoutEscapingSlashes]
      return String(decoding: try encoder.encode(self), as: UTF8.self) + "\n"
    }
  }
}
