internal import ArgumentParser
internal import Conformance

/// Every check that needs a kernel. Runs in the guest, as root, with nothing else on the machine.
struct GuestCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "guest", abstract: "Run every check of the guest.", shouldDisplay: false)

  @Option(help: "Only the checks whose name holds this.")
  var filter = ""

  @Flag(help: "Only what depends on the generation of libgpiod.")
  var gpioOnly = false

  func run() throws {
    var suite = Suite(filter: filter)
    let guest = try GuestBench()
    suite.run("gpiod", lineCases(GuestLines(guest: guest)) + GpiodCases(guest: guest).all)
    if !gpioOnly {
      suite.run("i2c", busCases(GuestBus(guest: guest)))
      suite.run("i2c-stub", StubCases().all)
      guest.renewSensors()
      suite.run("rig", RigCases.inGuest(guest))
    }
    suite.run("pumpd", PumpCases(guest: guest).all(gpioOnly: gpioOnly))
    if !gpioOnly { suite.run("faults", FaultCases(guest: guest).all) }
    suite.end()
  }
}
