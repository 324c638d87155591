import Journal
import Simulation
import Testing

@testable import Durability

@Suite struct KeptJournalTests {
  @Test("R-093 Whether anything can be made durable is asked of the disk, not of memory")
  func touch() throws {
    // Its disk goes after the journal on it.
    let machine = SimulatedMachine(seed: 1)
    defer { withExtendedLifetime(machine) {} }
    try touch(on: machine)
  }

  private func touch(on machine: SimulatedMachine) throws {
    let journal = KeptJournal(
      try Journal(path: machine.journalPath, serial: "BP-1", makesNew: true))
    for _ in 0..<2 {
      try journal.touch()
      machine.disk.setFaults(writes: 1_000)
      #expect(throws: JournalError.self) { try journal.touch() }
      machine.disk.setFaults()
    }
  }
}
