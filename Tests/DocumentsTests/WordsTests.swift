import Documents
import DosingCore
import Quantities
import Testing

@Suite struct WordsTests {
  @Test func everyRuleHasASentenceOfOneLine() {
    for rule in Finding.Rule.allCases {
      let sentence = Finding(rule, value: 1_234_567, bound: 7_654_321).sentence
      #expect(sentence.count > 10, "\(rule)")
      #expect(!sentence.contains("\n"))
    }
  }

  @Test func codesAreStableAndEachIsThereOnce() {
    let reasons = RefusalReason.allCases.map(\.code)
    #expect(Set(reasons).count == reasons.count)
    let faults = FrameFault.allCases.map(\.code)
    #expect(Set(faults).count == faults.count)
    #expect(
      FaultCode.allCases.map(\.code) == [
        "stopped", "reservoir-low", "reservoir-empty", "basal-refused-by-limit",
        "interlock-disagrees", "hard-stop", "storage-failed", "restarted-often",
        "long-interruption", "account-uncertain", "clock-uncertain", "history-incomplete",
        "other-rig", "no-history", "drive-fails", "output-fails", "storage-slow", "suspended",
        "new-clock-uncertain", "order-not-valid", "clock-differs", "copy-fails", "storage-lost",
        "reservoir-unknown", "refill-differs", "no-drug-at-tip", "line-uncertain",
        "not-connected", "weight-differs", "fluid-elsewhere", "stalled", "was-stalled",
        "shaft-slips", "drive-disobeys", "encoder-lost", "load-cell-lost", "pressure-lost",
        "occluded", "was-occluded", "free-flow", "not-emptying", "ticks-late",
      ])
    for fault in FrameFault.allCases { #expect(!fault.sentence.isEmpty) }
  }

  @Test(arguments: [
    (0, "0 s"), (999, "0 s"), (45_000, "45 s"), (60_000, "1 min"), (11_520_000, "3 h 12 min"),
    (172_800_000, "2 d"), (90_061_000, "1 d 1 h"),
  ])
  func durationsAreToldInTheirTwoLargestUnits(_ milliseconds: Int64, _ text: String) {
    #expect(Nanoseconds(milliseconds * 1_000_000).durationText == text)
  }

  @Test func clockIsShownWithItsWeekday() {
    #expect(WeekTime(weekday: 6, minute: 23 * 60 + 59).text == "Sun 23:59:00")
  }

  @Test("R-015 a refusal is one line with limit, value and when it would be allowed")
  func refusal() throws {
    let folder = Folder()
    let rig = try RigDocument(path: folder.write("rig.yaml", Good.rig)).rig
    let order = try PrescriptionDocument(path: folder.write("p.yaml", Good.continuous)).prescription
    var findings = Findings()
    let therapy = try #require(Therapy(order, on: rig, findings: &findings))
    var state = DosingState(rig: rig, clock: WeekTime(weekday: 0, minute: 0))
    _ = state.decide(.program(therapy), at: Tick(0))
    _ = state.step(Tick(0))
    let answer = state.decide(
      .bolus(dose: Mass(nanograms: 50_000), duration: .minutes(10)), at: Tick(1))
    guard case .refused(let refusal) = answer else {
      Issue.record("accepted")
      return
    }
    #expect(refusal.reason.code == "dose-limit-1h")
    let line = refusal.sentence(decidedAt: Tick(1), tickPeriod: rig.tick)
    #expect(
      line.hasPrefix("dose limit of any hour: with basal reserved first it would come to 62."))
    #expect(line.hasSuffix("mcg, the limit is 60 mcg"))
  }
}
