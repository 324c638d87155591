public import DosingCore
public import Quantities

/// Why a frame was not believed. For the log of the pump alone: the sender hears `notPermitted`,
/// whatever it was.
public enum Doubt: UInt8, Error, CaseIterable, Sendable {
  case unsigned = 0
  case foreign = 1
  case unknownKey = 2
  case revokedKey = 3
  case badSignature = 4
  case stale = 5
  case replayed = 6
  case wrongRole = 7
  /// This one is told: the key is right, and waiting helps.
  case tooOften = 8
  /// Its number is so far above the last that it would use up the key.
  case tooFar = 9

  /// The key's holder has signed it for this pump and its turn: what was refused was his order, and no frame that
  /// somebody has kept or made up.
  public var isOfAnOrder: Bool { [.wrongRole, .tooOften, .tooFar].contains(self) }
}

/// A frame that somebody may send who is who he says.
///
/// The only way to one is through `Verifier.verify`, so whoever holds one need not ask again.
public struct VerifiedCommand: Sendable {
  public enum Sender: Sendable {
    case key(KeyRecord)
    /// Nobody signed; the kernel says who it was.
    case user(UInt32)
  }

  public let header: FrameHeader
  public let sender: Sender

  fileprivate init(_ header: FrameHeader, _ sender: Sender) {
    self.header = header
    self.sender = sender
  }

  public var key: KeyRecord? {
    if case .key(let record) = sender { record } else { nil }
  }
}

/// Decides whom a pump believes.
public struct Verifier: Sendable {
  public var keys: KeyTable
  public var stopOrigin: StopOrigin
  /// Frames that were not believed, by `Doubt.rawValue`.
  public private(set) var doubts = [Int64](repeating: 0, count: Doubt.allCases.count)
  private let serial: Label
  private let groups: LinkGroups

  /// How far above the last number of its key a command's may be.
  public static let numberStepMax: Int64 = 1 << 32
  private var challenges: ChallengeBook

  /// - Parameter nonce: random; another one at each start.
  public init(
    serial: Label, keys: KeyTable, stopOrigin: StopOrigin, groups: LinkGroups, nonce: UInt64
  ) {
    self.serial = serial
    self.keys = keys
    self.stopOrigin = stopOrigin
    self.groups = groups
    challenges = ChallengeBook(nonce: nonce)
  }

  /// Whether somebody may connect at all.
  public func admits(_ peer: Peer) -> Bool { groups.mayRead(peer) || groups.mayStop(peer) }

  /// The challenge to give now.
  ///
  /// - Parameter now: CLOCK_BOOTTIME.
  public mutating func challenge(at now: Nanoseconds) -> Challenge {
    challenges.challenge(at: now)
  }

  /// Believes a frame, or counts why not. A signed one uses up its number.
  ///
  /// - Parameters:
  ///   - frame: whole, its header sound.
  ///   - now: CLOCK_BOOTTIME.
  public mutating func verify(
    _ header: FrameHeader, _ frame: Span<UInt8>, from link: LinkSender, at now: Nanoseconds
  ) throws(Doubt) -> VerifiedCommand {
    do throws(Doubt) {
      guard let seal = try? Seal.read(frame) else { throw .unsigned }
      if seal.isSigned { return try verify(header, frame, seal, at: now) }
      guard permits(header.kind.permission.unsigned, link) else { throw .unsigned }
      return VerifiedCommand(header, .user(link.peer.user))
    } catch {
      doubts[Int(error.rawValue)] += 1
      throw error
    }
  }

  private mutating func verify(
    _ header: FrameHeader, _ frame: Span<UInt8>, _ seal: Seal, at now: Nanoseconds
  ) throws(Doubt) -> VerifiedCommand {
    guard let record = keys[seal.key] else { throw .unknownKey }
    guard let key = VerifyingKey(bytes: record.publicKey), key.signed(frame, seal) else {
      throw .badSignature
    }
    if record.isRevoked { throw .revokedKey }
    if seal.serial != serial { throw .foreign }
    if !challenges.isFresh(seal.challenge, at: now) { throw .stale }
    if seal.number <= record.newestNumber { throw .replayed }
    if seal.number - record.newestNumber > Self.numberStepMax { throw .tooFar }
    if !header.isPermitted(to: record.role, frame) { throw .wrongRole }
    // Whoever is told to wait does not find it done later: this number is used up, too.
    keys.accept(seal.number, of: record.id)
    if record.role == .patient, !keys.countPatient(record.id, at: now) { throw .tooOften }
    return VerifiedCommand(header, .key(record))
  }

  private func permits(_ permission: UnsignedPermission, _ link: LinkSender) -> Bool {
    let isRoot = link.peer.user == 0 && !link.isRelayed
    return switch permission {
    case .nobody: false
    case .anybody: true
    case .reader: groups.mayRead(link.peer)
    case .stopper: groups.mayStop(link.peer) && !link.isRelayed
    case .root: isRoot
    case .rootAfterUnsignedStop: isRoot && stopOrigin == .unsigned
    }
  }
}
