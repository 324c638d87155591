internal import Documents
internal import DosingCore
internal import Journal

/// Whose keys they are, as far as the entries of a journal have told.
struct KeyNames {
  private var names: [KeyID: Label] = [:]

  subscript(id: KeyID) -> Label? { names[id] }

  /// Takes note of an entry, newer than all before.
  mutating func learn(_ content: Entry.Content) {
    if case .keyChanged(let change) = content { names[change.key.id] = change.key.name }
  }

  /// Takes note of what was said before all that is known.
  mutating func learnEarlier(_ key: KeyRecord) { names[key.id] = names[key.id] ?? key.name }

  /// As in `anna (754faeb2b9f95adc)`; the digits alone where the name is not known.
  func words(_ id: KeyID) -> String {
    names[id].map { "\($0.text) (\(id.text))" } ?? "key \(id.text)"
  }
}
