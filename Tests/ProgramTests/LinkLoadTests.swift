import DosingCore
import Foundation
import ProgrammerLink
import Quantities
import RawLink
import Testing

@Suite(.serialized) struct LinkLoadTests {
  @Test("R-111 Beside a thousand connections every command is carried out once, and answered")
  func thousandConnections() throws {
    RawClient.raiseFileLimit()
    let pump = try RunningPump()
    try pump.program()
    let crowd = try (0..<1_000).map { _ in try RawClient(path: pump.socket) }
    let question = writeFrame(.askStatus, number: 1, body: EmptyBody()).array
    for (index, client) in crowd.enumerated() {
      // A third asks, a third sends a byte, a third says nothing.
      if index % 3 == 0 { #expect(client.send(question)) }
      if index % 3 == 1 { #expect(client.send([0x49])) }
    }
    for round in 0..<20 {
      let dose = "\(round % 2 == 0 ? 290 : 310) ug/d"
      let text = Texts.prescription.replacingOccurrences(of: "300 ug/d", with: dose)
      #expect(try pump.program(text).code == 0)
      for (index, client) in crowd.enumerated() where index % 3 < 2 {
        #expect(client.receive() != nil)
        #expect(client.send(index % 3 == 0 ? question : [0x49]))
      }
    }
    #expect(try pump.number("basal_nanograms_per_day") == 310_000)
    #expect(pump.end() == 0)
    let requests = try pump.entries("--kind", "request").compactMap {
      $0["request"] as? [String: Any]
    }
    let commits = requests.filter { $0["command"] as? String == "commit" }
    #expect(commits.count == 21)
    #expect(commits.allSatisfy { $0["accepted"] as? Bool == true })
    #expect(Set(requests.compactMap { $0["key_number"] as? Int }).count == requests.count)
  }
}
