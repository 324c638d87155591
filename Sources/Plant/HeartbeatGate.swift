/// The external retriggerable gate: open while edges of the heartbeat keep coming.
///
/// It cuts the driver's enable and releases the buzzer, so that a dead engine neither doses nor is
/// silent. It is a circuit, not a program: on a real rig it is a monostable on the heartbeat line.
public struct HeartbeatGate: Sendable {
  public let timeoutNanoseconds: Int64

  /// Three heartbeats, at most 500 ms.
  public init(heartbeatNanoseconds: Int64) {
    timeoutNanoseconds = min(3 * heartbeatNanoseconds, 500_000_000)
  }

  public func isOpen(at timeNanoseconds: Int64, lastEdge: Int64) -> Bool {
    lastEdge != Int64.min && timeNanoseconds - lastEdge <= timeoutNanoseconds
  }
}
