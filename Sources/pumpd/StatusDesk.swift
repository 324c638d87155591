internal import DosingCore
internal import Durability
internal import Engine
internal import Hardware
internal import ProgrammerLink
internal import Quantities

/// What a pump tells of itself: what the tick says, and what the link knows beside it.
struct StatusDesk {
  private let engine: RealTimeEngine
  private let keeper: Keeper

  init(_ engine: RealTimeEngine, _ keeper: Keeper) {
    self.engine = engine
    self.keeper = keeper
  }

  func answer(_ frame: Span<UInt8>, _ verifier: inout Verifier) throws(FrameFault) -> Status {
    var nothing = EmptyBody()
    try readBody(frame, into: &nothing)
    var status = engine.status.read()
    status.challenge = verifier.challenge(at: RealTime.sinceBoot)
    status.newestNumber = verifier.keys[try Seal.read(frame).key]?.newestNumber ?? 0
    status.utc = keeper.utc(ofTick: status.now.number)
    return status
  }
}
