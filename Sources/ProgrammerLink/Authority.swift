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
    // Of what is proposed its own row says who may; of a commit, who proposed it.
    case .propose, .commit: Permission(Role.allCases.filter(ChangeKind.mayPropose))
    case .bolus, .cancelBolus, .acknowledge: Permission([.clinician])
    // It ends by itself, and whatever is new ends it: whoever hears the pump may.
    case .silence: Permission([.clinician, .technician, .patient])
    case .patientBolus: Permission([.clinician, .patient])
    case .stop: Permission([.clinician, .technician], unsigned: .stopper)
    case .resume: Permission([.clinician, .technician], unsigned: .rootAfterUnsignedStop)
    case .enroll: Permission([], unsigned: .root)
    case .revoke: Permission([.clinician], unsigned: .root)
    case .relayed: Permission([], unsigned: .anybody)
    case .program, .new, .clear, .clock, .status, .answer, .findings, .rejected, .proposal, .keys,
      .records:
      Permission([])
    }
  }
}

extension ChangeKind {
  /// Whether a role may propose anything.
  fileprivate static func mayPropose(_ role: Role) -> Bool {
    allCases.contains { $0.row.roles.contains(role) }
  }
}

extension FrameHeader {
  /// Whether a role may send this frame: of what is proposed, by the row of its kind.
  func isPermitted(to role: Role, _ frame: Span<UInt8>) -> Bool {
    guard kind == .propose else { return kind.permission.roles.contains(role) }
    guard frame.count > Self.headLength, let change = ChangeKind(rawValue: frame[Self.headLength])
    else { return false }
    return change.row.roles.contains(role)
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
