public import DosingCore
internal import Glibc
internal import Quantities

/// A programmer with a key, who knows the keys of the pumps that he trusts.
public struct Programmer: ~Copyable {
  private var client: LinkClient
  private let key: SigningKey
  private let pumps: (Label) -> VerifyingKey?
  private var shown: Shown?

  /// What somebody has seen before he signs.
  private struct Shown: Equatable {
    let serial: Label
    let patient: Label
    let drug: Label
    let concentration: Concentration
  }

  /// - Parameter pumps: the key of the pump of that serial; nil where it is not known.
  public init(
    _ client: consuming LinkClient, key: SigningKey, pumps: @escaping (Label) -> VerifyingKey?
  ) {
    self.client = client
    self.key = key
    self.pumps = pumps
  }

  /// The serial of the pump that answered first; nil before.
  public var serial: Label? { shown?.serial }

  /// Goes on over another connection: whoever reads may take longer than a pump waits.
  public mutating func reconnect(_ client: consuming LinkClient) { self.client = client }

  /// What the pump is doing; it was the pump that said so.
  ///
  /// - Throws: `otherPump` where it is not the pump, patient, drug or concentration of before: a relay may
  ///   lead elsewhere, and nothing is signed for a pump that was not seen.
  public mutating func status() throws(LinkError) -> Status { try askStatus().status }

  private mutating func askStatus() throws(LinkError) -> (status: Status, pump: VerifyingKey) {
    let answered = try client.ask(.askStatus, as: key.id)
    switch answered.reply {
    case .status(let status):
      guard let pump = pumps(status.serial) else { throw .unknownPump(status.serial) }
      guard answered.isFrom(pump), answered.seal.serial == status.serial else {
        throw .notThePump
      }
      let now = Shown(
        serial: status.serial, patient: status.patient, drug: status.drug,
        concentration: status.concentration)
      if let shown, shown != now { throw .otherPump }
      shown = now
      return (status, pump)
    case .rejected(let fault): throw .rejected(fault)
    default: throw .badAnswer
    }
  }

  /// Somebody else with the same key may be quicker so often.
  private static let triesMax = 8

  /// Signs a command for the pump as it is now, sends it, and believes nobody but the pump.
  ///
  /// Where another command of the same key came between, which used up the number, it is signed once more: the
  /// pump has said that it did nothing.
  public mutating func order(
    _ kind: FrameKind, _ body: some FrameBody = EmptyBody()
  ) throws(LinkError) -> LinkClient.Reply {
    for number in 1..<Self.triesMax {
      let (status, pump) = try askStatus()
      let reply = try order(kind, body, status, pump)
      guard case .rejected(.notPermitted) = reply,
        try askStatus().status.newestNumber > status.newestNumber
      else { return reply }
      // Those that use the same key do not all try again at once.
      usleep(UInt32.random(in: 0..<20_000) * UInt32(number))
    }
    let (status, pump) = try askStatus()
    return try order(kind, body, status, pump)
  }

  private mutating func order(
    _ kind: FrameKind, _ body: some FrameBody, _ status: Status, _ pump: VerifyingKey
  ) throws(LinkError) -> LinkClient.Reply {
    var seal = Seal()
    seal.serial = status.serial
    seal.key = key.id
    seal.number = status.newestNumber + 1
    seal.challenge = status.challenge
    let answered: LinkClient.Answered
    do {
      answered = try client.ask(kind, body, seal, signedBy: key)
    } catch {
      throw error.ofCommand
    }
    guard answered.isFrom(pump) else { throw .outcomeNotSigned }
    return answered.reply
  }
}
