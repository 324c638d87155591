internal import ArgumentParser
internal import Documents
internal import DosingCore
internal import ProgrammerLink

struct Acknowledge: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Say that the alarms that are on have been seen: those about what is over end.",
    discussion: """
      The others sound no more, unless one becomes more urgent; a high one is heard again every 10 min.
      """)

  @OptionGroup var connection: Connection
  @OptionGroup var signing: SigningOptions

  func run() {
    var programmer = signing.programmer(connection)
    let reply = connection.attempt { () throws(LinkError) in
      try programmer.order(.acknowledge, EmptyBody())
    }
    if case .answer = reply {
      programmer.reconnect(connection.open())
      tellWhatEnds(try? programmer.status())
    }
    report(reply, done: "pump \(programmer.serial?.text ?? "-") acknowledged")
  }

  /// What is on all the same, and what ends it: beside what a program reads.
  private func tellWhatEnds(_ status: Status?) {
    guard let status else { return }
    for code in FaultCode.allCases where status.faults[Int(code.rawValue)].priority > 0 {
      complain("\(code.words): \(code.endWords)")
    }
  }
}
