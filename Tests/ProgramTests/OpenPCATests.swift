import Foundation
import Testing

/// The exception cases of the Open PCA Pump that an intrathecal pump has, as scenarios; which has none, and why, says
/// `OpenPCA.md`.
@Suite struct OpenPCATests {
  private static let rig = Texts.rig(with: Texts.encoder, Texts.loadCell, Texts.pressure)

  struct Case: CustomStringConvertible, Sendable {
    let number: Int
    let events: [String]
    /// The alarms that have to be raised, and the reasons for which something has to be refused.
    var alarms: Set<String> = []
    var refusals: Set<String> = []
    /// Whether nothing of basal is missing in the end.
    var isWhole = true

    var description: String { "EC\(number): \(events.joined(separator: ", "))" }
  }

  private static let cases = [
    Case(
      number: 1, events: ["{at: 1 h, do: patient-bolus}", "{at: 2 h, do: patient-bolus}"],
      refusals: ["lockout"]),
    Case(
      number: 3, events: ["{at: 1 h, do: bolus, dose: 800 ug, duration: 1 min}"],
      refusals: ["bolus-too-large"]),
    Case(
      number: 6,
      events: [
        "{at: 1 h, do: line-replaced}", "{at: 1 h, do: purge}",
        "{at: 61 min, fault: stall, for: 10 min}", "{at: 3 h, do: purge}",
        "{at: 4 h, do: connected}",
      ], alarms: ["not-connected", "no-drug-at-tip", "stalled", "was-stalled"], isWhole: false),
    Case(
      number: 7, events: ["{at: 1 h, fault: run-away, value: 12 mL/d, for: 1 h}"],
      alarms: ["drive-disobeys", "hard-stop"], isWhole: false),
    Case(
      number: 7, events: ["{at: 1 h, fault: free-flow, value: 400 mL/d, for: 20 min}"],
      alarms: ["free-flow", "hard-stop", "weight-differs"], isWhole: false),
    Case(
      number: 8, events: ["{at: 1 h, fault: stall, for: 1 h}"], alarms: ["stalled", "was-stalled"],
      isWhole: false),
    Case(
      number: 8, events: ["{at: 1 h, fault: slip, value: 10 %, for: 2 h}"], alarms: ["shaft-slips"]),
    Case(
      number: 10, events: ["{at: 1 h, fault: occlusion, for: 1 h}"],
      alarms: ["occluded", "was-occluded"], isWhole: false),
    Case(
      number: 13,
      events: (0..<5).map { "{at: \(60 + 70 * $0) min, do: bolus, dose: 40 ug, duration: 10 min}" },
      refusals: ["dose-limit-24h"]),
    Case(
      number: 17,
      events: [
        "{at: 1 h, fault: output-fails, line: buzzer, for: 1 h}", "{at: 70 min, do: stop}",
        "{at: 80 min, do: resume}",
      ], alarms: ["stopped", "output-fails"]),
    Case(
      number: 20,
      events: [
        "{at: 1 h, do: refill, aspirated: 19.9 mL, filled: 2 mL, concentration: 500 ug/mL}",
        "{at: 2 h, do: patient-bolus}",
      ], alarms: ["reservoir-low", "reservoir-unknown"], refusals: ["reservoir-low"]),
    Case(
      number: 21,
      events: [
        "{at: 1 h, do: refill, aspirated: 19.9 mL, filled: 0.3 mL, concentration: 500 ug/mL}"
      ],
      alarms: ["reservoir-low", "reservoir-empty", "reservoir-unknown"], isWhole: false),
    Case(
      number: 23, events: (0..<4).map { "{at: \(60 + 2 * $0) min, fault: kill, for: 1 s}" },
      alarms: ["restarted-often"], isWhole: false),
  ]

  @Test("R-113 Each case of the Open PCA Pump comes to what its page says", arguments: cases)
  fileprivate func event(_ this: Case) throws {
    let summary = try TemporaryFolder().summary("6 h", this.events, rig: Self.rig)
    let told = Set(
      raisedAlarms(summary).keys.compactMap { $0.split(separator: " ").last.map(String.init) })
    #expect(told.isSuperset(of: this.alarms), "\(told)")
    let others = told.subtracting(this.alarms)
    // A start without a clock that has a battery, and a refill of which a step is not told yet.
    #expect(others.allSatisfy { $0.contains("clock") || $0.contains("account") }, "\(others)")
    let refused = (summary["refusals"] as? [[String: Any]] ?? []).compactMap {
      $0["reason"] as? String
    }
    #expect(Set(refused) == this.refusals, "\(refused)")
    let deficit = (summary["deficit"] as? [String: Double] ?? [:]).values.reduce(0, +)
    #expect((deficit == 0) == this.isWhole, "\(deficit)")
  }

  @Test(
    "R-113 Of each of the 24 cases the page says what it comes to, and why where it has no scenario"
  )
  func page() throws {
    let url = URL(filePath: #filePath).deletingLastPathComponent()
      .appending(path: "../../Sources/DosingCore/DosingCore.docc/OpenPCA.md")
    let rows = try String(contentsOf: url, encoding: .utf8).split(separator: "\n")
      .filter { $0.hasPrefix("| EC") }
    #expect(rows.count == 24)
    for (index, row) in rows.enumerated() {
      #expect(row.hasPrefix("| EC\(index + 1) |") && row.split(separator: "|").count == 3)
    }
    for this in Self.cases {
      let row = rows[this.number - 1]
      let codes = this.alarms.subtracting([
        "stopped", "hard-stop", "was-stalled", "was-occluded", "reservoir-unknown",
        "weight-differs",
      ])
      if this.refusals.isEmpty, this.number != 6 {
        #expect(codes.allSatisfy { row.contains("`\($0)`") || $0 == "reservoir-low" }, "\(row)")
      }
    }
  }
}
