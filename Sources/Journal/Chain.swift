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
  /// What was kept of the forgotten.
  var archives = Archives()

  init() {}

  /// Events that there are.
  var count: Int64 { newest - forgotten + archives.count }

  static let origin = [UInt8](repeating: 0, count: 32)
}

/// The newest rig and the newest prescription with their digests, which every commit names.
struct KnownDocuments {
  private var digests: [(body: [UInt8], digest: [UInt8])] = []

  func contains(_ body: [UInt8]) -> Bool { digests.contains { $0.body == body } }

  mutating func add(_ bodies: [[UInt8]]) {
    digests += bodies.map { (body: $0, digest: sha256(of: $0)) }
    digests = digests.suffix(4)
  }

  func digest(of body: [UInt8]) -> [UInt8] {
    digests.first { $0.body == body }?.digest ?? sha256(of: body)
  }
}

/// SHA-256 of a record.
public func sha256(of bytes: [UInt8]) -> [UInt8] { Array(SHA256.hash(data: bytes)) }
