public import Quantities

/// What is proposed, looked at, and then committed.
///
/// A kind of change is one row of `ChangeKind.row`, a case here, one of `ProposedChange` and one of
/// `ShownChange`, and what the compiler then asks for.
public enum Change: Sendable, BitwiseCopyable {
  case program(Therapy)
  case clock(ClockChange)
  case rig(RigChange)
  /// Says what was given in the last 24 h, and in the last hour of them, to a pump that has no history;
  /// or corrects what was said.
  case new(deliveredIn24h: Volume, deliveredIn1h: Volume)
  /// What a person does to reservoir and line.
  case supply(SupplyChange)
  /// Ends a hard stop, of which cause and counts have been looked at. The pump stays stopped by command.
  case clear
}

/// Stable: it stands on the wire and in every journal.
public enum ChangeKind: UInt8, Sendable, BitwiseCopyable {
  case program = 1
  case clock = 2
  case rig = 3
  case new = 4
  case clear = 5
  case supply = 6
}

/// One row of the table of changes.
public struct ChangeRow: Sendable, BitwiseCopyable {
  /// Whose keys may propose and commit it.
  public let roles: RoleSet
  /// What makes void that it was looked at.
  public let diesWith: CircumstanceSet
  public let acts: Acts

  public enum Acts: Sendable, BitwiseCopyable {
    /// In the tick behind the one in which it is durable.
    case nextTick
    /// What is sealed at a start cannot change before the next one.
    case nextStart
  }
}

extension ChangeKind {
  /// The table of changes.
  public var row: ChangeRow {
    switch self {
    case .program: ChangeRow(roles: RoleSet(.clinician), diesWith: .all, acts: .nextTick)
    case .clock: ChangeRow(roles: RoleSet(.clinician), diesWith: .all, acts: .nextTick)
    case .rig:
      ChangeRow(roles: RoleSet(.clinician, .technician), diesWith: .all, acts: .nextStart)
    // What a person knows of the last day does not hang on the time of day.
    case .new:
      ChangeRow(roles: RoleSet(.clinician), diesWith: .all.without(.clock), acts: .nextTick)
    case .clear, .supply:
      ChangeRow(
        roles: RoleSet(.clinician, .technician), diesWith: .all.without(.clock), acts: .nextTick)
    }
  }
}

/// Some of the roles.
public struct RoleSet: Equatable, Sendable, BitwiseCopyable {
  private let bits: UInt8

  init(_ role: Role, _ other: Role? = nil) {
    bits = 1 << role.rawValue | (other.map { 1 << $0.rawValue } ?? 0)
  }

  public func contains(_ role: Role) -> Bool { bits >> role.rawValue & 1 == 1 }
}

/// What a proposal may hang on.
public enum Circumstance: UInt8, Sendable, BitwiseCopyable {
  /// The order in force.
  case order = 0
  /// The therapy clock in tick 0, and its offset from UTC.
  case clock = 1
  /// The rig in force.
  case rig = 2
  /// The history of the pump that its journal holds.
  case history = 3
  /// The faults that latch, and when each was raised.
  case latches = 4
  /// What was committed since the start of the pump.
  case commits = 5

  static let count = 6
}

/// Some of the circumstances.
public struct CircumstanceSet: Equatable, Sendable, BitwiseCopyable {
  private let bits: UInt8

  public static let all = CircumstanceSet(bits: 1 << UInt8(Circumstance.count) - 1)

  func without(_ circumstance: Circumstance) -> CircumstanceSet {
    CircumstanceSet(bits: bits & ~(1 << circumstance.rawValue))
  }

  public func contains(_ circumstance: Circumstance) -> Bool {
    bits >> circumstance.rawValue & 1 == 1
  }
}

// A list of all cases is an array, which bare metal does not have.
#if !hasFeature(Embedded)
  extension ChangeKind: CaseIterable {}
  extension Circumstance: CaseIterable {}
#endif
