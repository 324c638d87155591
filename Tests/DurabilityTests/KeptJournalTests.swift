import Journal
import Simulation
import Testing

@testable import Durability

@Suite struct KeptJournalTests {
  @Test("R-093 Whether anything can be made durable is asked of the disk, not of memory")
  func touch() throws {
    let machine = SimulatedMachine(seed: 1)
    let journal = KeptJournal(
      try Journal(path: machine.journalPath, serial: "BP-1", makesNew: true))
    for _ in 0..<2 {
      try journal.touch()
      machine.disk.setFaults(writes: 1_000)
      #expect(throws: JournalError.self) { try journal.touch() }
      machine.disk.setFaults()
    }
  }

  @Test("A simulated disk stays until the last journal on it is closed")
  func outlivesItsMachine() throws {
    var machine: SimulatedMachine? = SimulatedMachine(seed: 2)
    let path = try #require(machine?.journalPath)
    var journal: Journal? = try Journal(path: path, serial: "BP-1", makesNew: true)
    machine = nil
    try journal?.touch()
    #expect(throws: JournalError.self) { _ = try Journal(path: path, serial: "BP-1") }
    journal = nil
  }
}
