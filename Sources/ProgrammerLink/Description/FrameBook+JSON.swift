internal import DosingCore

extension FrameBook {
  /// All of it for programs, as `pumpctl frames --json` prints it.
  public static var json: JSONText {
    .object([
      (name: "version", value: .number(FrameHeader.version)),
      (name: "byte_order", value: .text("little")),
      (name: "frame_max", value: .number(FrameHeader.frameMax)),
      (name: "head", value: .list(head.map { item($0.name, $0.type, $0.note) })),
      (name: "kinds", value: .list(chapters.map(chapter))),
      (name: "seal", value: list(seal)),
      (name: "changes", value: .list(ChangeKind.allCases.map(row))),
      (name: "words", value: .object(wordLists.map { (name: $0.name, value: words($0)) })),
    ])
  }

  /// The fields of a head, which `FrameHeader` writes itself.
  static let head: [(name: String, type: String, note: String)] = [
    ("letters", "4 bytes", "ITBP"), ("version", "u16", "\(FrameHeader.version)"),
    ("kind", "u16", "the number of a kind"), ("length", "u32", "of the whole frame, in bytes"),
    ("number", "u32", "of the question, which its answer repeats"),
  ]

  /// All lists of words that any field names, each once, with the kinds of frames.
  static var wordLists: [WordList] {
    var lists = [WordList(Role.self)]
    func look(_ fields: [Field]) {
      for field in fields {
        if case .word(let list, _) = field.form, !lists.contains(where: { $0.name == list.name }) {
          lists.append(list)
        }
        look(field.fields)
      }
    }
    for chapter in chapters { look(chapter.fields) }
    return lists.sorted { $0.name < $1.name }
  }

  private static func words(_ list: WordList) -> JSONText {
    .object(list.words.map { (name: $0.name, value: .number($0.number)) })
  }

  private static func item(_ name: String, _ type: String, _ note: String) -> JSONText {
    .object([
      (name: "name", value: .text(name)), (name: "type", value: .text(type)),
      (name: "note", value: .text(note)),
    ])
  }

  private static func chapter(_ chapter: Chapter) -> JSONText {
    var members: [(name: String, value: JSONText)] = [
      (name: "kind", value: .number(chapter.kind.rawValue)),
      (name: "name", value: .text("\(chapter.kind)")),
    ]
    if let change = chapter.change {
      members.append((name: "change", value: .text("\(change)")))
    }
    if chapter.kind.isRequest {
      let roles = chapter.kind.roles(chapter.change)
      members += [
        (name: "answered_by", value: .list(chapter.kind.answers.map { .text("\($0)") })),
        (name: "signed_by", value: .list(roles.map { .text("\($0)") })),
        (name: "unsigned", value: .text(chapter.kind.permission.unsigned.words)),
      ]
    }
    members.append((name: "fields", value: list(chapter.fields)))
    return .object(members)
  }

  private static func row(_ kind: ChangeKind) -> JSONText {
    let roles = Role.allCases.filter { kind.row.roles.contains($0) }
    let killers = Circumstance.allCases.filter { kind.row.diesWith.contains($0) }
    return .object([
      (name: "change", value: .text("\(kind)")), (name: "number", value: .number(kind.rawValue)),
      (name: "proposed_by", value: .list(roles.map { .text("\($0)") })),
      (name: "dies_with", value: .list(killers.map { .text("\($0)") })),
      (name: "acts", value: .text("\(kind.row.acts)")),
    ])
  }

  private static func list(_ fields: [Field]) -> JSONText {
    .list(collapsed(fields).map { json($0.field, times: $0.times) })
  }

  /// What stands there several times in the same words, once.
  static func collapsed(_ fields: [Field]) -> [(field: Field, times: Int)] {
    var runs: [(field: Field, times: Int)] = []
    for field in fields {
      if let last = runs.last, last.field.isLike(field) {
        runs[runs.count - 1].times += 1
      } else {
        runs.append((field: field, times: 1))
      }
    }
    return runs
  }

  private static func json(_ field: Field, times: Int) -> JSONText {
    var members: [(name: String, value: JSONText)] = [
      (name: "name", value: .text(field.name)), (name: "type", value: .text(field.form.type)),
    ]
    if times > 1 { members.append((name: "times", value: .number(times))) }
    switch field.form {
    case .number(_, let least, let most, let unit):
      if !unit.isEmpty { members.append((name: "unit", value: .text(unit))) }
      members += [(name: "least", value: .number(least)), (name: "most", value: .number(most))]
    case .word(let list, let orNone):
      members.append((name: "words", value: .text(list.name)))
      if orNone { members.append((name: "or_none", value: .flag(true))) }
    case .bytes(let count): members.append((name: "bytes", value: .number(count)))
    case .group(let group):
      if case .list(let countBytes, let most) = group {
        members += [
          (name: "count_bytes", value: .number(countBytes)),
          (name: "at_most", value: .number(most)),
        ]
      }
      members.append((name: "fields", value: list(field.fields)))
    case .flag, .text: break
    }
    return .object(members)
  }
}

extension Field.Form {
  var type: String {
    switch self {
    case .number(let bytes, let least, _, _): (least < 0 ? "i" : "u") + "\(8 * bytes)"
    case .flag: "flag"
    case .word: "word"
    case .text: "text"
    case .bytes: "bytes"
    case .group(.plain): "group"
    case .group(.ifPresent): "if_present"
    case .group(.orZeros): "or_zeros"
    case .group(.list): "list"
    }
  }
}
