internal import Documents
internal import DosingCore
internal import Glibc
internal import ProgrammerLink

extension LinkError {
  /// What is wrong with the link at a path, and the remedy.
  func failure(at path: String) -> Failure {
    switch self {
    case .noPermission:
      Failure(.noPermission, "\(path): no permission; become root, or the pump's user")
    case .nobodyListens:
      Failure(
        .unavailable,
        "\(path): no pump listens there, or the directory is missing; start pumpd, or give another --state "
          + "or --socket")
    case .pathTooLong:
      Failure(.usage, "\(path) is longer than 107 bytes; give a shorter --socket")
    case .isNoSocket:
      Failure(
        .unavailable,
        "\(path) is no socket and was left alone; move it away, or give another --socket")
    case .isTaken:
      Failure(
        .unavailable,
        "another pump listens at \(path); stop it first, or give this one its own --socket")
    case .badAnswer, .notThePump, .otherPump, .outcomeNotSigned, .answerLost, .unknownPump,
      .cannotSign:
      Failure(
        .unavailable, "the answer is not a frame of this version; use programs of one version")
    case .rejected(let fault): Failure(.unavailable, fault.sentence)
    case .noAnswer:
      Failure(.unavailable, "\(path): the pump did not answer; look at its log")
    case .system(let call, let errno):
      Failure(
        .unavailable,
        "\(path): \(call): \(unsafe String(cString: strerror(errno))); give another --socket")
    }
  }
}
