import Documents
import DosingCore
import Quantities
import Testing

@Suite struct PrescriptionTextTests {
  @Test(
    "R-041 a prescription that was written reads as the same one",
    arguments: [
      Good.continuous, Good.flex,
      Good.continuous.with("mode: continuous, dose: 300 ug/d", "mode: minimum")
        .with("safe_basal: 200 ug/d\n", ""),
      Good.continuous.with("mode: continuous, dose: 300 ug/d", "mode: stopped"),
      Good.continuous.with("dose: 300 ug/d", "dose: 300.001 ug/d")
        .with("BENCH-01", "'no: \"quotes\" \\ and # more'"),
    ])
  func readsBack(_ text: String) throws {
    let folder = Folder()
    let read = try PrescriptionDocument(path: folder.write("p.yaml", text)).prescription
    let again = try PrescriptionDocument(path: folder.write("again.yaml", read.fileText))
    #expect(bytes(again.prescription) == bytes(read))
  }

  private func bytes(_ prescription: Prescription) -> [UInt8] {
    let frame = writeFrame(.propose, number: 1, body: ProposedChange.program(prescription))
    return (0..<frame.count).map { frame.bytes[$0] }
  }
}
