internal import DosingCore
internal import Journal

/// The journal as a start finds it, and what the start does with it.
struct JournalOpening {
  /// Nil where there is none, or none that can be read.
  private(set) var journal: Journal?
  private(set) var state: JournalState?
  private(set) var canWrite = true
  /// How the journal came about, where it was made now.
  private(set) var begun: JournalBegun.Cause?
  private(set) var toPutAside: JournalBegun.Cause?
  private(set) var warnings: [String] = []

  /// What is done where a journal cannot be opened for writing.
  enum Deed: Equatable {
    /// Goes on from what can be read, and tries again to write it every second.
    case read
    /// Puts it aside, whole, and begins another one of the same history.
    case putAside(JournalBegun.Cause)
    /// Does not start: one line says why.
    case refuse
  }

  /// The table of Storage.md.
  ///
  /// - Parameters:
  ///   - hasCopies: a copy of the safe-basal record is whole and of this pump.
  ///   - isWiped: the file begins with zeros.
  static func deed(_ error: JournalError, hasCopies: Bool, isWiped: Bool) -> Deed {
    switch error {
    case .readOnly, .diskFull, .inputOutput, .noPermission: .read
    case .damaged: .putAside(.damaged)
    case .notAJournal: hasCopies || isWiped ? .putAside(.damaged) : .refuse
    case .otherPump: hasCopies ? .putAside(.foreign) : .refuse
    case .missing, .busy, .newerSchema: .refuse
    }
  }

  /// What is done where it cannot be read either.
  static func deed(reading error: JournalError, hasCopies: Bool, isWiped: Bool) -> Deed {
    switch error {
    case .noPermission: hasCopies ? .putAside(.unreadable) : .refuse
    case .inputOutput, .readOnly, .diskFull: .putAside(.unreadable)
    // Nothing was there, and nothing can be made.
    case .missing: .putAside(.missing)
    default: deed(error, hasCopies: hasCopies, isWiped: isWiped)
    }
  }

  /// - Parameter past: whose history it is, where the journal does not say it.
  init(
    _ storage: any StateStorage, serial: String, goingOn past: Journal.Past, hasCopies: Bool
  ) throws(JournalError) {
    let wasThere = storage.hasJournal
    do {
      let opened = try Journal(
        path: storage.journalPath, serial: serial, makesNew: true, goingOn: past)
      state = try opened.newestState()
      journal = opened
      if !wasThere, hasCopies { begun = .missing }
    } catch {
      let deed = Self.deed(error, hasCopies: hasCopies, isWiped: storage.journalIsWiped)
      try act(deed, error, storage, serial, past, hasCopies)
    }
  }

  private mutating func act(
    _ deed: Deed, _ error: JournalError, _ storage: any StateStorage, _ serial: String,
    _ past: Journal.Past, _ hasCopies: Bool
  ) throws(JournalError) {
    switch deed {
    case .refuse: throw error
    case .putAside(let cause): putAside(cause, error, storage, serial, past)
    case .read:
      do {
        try read(storage, serial)
        warnings.append(
          "\(storage.journalPath): \(error.sentence); nothing can be written down until then")
      } catch let second {
        let deed = Self.deed(
          reading: second, hasCopies: hasCopies, isWiped: storage.journalIsWiped)
        // Whoever may not even look has the wrong directory, or is the wrong user.
        guard deed != .refuse else { throw error }
        try act(
          deed == .read ? .putAside(.unreadable) : deed, error, storage, serial, past, hasCopies)
      }
    }
  }

  private mutating func read(
    _ storage: any StateStorage, _ serial: String
  ) throws(JournalError) {
    let opened = try Journal(path: storage.journalPath, serial: serial, isReader: true)
    state = try opened.newestState()
    (journal, canWrite) = (opened, false)
  }

  private mutating func putAside(
    _ cause: JournalBegun.Cause, _ error: JournalError, _ storage: any StateStorage,
    _ serial: String, _ past: Journal.Past
  ) {
    let path = storage.journalPath
    (journal, state, canWrite) = (nil, nil, false)
    guard let aside = storage.putJournalAside() else {
      toPutAside = cause
      warnings.append(
        "\(path): \(error.sentence); it cannot be put aside, and nothing written down")
      return
    }
    let became = cause == .missing ? "" : "; it was put aside as \(aside)"
    do {
      journal = try Journal(
        path: storage.journalPath, serial: serial, makesNew: true, goingOn: past)
      (begun, canWrite) = (cause, true)
      warnings.append("\(path): \(error.sentence)\(became)")
    } catch let second {
      warnings.append("\(path): \(error.sentence)\(became); \(second.sentence)")
    }
  }
}
