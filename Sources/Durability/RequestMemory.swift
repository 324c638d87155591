internal import DosingCore
internal import Engine
internal import Journal
internal import Synchronization

/// What was asked, from the moment at which it was offered to the tick until the tick tells what became
/// of it.
final class RequestMemory: Sendable {
  private let asked = Mutex<[Int64: Requested]>([:])

  /// Of those whose fate no tick tells the oldest are forgotten.
  private static let capacity = 1_024

  func put(_ request: Requested) {
    asked.withLock {
      if $0.count >= Self.capacity, let oldest = $0.keys.min() { $0[oldest] = nil }
      $0[request.id] = request
    }
  }

  func forget(_ id: Int64) -> Requested? { asked.withLock { $0.removeValue(forKey: id) } }

  /// Whether it only asks what would be accepted.
  func isProposal(_ id: Int64) -> Bool {
    guard let frame = asked.withLock({ $0[id]?.frame }),
      let header = try? FrameHeader.read(frame.span), let seal = try? Seal.read(frame.span)
    else { return false }
    return ProposedChange.isProposal(header, seal)
  }

  /// Of its frame; nil where it is not known.
  func kind(_ id: Int64) -> FrameKind? { asked.withLock { $0[id] }?.kind }

  func take(_ event: EngineEvent) -> Requested {
    var request = asked.withLock { $0.removeValue(forKey: event.value) } ?? Requested()
    request.id = event.value
    request.reason = UInt8(clamping: event.detail)
    return request
  }
}
