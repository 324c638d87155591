internal import Hardware
internal import ProgrammerLink
internal import Quantities

/// Answers that are told once what they tell of is durable, or when patience ends.
struct OwedAnswers<Told> {
  struct Owed {
    let told: Told
    let question: Question
    let client: ClientID
    fileprivate let ticket: Int64
    fileprivate let since: Nanoseconds
  }

  private var owed: [Owed] = []

  /// How long it may take to be durable.
  private static var patience: Nanoseconds { .seconds(3) }

  /// - Parameter ticket: what the keeper gave for what has to be durable.
  mutating func append(
    _ told: Told, behind ticket: Int64, to question: Question, of client: ClientID
  ) {
    owed.append(
      Owed(told: told, question: question, client: client, ticket: ticket, since: RealTime.now))
  }

  /// The next one whose time has come.
  mutating func next(durableTicket: Int64) -> (owed: Owed, isDurable: Bool)? {
    for index in owed.indices {
      let isDurable = owed[index].ticket <= durableTicket
      guard isDurable || RealTime.now - owed[index].since > Self.patience else { continue }
      return (owed.remove(at: index), isDurable)
    }
    return nil
  }
}
