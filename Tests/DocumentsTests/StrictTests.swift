import Documents
import Testing

/// One change to a good prescription, and the line that has to come of it.
struct BadText: Sendable, CustomTestStringConvertible {
  let testDescription: String
  let text: String
  let line: String
}

private let good = Good.continuous
private let flex = Good.flex

private let isNoName =
  "' is no name; accepted: 1 to 31 of A to Z, a to z, 0 to 9, "
  + ##"!"#$%&'()*+,-./:;<=>?@[\]^_`{|}~, and spaces between them"##

private let badTexts = [
  BadText(
    testDescription: "an unknown key", text: good + "colour: blue\n",
    line: "p.yaml:8: unknown key 'colour'; accepted: patient, drug, concentration, basal, limits, "
      + "patient_bolus, safe_basal"),
  BadText(
    testDescription: "a key that stands twice", text: good + "drug: saline\n",
    line: "p.yaml:2: key 'drug' stands more than once; keep one"),
  BadText(
    testDescription: "a name that stands twice, with and without quotes",
    text: flex.with("    rest:", "    yes: []\n    \"yes\": []\n    rest:"),
    line: "p.yaml:8: key 'yes' stands more than once; keep one"),
  BadText(
    testDescription: "a word that breaks a line and moves a cursor",
    text: good.with("continuous", "\"con\\n\\e[2J\\N\""),
    line: "p.yaml:4: basal.mode: 'con\\u{a}\\u{1b}[2J\\u{85}' is not known; accepted: stopped, "
      + "minimum, continuous, flex"),
  BadText(
    testDescription: "a key that is missing", text: good.with("drug: baclofen\n", ""),
    line: "p.yaml:1: key 'drug' is missing"),
  BadText(
    testDescription: "a unit that is missing", text: good.with("300 ug/d", "300"),
    line:
      "p.yaml:4: basal.dose: '300' the unit is missing; accepted: ug/d, mcg/d, ug/h, mcg/h, mg/d"),
  BadText(
    testDescription: "a wrong unit", text: good.with("300 ug/d", "300 ug/mL"),
    line: "p.yaml:4: basal.dose: '300 ug/mL' unknown unit 'ug/mL'; accepted: ug/d, mcg/d, ug/h, "
      + "mcg/h, mg/d"),
  BadText(
    testDescription: "a number that is none", text: good.with("300 ug/d", "3oo ug/d"),
    line: "p.yaml:4: basal.dose: '3oo ug/d' unknown unit 'oo ug/d'; accepted: ug/d, mcg/d, ug/h, "
      + "mcg/h, mg/d"),
  BadText(
    testDescription: "a negative dose", text: good.with("300 ug/d", "-300 ug/d"),
    line: "p.yaml:4: basal.dose: '-300 ug/d' '-300' is not a decimal number; write digits with at "
      + "most one point, as in 0.15"),
  BadText(
    testDescription: "a value finer than a nanogram",
    text: good.with("dose: 10 ug", "dose: 0.0005 ug"),
    line: "p.yaml:5: patient_bolus.dose: '0.0005 ug' is not a whole number of ng; write fewer "
      + "decimal places"),
  BadText(
    testDescription: "a mode that is not known", text: good.with("continuous", "constant"),
    line:
      "p.yaml:4: basal.mode: 'constant' is not known; accepted: stopped, minimum, continuous, flex"),
  BadText(
    testDescription: "a key of another mode",
    text: good.with("mode: continuous, ", "mode: minimum, "),
    line: "p.yaml:4: basal.dose: does not belong to mode minimum; leave it out"),
  BadText(
    testDescription: "a day without a pattern", text: flex.with("wed: workday, ", ""),
    line: "p.yaml:11: basal.week: key 'wed' is missing"),
  BadText(
    testDescription: "a day with an unknown pattern", text: flex.with("wed: workday", "wed: work"),
    line: "p.yaml:11: basal.week.wed: 'work' is not known; accepted: workday, rest"),
  BadText(
    testDescription: "a time that is none", text: flex.with("\"06:30\"", "\"6:30\""),
    line: "p.yaml:7: basal.patterns.workday[2].from: '6:30' is no time of day; accepted: \"00:00\" "
      + "to \"23:59\""),
  BadText(
    testDescription: "a list in place of a value", text: good.with("drug: baclofen", "drug: [a]"),
    line: "p.yaml:2: drug: is no single value"),
  BadText(
    testDescription: "a name that is too long",
    text: good.with("BENCH-01", String(repeating: "x", count: 40)),
    line: "p.yaml:1: patient: '\(String(repeating: "x", count: 40))\(isNoName)"),
  BadText(
    testDescription: "a name with a space at its end", text: good.with("BENCH-01", "'BENCH-01 '"),
    line: "p.yaml:1: patient: 'BENCH-01 \(isNoName)"),
  BadText(
    testDescription: "an anchor", text: good.with("drug: baclofen", "drug: &d baclofen"),
    line: "p.yaml:2: drug: anchors and aliases are not accepted; write the value out"),
  BadText(
    testDescription: "a tag", text: good.with("drug: baclofen", "drug: !!int baclofen"),
    line: "p.yaml:2: drug: tags are not accepted; write the value alone"),
  BadText(
    testDescription: "a tag of one's own", text: good.with("drug: baclofen", "drug: !foo baclofen"),
    line: "p.yaml:2: drug: tags are not accepted; write the value alone"),
  BadText(
    testDescription: "a tag of a mapping", text: good.with("basal: {", "basal: !!set {"),
    line: "p.yaml:4: basal: tags are not accepted; write the value alone"),
  BadText(
    testDescription: "a name that is no ASCII", text: good.with("BENCH-01", "Zoë"),
    line: "p.yaml:1: patient: 'Zoë\(isNoName)"),
  BadText(
    testDescription: "an alias to nothing", text: good.with("drug: baclofen", "drug: *d"),
    line: "p.yaml:2: "),
  BadText(
    testDescription: "two documents", text: good + "---\n" + good, line: "p.yaml:8: "),
  BadText(
    testDescription: "a tab for indentation", text: flex.with("  mode: flex", "\tmode: flex"),
    line: "p.yaml:"),
]

@Suite struct StrictTests {
  @Test(
    "R-040 bad text gives a line with file, line, field, value and what is accepted",
    arguments: badTexts)
  func saysWhere(_ bad: BadText) {
    let folder = Folder()
    let path = folder.write("p.yaml", bad.text)
    let outcome = errors(in: folder) { _ = try PrescriptionDocument(path: path) }
    #expect(outcome.code == .badData)
    #expect(outcome.lines.contains { $0.hasPrefix(bad.line) }, "\(outcome.lines)")
  }

  @Test("R-040 every error is listed, not only the first")
  func listsAll() {
    let folder = Folder()
    let text = good.with("300 ug/d", "300").with("500 ug/mL", "500").with("60 ug", "60")
    let path = folder.write("p.yaml", text)
    let outcome = errors(in: folder) { _ = try PrescriptionDocument(path: path) }
    #expect(outcome.lines.count == 3)
  }

  @Test("R-040 a document that is good in every way is read") func readsGood() throws {
    let folder = Folder()
    for text in [good, flex, good.with("continuous, dose: 300 ug/d", "minimum")] {
      _ = try PrescriptionDocument(path: folder.write("p.yaml", text))
    }
  }
}
