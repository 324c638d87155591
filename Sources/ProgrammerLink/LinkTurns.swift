/// Whose frames are read in one round: of all that have sent something those that were heard least lately, and
/// not many of one user.
///
/// So a round is short, and whoever floods, by however many connections, lets nobody wait who does not.
enum LinkTurns {
  struct Ready {
    let index: Int
    let user: UInt32
    /// The number of the frame that was read of it last; 0 for none.
    let heard: Int
  }

  /// Frames that are read in a round.
  static let framesMax = 32
  /// Of those, frames of one user.
  static let framesOfUserMax = 8

  /// The indices of those that are heard now, in their order.
  static func next(_ ready: [Ready]) -> [Int] {
    var taken: [UInt32: Int] = [:]
    var turns: [Int] = []
    for one in ready.sorted(by: { ($0.heard, $0.index) < ($1.heard, $1.index) }) {
      if turns.count == framesMax { break }
      guard taken[one.user, default: 0] < framesOfUserMax else { continue }
      taken[one.user, default: 0] += 1
      turns.append(one.index)
    }
    return turns
  }

  /// Who makes room where all places are taken: the one that was silent longest, of the user who has the most
  /// places.
  static func mostSilent(_ idle: [(index: Int, user: UInt32, lastHeard: Int)]) -> Int? {
    var places: [UInt32: Int] = [:]
    for one in idle { places[one.user, default: 0] += 1 }
    let most = places.values.max() ?? 0
    return idle.filter { places[$0.user] == most }.min { $0.lastHeard < $1.lastHeard }?.index
  }
}
