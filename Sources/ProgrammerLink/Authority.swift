public import DosingCore

/// Who may ask for what without a signature.
public enum UnsignedPermission: Sendable {
  case nobody
  /// Whoever may connect.
  case anybody
  /// The group that may read the status and the journal, the pump's own user, and root.
  case reader
  /// The group that may stop, the pump's own user, and root; never through a relay.
  case stopper
  /// Root on the pump; never through a relay.
  case root
  /// The same, while the pump stands by an unsigned stop.
  case rootAfterUnsignedStop
}

/// One row of the table of permissions.
public struct Permission: Sendable {
  public let roles: [Role]
  public let unsigned: UnsignedPermission

  fileprivate init(_ roles: [Role], unsigned: UnsignedPermission = .nobody) {
    self.roles = roles
    self.unsigned = unsigned
  }
}

extension FrameKind {
  /// The table of permissions: who may send a frame of this kind.
  public var permission: Permission {
    switch self {
    case .askStatus, .askKeys, .askRecords: Permission([], unsigned: .reader)
    case .program, .commit, .bolus, .acknowledge, .new, .clock: Permission([.clinician])
    case .patientBolus: Permission([.clinician, .patient])
    case .clear: Permission([.clinician, .technician])
    case .stop: Permission([.clinician, .technician], unsigned: .stopper)
    case .resume: Permission([.clinician, .technician], unsigned: .rootAfterUnsignedStop)
    case .enroll: Permission([], unsigned: .root)
    case .revoke: Permission([.clinician], unsigned: .root)
    case .relayed: Permission([], unsigned: .anybody)
    case .status, .answer, .findings, .rejected, .proposal, .keys, .clockProposal, .records:
      Permission([])
    }
  }
}

/// The groups that may do something without a key, and the pump's own user.
public struct LinkGroups: Sendable {
  public let owner: UInt32
  public let status: UInt32
  /// Nil where there is no such group.
  public let stop: UInt32?

  public init(owner: UInt32, status: UInt32, stop: UInt32?) {
    self.owner = owner
    self.status = status
    self.stop = stop
  }

  public func mayRead(_ peer: Peer) -> Bool {
    peer.user == 0 || peer.user == owner || peer.belongs(to: status)
  }

  public func mayStop(_ peer: Peer) -> Bool {
    peer.user == 0 || peer.user == owner || (stop.map { peer.belongs(to: $0) } ?? false)
  }
}
