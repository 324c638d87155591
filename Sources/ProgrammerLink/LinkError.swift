public import DosingCore

/// What went wrong with the link itself.
public enum LinkError: Error, Equatable, Sendable {
  /// Longer than a Unix socket address can hold.
  case pathTooLong(String)
  /// Nobody listens there.
  case nobodyListens(String)
  case noPermission(String)
  /// Something else than a socket is there; it was left alone.
  case isNoSocket(String)
  /// Another server listens there.
  case isTaken(String)
  /// The pump closed the connection, or sent nothing in time.
  case noAnswer
  /// The pump sent something that is not an answer to the request.
  case badAnswer
  /// The pump did not even look into the question.
  case rejected(FrameFault)
  /// Nobody has said which key the pump of this serial has.
  case unknownPump(Label)
  /// The status was not signed by the pump's key. Nothing was sent.
  case notThePump
  /// Another pump, patient, drug or concentration answers than before. Nothing was sent.
  case otherPump
  /// The answer to a command was not signed by the pump's key: what became of it is not known.
  case outcomeNotSigned
  /// A command was on its way, and no answer came: what became of it is not known.
  case answerLost
  /// The library could not sign.
  case cannotSign
  /// Any other failure, with its errno.
  case system(call: String, errno: Int32)

  /// The same, where the question was a command that the pump may have heard.
  public var ofCommand: LinkError {
    switch self {
    case .noAnswer, .system: .answerLost
    default: self
    }
  }
}
