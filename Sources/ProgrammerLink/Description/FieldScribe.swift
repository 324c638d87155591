internal import DosingCore

/// One field of a layout, or some that stand together.
struct Field {
  enum Form {
    case number(bytes: Int, least: Int64, most: UInt64, unit: String)
    case flag
    case word(WordList, orNone: Bool)
    case text
    case bytes(Int)
    case group(GroupForm)
  }

  let name: String
  let form: Form
  /// What stood in it; of a group its flag or its count.
  var bytes: [UInt8] = []
  /// Of a group.
  var fields: [Field] = []

  /// Whether it is described in the same words.
  func isLike(_ other: Field) -> Bool {
    name == other.name && "\(form)" == "\(other.form)" && fields.count == other.fields.count
      && zip(fields, other.fields).allSatisfy { $0.isLike($1) }
  }
}

/// The names behind the numbers of a field.
struct WordList {
  let name: String
  let words: [(name: String, number: UInt8)]

  init(_ type: any Any.Type) {
    // Without the name of the module.
    name = String(reflecting: type).split(separator: ".").dropFirst().joined(separator: ".")
    func list<Words: CaseIterable>(_ type: Words.Type) -> [(name: String, number: UInt8)] {
      type.allCases.compactMap { word in
        (word as? any RawRepresentable<UInt8>).map { (name: "\(word)", number: $0.rawValue) }
      }
    }
    words = (type as? any CaseIterable.Type).map { list($0) } ?? []
  }
}

/// Listens to a layout, and notes its fields with what stands in them.
struct FieldScribe: FrameCoder {
  /// Groups that are open, the outermost first.
  private var open: [Field]
  private var isInField = false
  /// Everything that may be there is there, once.
  private let describes: Bool
  private(set) var failed = false

  private init(describes: Bool) {
    open = [Field(name: "", form: .group(.plain))]
    self.describes = describes
  }

  /// The fields of a layout, whatever stands in them.
  static func fields(of body: some FrameBody) -> [Field] {
    var (scribe, body) = (FieldScribe(describes: true), body)
    body.layout(&scribe)
    return scribe.open[0].fields
  }

  /// The same with what stands in them.
  static func values(of body: some FrameBody) -> [Field] {
    var (scribe, body) = (FieldScribe(describes: false), body)
    body.layout(&scribe)
    return scribe.open[0].fields
  }

  mutating func field(_ value: inout UInt8) {
    let group = open.count - 1
    if isInField {
      open[group].fields[open[group].fields.count - 1].bytes.append(value)
      return
    }
    precondition(group > 0, "a field has no name")
    if describes { value = open[group].bytes.isEmpty ? 1 : 0 }
    open[group].bytes.append(value)
  }

  mutating func fail() { failed = true }

  mutating func describe(_ name: StaticString, _ form: FieldForm) {
    let own: Field.Form =
      switch form {
      case .number(let bytes, let least, let most, let unit):
        .number(bytes: bytes, least: least, most: most, unit: "\(unit)")
      case .flag: .flag
      case .text: .text
      case .bytes(let count): .bytes(count)
      }
    add(Field(name: "\(name)", form: own))
  }

  mutating func describe(_ name: StaticString, word: any Any.Type, orNone: Bool) {
    add(Field(name: "\(name)", form: .word(WordList(word), orNone: orNone)))
  }

  private mutating func add(_ field: Field) {
    open[open.count - 1].fields.append(field)
    isInField = true
  }

  mutating func begin(_ name: StaticString, _ form: GroupForm) {
    open.append(Field(name: "\(name)", form: .group(form)))
    isInField = false
  }

  mutating func end() {
    let group = open.removeLast()
    open[open.count - 1].fields.append(group)
    isInField = false
  }
}
