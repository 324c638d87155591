/// What went wrong with the socket itself.
public enum LinkError: Error, Equatable, Sendable {
  /// Longer than a Unix socket address can hold.
  case pathTooLong(String)
  /// Nobody listens there.
  case nobodyListens(String)
  case noPermission(String)
  /// The pump closed the connection, or sent nothing in time.
  case noAnswer
  /// The pump sent something that is not an answer to the request.
  case badAnswer
  /// Any other failure, with its errno.
  case system(call: String, errno: Int32)
}
