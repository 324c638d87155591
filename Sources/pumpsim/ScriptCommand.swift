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
    let rig = document.rig.rig
    let program = writeFrame(.program, number: 0, body: document.program.document.prescription)
    var events = [(tick: Int64(0), frame: program)]
    for event in document.events {
      guard let frame = event.action.frame else {
        throw Failure(.badData, "\(scenario): a fault is no request; leave it out of a script")
      }
      events.append(((event.at.count + rig.tick.count - 1) / rig.tick.count, frame))
    }
    var header = ScriptHeader(
      rig: rig, clock: document.start,
      ticks: TickCount(document.duration.count / rig.tick.count + 1),
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

extension ScenarioDocument.Action {
  /// Nil for what happens to the engine rather than being asked of it.
  fileprivate var frame: FrameWriter? {
    switch self {
    case .program(let program):
      writeFrame(.program, number: 0, body: program.therapy.prescription)
    case .bolus(let dose, let duration):
      writeFrame(.bolus, number: 0, body: BolusBody(dose: dose, duration: duration))
    case .patientBolus: writeFrame(.patientBolus, number: 0, body: EmptyBody())
    case .stop: writeFrame(.stop, number: 0, body: EmptyBody())
    case .resume: writeFrame(.resume, number: 0, body: EmptyBody())
    case .lateTick, .drive, .output: nil
    }
  }
}
