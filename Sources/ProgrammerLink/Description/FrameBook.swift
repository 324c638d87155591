public import DosingCore

/// Every frame of this version, field by field, as the code reads and writes it.
public enum FrameBook {
  /// A frame of a kind; of what is proposed, and of proposals, one for each kind of change.
  struct Chapter {
    let kind: FrameKind
    let change: ChangeKind?
    let fields: [Field]

    var name: String { "\(kind)" + (change.map { " \($0)" } ?? "") }
  }

  static var kinds: [FrameKind] { FrameKind.allCases.filter { !$0.isOfRecordsOnly } }

  static var chapters: [Chapter] {
    kinds.flatMap { kind in
      let changes: [ChangeKind?] = kind.hasChange ? ChangeKind.allCases : [nil]
      return changes.map { change in
        Chapter(kind: kind, change: change, fields: fields(of: kind.blank(change)))
      }
    }
  }

  /// Of the head, behind its letters, version and kind of frame.
  static var seal: [Field] { FieldScribe.fields(of: Seal()) }

  private static func fields(of body: any FrameBody) -> [Field] {
    func fields(_ body: some FrameBody) -> [Field] { FieldScribe.fields(of: body) }
    return fields(body)
  }

  /// What stands in the fields of a body, for a vector that another language can read.
  public static func values(of body: any FrameBody) -> JSONText {
    func values(_ body: some FrameBody) -> [Field] { FieldScribe.values(of: body) }
    return values(body).json
  }
}

extension FrameKind {
  var isRequest: Bool { rawValue < 100 }
  var hasChange: Bool { self == .propose || self == .proposal }

  /// What it is read into.
  public func blank(_ change: ChangeKind? = nil) -> any FrameBody {
    switch self {
    case .askStatus, .patientBolus, .cancelBolus, .stop, .resume, .acknowledge, .silence, .askKeys,
      .relayed,
      .program, .new, .clear, .clock:
      EmptyBody()
    case .propose: ProposedChange.blank(change ?? .program)
    case .proposal: ProposalBody(shown: .blank(change ?? .program))
    case .commit: CommitBody()
    case .bolus: BolusBody()
    case .enroll: EnrollBody()
    case .revoke: RevokeBody()
    case .askRecords: AskRecordsBody()
    case .status: Status(serial: .none)
    case .answer: AnswerBody()
    case .findings: Findings()
    case .rejected: RejectedBody()
    case .keys: KeysBody()
    case .records: RecordsBody()
    }
  }

  /// What may come back.
  var answers: [FrameKind] {
    switch self {
    case .askStatus: [.status, .rejected]
    case .askKeys, .enroll, .revoke: [.keys, .rejected]
    case .askRecords: [.records, .rejected]
    case .propose: [.proposal, .findings, .answer, .rejected]
    case .bolus, .patientBolus, .cancelBolus, .stop, .resume, .acknowledge, .silence, .commit,
      .relayed:
      [.answer, .rejected]
    case .program, .new, .clear, .clock, .status, .answer, .findings, .rejected, .proposal, .keys,
      .records:
      []
    }
  }

  /// Whose keys may sign it.
  func roles(_ change: ChangeKind?) -> [Role] {
    guard self == .propose, let change else { return permission.roles }
    return Role.allCases.filter { change.row.roles.contains($0) }
  }
}

extension UnsignedPermission {
  /// Who may send it without a signature.
  var words: String {
    switch self {
    case .nobody: "nobody"
    case .anybody: "anybody"
    case .reader: "status group, pump's user, root"
    case .stopper: "stop group, pump's user, root; not through a relay"
    case .root: "root; not through a relay"
    case .rootAfterUnsignedStop: "root after an unsigned stop; not through a relay"
    }
  }
}

extension [Field] {
  /// Values by name: what stands there more than once is a list.
  fileprivate var json: JSONText {
    var members: [(name: String, value: JSONText)] = []
    var index = 0
    while index < count {
      let run = self[index...].prefix { $0.name == self[index].name }
      let isList = run.count > 1
      members.append(
        (
          name: self[index].name,
          value: isList ? .list(run.map(\.json)) : self[index].json
        ))
      index += run.count
    }
    return .object(members)
  }

  /// The items of a list one behind the other: each begins with the same name.
  fileprivate var items: [JSONText] {
    guard let first else { return [] }
    var items: [[Field]] = []
    for field in self {
      if field.name == first.name { items.append([]) }
      items[items.count - 1].append(field)
    }
    return items.map { $0.count == 1 ? $0[0].json : $0.json }
  }
}

extension Field {
  private var number: UInt64 {
    bytes.reversed().reduce(0) { $0 << 8 | UInt64($1) }
  }

  fileprivate var json: JSONText {
    switch form {
    case .number(let width, let least, _, _):
      let isNegative = least < 0 && bytes.last.map { $0 >= 0x80 } ?? false
      let fill = width == 8 || !isNegative ? 0 : UInt64.max << UInt64(8 * width)
      return least < 0 ? .number(Int64(bitPattern: number | fill)) : .number(number)
    case .flag: return .flag(number == 1)
    case .word(let list, _):
      return .text(list.words.first { $0.number == UInt8(number) }?.name ?? "none")
    case .text:
      return .text(String(decoding: bytes.prefix(Int(bytes.last ?? 0)), as: UTF8.self))
    case .bytes: return .text(bytes.hexadecimalDigits)
    case .group(let group): return json(of: group)
    }
  }

  private func json(of group: GroupForm) -> JSONText {
    switch group {
    case .plain: fields.json
    case .ifPresent, .orZeros: bytes.first == 1 ? fields.json : .number("null")
    case .list: .list(fields.items)
    }
  }
}

extension [UInt8] {
  var hexadecimalDigits: String {
    map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
  }
}
