internal import Crypto
internal import GRDB

/// The hash chain of the events: each hash covers the one before it, so that nothing can be changed,
/// left out or put in without breaking it.
struct Chain {
  /// The newest event that was forgotten, and its hash: what the chain begins with.
  var forgotten: Int64 = 0
  var forgottenHash = Chain.origin
  /// The newest event.
  var newest: Int64 = 0
  var newestHash = Chain.origin

  static let origin = [UInt8](repeating: 0, count: 32)

  /// The hash of an event that follows on another.
  static func hash(_ entry: Entry, id: Int64, kind: UInt8, body: [UInt8], after: [UInt8]) -> [UInt8]
  {
    var hash = SHA256()
    hash.update(data: after)
    for number in [id, entry.tick, entry.utc, entry.monotonic, Int64(kind)] {
      hash.update(data: littleEndian(number))
    }
    hash.update(data: body)
    return Array(hash.finalize())
  }

  private static func littleEndian(_ number: Int64) -> [UInt8] {
    (0..<8).map { UInt8(truncatingIfNeeded: number >> Int64($0 * 8)) }
  }
}

/// SHA-256 of a record.
public func digest(of bytes: [UInt8]) -> [UInt8] { Array(SHA256.hash(data: bytes)) }

/// What a look at the whole chain found.
public struct ChainReport: Equatable, Sendable {
  /// Events that are linked.
  public var events: Int64 = 0
  /// The oldest event that there still is.
  public var first: Int64 = 0
  /// The first event whose link is broken; nil where none is.
  public var firstBroken: Int64?
}
