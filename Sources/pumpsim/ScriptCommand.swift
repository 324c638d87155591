internal import ArgumentParser
internal import Documents
internal import DosingCore
internal import Durability
internal import Quantities

struct ScriptCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "script",
    abstract: "Write what the core is given in a scenario, for a core that has no files.")

  @Argument(help: ArgumentHelp("The scenario.", valueName: "scenario.yaml"))
  var scenario: String

  @Option(help: ArgumentHelp("The core script.", valueName: "FILE"))
  var output: String

  func run() throws {
    try Pumpsim.guarded {
      let document = try ScenarioDocument(path: scenario)
      var file = try OutputFile(output)
      try file.write(script(of: document))
      try file.finish()
    }
  }

  /// The header, then each event: its tick and its frame.
  private func script(of document: ScenarioDocument) throws -> [UInt8] {
    let plan = document.scenario
    let tick = plan.rig.tick.count
    var events = [(tick: Int64(0), frame: Request.program(plan.therapy).frame(number: 0))]
    for event in plan.events {
      let requests: [Request]
      switch event.action {
      case .ask(let request): requests = [request]
      case .refill(let refill): requests = refill.requests
      default:
        throw Failure(.badData, "\(scenario): a fault is no request; leave it out of a script")
      }
      for request in requests {
        events.append(((event.at.count + tick - 1) / tick, request.frame(number: 0)))
      }
    }
    var header = ScriptHeader(
      rig: plan.rig, clock: plan.start, ticks: TickCount(plan.duration.count / tick + 1),
      events: UInt32(events.count))
    var bytes = Self.bytes(of: &header)
    for (tick, frame) in events {
      var event = ScriptEvent(tick: Tick(tick), frameLength: UInt16(frame.count))
      bytes += Self.bytes(of: &event)
      bytes += frame.array
    }
    return bytes
  }

  private static func bytes(of body: inout some FrameBody) -> [UInt8] {
    var writer = FrameWriter()
    body.layout(&writer)
    return writer.array
  }
}
