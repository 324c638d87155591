import Foundation
import Testing

/// `pumpctl show`: the order in force, as the pump has it.
@Suite struct ShowTests {
  @Test("The order in force is shown as a file, with who programmed it, running and at rest")
  func inForce() throws {
    let pump = try RunningPump()
    let none = try pump.control("show")
    #expect(none.code == 65 && none.errors.contains("pumpctl program FILE"), "\(none.errors)")
    try pump.program()
    let first = try pump.control("show")
    #expect(first.code == 0, "\(first.errors)")
    #expect(first.output.contains("# programmed by test ("), "\(first.output)")
    #expect(first.output.contains("# rig "))
    #expect(
      first.output.contains("# line 0.404 mL, within 5 %, of it 0.154 mL catheter, mixing 20 %\n"))
    #expect(
      first.output.contains("# prime at 24 mL/d, at most 600 mcg; residue 0.5 mL\n"),
      "\(first.output)")
    #expect(first.output.contains("# pump BP-0001, prescription "))
    // Programmed again, another key has done it; what was refused has not.
    let other = try pump.programmer(role: "clinician")
    let file = try pump.folder.write("shown.yaml", first.output)
    let again = try pump.control(["program", file], as: other)
    #expect(again.code == 0 && again.output.contains("nothing changes"), "\(again.output)")
    let second = try pump.control("show")
    #expect(second.output.contains("# programmed by clinician ("), "\(second.output)")
    #expect(try Programs.run("pumpctl", "check", file).code == 0)
    #expect(pump.end() == 0)
    let atRest = try Programs.run("pumpctl", "show", "--state", pump.state)
    #expect(atRest.code == 0 && atRest.output == second.output, "\(atRest.output)")
  }
}
