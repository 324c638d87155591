import Foundation
import Testing

/// `pumpctl check`: files by themselves, without a pump and without a key.
@Suite struct CheckTests {
  private func check(_ arguments: String...) throws -> Outcome {
    try Programs.run("pumpctl", ["check"] + arguments, environment: ["HOME=/nonexistent"])
  }

  @Test("R-064 Each kind of file is known by what stands in it")
  func kinds() throws {
    let folder = try TemporaryFolder()
    let scenario = try folder.scenario("1 h", "{at: 1 min, do: stop}")
    let outcome = try check(folder.path("rig.yaml"), folder.path("prescription.yaml"), scenario)
    #expect(outcome.code == 0 && outcome.errors.isEmpty, "\(outcome.errors)")
    #expect(outcome.output.contains("rig.yaml: a good rig: bench-1, serial BP-0001, simulated"))
    #expect(outcome.output.contains("prescription.yaml: a good prescription, not checked"))
    #expect(outcome.output.contains("scenario.yaml: a good scenario: 1 h from Sun 08:00:00 on"))
    #expect(outcome.output.contains("1 event, seed 1"))
  }

  @Test("Of a prescription its mean day and its schedule are shown")
  func schedule() throws {
    let folder = try TemporaryFolder()
    let flex = Texts.prescription.replacingOccurrences(
      of: "basal: {mode: continuous, dose: 300 ug/d}",
      with: """
        basal:
          mode: flex
          patterns: {day: [{from: "00:00", rate: 10 ug/h}, {from: "06:30", rate: 14 ug/h}]}
          week: {mon: day, tue: day, wed: day, thu: day, fri: day, sat: day, sun: day}
        """)
    let outcome = try check(try folder.write("flex.yaml", flex))
    #expect(outcome.code == 0, "\(outcome.errors)")
    #expect(outcome.output.contains("mean daily dose     310 mcg/d"), "\(outcome.output)")
    #expect(outcome.output.contains("00:00 10, 06:30 14 mcg/h"))
  }

  @Test("R-064 With a rig a prescription is checked against its limits, as a pump would")
  func onRig() throws {
    let folder = try TemporaryFolder()
    let order = try folder.write("prescription.yaml", Texts.prescription)
    let rig = try folder.write("rig.yaml", Texts.rig)
    let fits = try check(order, "--rig", rig)
    #expect(fits.code == 0 && fits.output.contains("fits the rig"))
    try folder.write("rig.yaml", Texts.rig.replacingOccurrences(of: "5 mL}", with: "0.2 mL}"))
    let bad = try check(order, "--rig", rig)
    // 0.2 mL holds neither the limit of an hour nor 300 mcg of 500 mcg/mL.
    #expect(bad.code == 78 && bad.errors.contains("max_volume_1h"), "\(bad.errors)")
    try folder.write(
      "rig.yaml",
      Texts.rig.replacingOccurrences(
        of: "{max_volume_1h: 1 mL, max_volume_24h: 5 mL}",
        with: "{max_volume_1h: 0.2 mL, max_volume_24h: 0.2 mL}"))
    let tight = try check(order, "--rig", rig)
    #expect(tight.code == 65 && tight.output.isEmpty, "\(tight.output)")
    #expect(tight.errors.contains("does not hold the basal itself"), "\(tight.errors)")
  }

  @Test(
    "R-064 What is bad ends with the code of its kind, and says what is wrong",
    arguments: [
      ("backend: simulated\npump: {}\n", 78, "key 'reservoir' is missing"),
      ("patient: A\nbasal: {mode: flux}\n", 65, "'flux' is not known"),
      ("start: now\nduration: 1 h\n", 65, "key 'prescription' is missing"),
      ("colour: blue\n", 65, "neither a rig nor a prescription nor a scenario"),
      ("", 65, "is empty"), ("- a\n- b\n", 65, "neither a rig"),
    ])
  func bad(text: String, code: Int32, says: String) throws {
    let folder = try TemporaryFolder()
    let good = try folder.write("good.yaml", Texts.prescription)
    let outcome = try check(try folder.write("bad.yaml", text), good)
    #expect(outcome.code == code && outcome.errors.contains(says), "\(outcome.errors)")
    // The others are looked at all the same.
    #expect(outcome.output.contains("good.yaml: a good prescription"))
    #expect(try check(folder.path("none.yaml")).code == 66)
  }

  @Test(
    "Each program tells its version and what it speaks", arguments: ["pumpctl", "pumpd", "pumpsim"])
  func version(program: String) throws {
    let outcome = try Programs.run(program, "--version")
    let words = outcome.output.split(separator: " ")
    #expect(outcome.code == 0 && outcome.errors.isEmpty)
    #expect(words.count > 3 && words[0] == program && words[1].contains("."))
    #expect(outcome.output.contains("frames ") && outcome.output.contains("journal up to 9"))
  }
}
