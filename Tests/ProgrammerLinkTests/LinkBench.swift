import DosingCore
import ProgrammerLink
import Quantities
import RawLink

/// One pump's verifier, the keys that it knows, and frames for it.
struct LinkBench {
  static let serial = label("BP-0001")
  static let groups = LinkGroups(owner: 900, status: 50, stop: 60)

  let clinician: SigningKey
  let patient: SigningKey
  let technician: SigningKey
  var verifier: Verifier
  private(set) var now = Nanoseconds.seconds(1_000)

  init(nonce: UInt64 = 7, keys: [KeyRecord]? = nil, signing: [SigningKey]? = nil) {
    let signing = signing ?? [SigningKey(), SigningKey(), SigningKey()]
    (clinician, patient, technician) = (signing[0], signing[1], signing[2])
    let roles: [Role] = [.clinician, .patient, .technician]
    let records = keys ?? zip(signing, roles).map { record($0, $1) }
    verifier = Verifier(
      serial: Self.serial, keys: KeyTable(records), stopOrigin: .none, groups: Self.groups,
      nonce: nonce)
  }

  var signing: [SigningKey] { [clinician, patient, technician] }

  func key(_ role: Role) -> SigningKey {
    switch role {
    case .clinician: clinician
    case .patient: patient
    case .technician: technician
    }
  }

  mutating func pass(_ time: Nanoseconds) { now = now + time }

  /// The same pump after a start: what is durable goes on, the challenges do not.
  mutating func restart(nonce: UInt64) {
    self = LinkBench(nonce: nonce, keys: verifier.keys.records, signing: signing)
  }

  /// What a programmer with this key would seal a command with now.
  mutating func seal(_ key: SigningKey, number: Int64? = nil) -> Seal {
    var seal = Seal()
    seal.serial = Self.serial
    seal.key = key.id
    seal.number = number ?? (verifier.keys[key.id]?.newestNumber ?? 0) + 1
    seal.challenge = verifier.challenge(at: now)
    return seal
  }

  mutating func frame(
    _ kind: FrameKind, _ body: some FrameBody = EmptyBody(), by key: SigningKey, _ seal: Seal? = nil
  ) -> [UInt8] {
    let whole = seal ?? self.seal(key)
    guard let signed = key.signed(writeFrame(kind, number: 1, body: body, seal: whole)) else {
      return []
    }
    return signed.array
  }

  /// Nil where the frame was believed.
  mutating func doubt(
    _ frame: [UInt8], from sender: LinkSender = sender(user: 1000, groups: [50])
  ) -> Doubt? {
    do throws(Doubt) {
      guard let header = header(of: frame) else { return .unsigned }
      _ = try verifier.verify(header, frame.span, from: sender, at: now)
      return nil
    } catch {
      return error
    }
  }
}

func record(_ key: SigningKey, _ role: Role) -> KeyRecord {
  KeyRecord(id: key.id, role: role, name: label("\(role)"), publicKey: key.verifying.bytes)
}

func sender(user: UInt32, groups: [UInt32], isRelayed: Bool = false) -> LinkSender {
  LinkSender(
    client: ClientID(number: 1), peer: Peer(process: 1, user: user, groups: groups),
    isRelayed: isRelayed)
}

func label(_ text: String) -> Label { Label(utf8: text.utf8) ?? .none }

func unsigned(_ kind: FrameKind) -> [UInt8] {
  writeFrame(kind, number: 1, body: EmptyBody()).array
}
