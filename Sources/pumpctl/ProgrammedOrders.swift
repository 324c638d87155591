internal import Documents
internal import DosingCore
internal import Journal

/// Prescriptions in the order in which they came into force, each once.
struct ProgrammedOrders {
  struct File: Encodable {
    let file: String
    let utc: String
    let tick: Int64
  }

  private(set) var files: [File] = []
  private var known: Set<[UInt8]> = []
  private var proposed = ProposedOrders()
  /// Accepted and not durable yet: it may be taken back.
  private var waiting: [(order: Prescription, entry: Entry)] = []
  /// The commit that holds those that wait.
  private var commit: Int64?

  /// Takes note of an entry. Returns the prescriptions that came into force, with their files.
  mutating func take(_ entry: Entry) -> [(file: String, order: Prescription)] {
    switch entry.content {
    case .requested(let requested) where requested.reason == 0:
      guard let order = proposed.ordered(by: requested) else { return [] }
      waiting.append((order, entry))
      commit = nil
    case .committed(let committed): commit = commit ?? committed.commit
    case .requestTakenBack: waiting = []
    case .leaseGranted(let granted, _):
      if let commit, granted >= commit { return settle() }
    case .started: return settle()
    default: break
    }
    return []
  }

  /// What still waits is in the journal, so it is durable.
  mutating func settle() -> [(file: String, order: Prescription)] {
    defer { waiting = [] }
    return waiting.compactMap { adopt($0.order, $0.entry) }
  }

  /// The prescription with which a start went on, or that was programmed; nil where it has a file.
  mutating func adopt(
    _ order: Prescription, _ entry: Entry
  ) -> (file: String, order: Prescription)? {
    guard known.insert(sha256(of: order.recordBytes)).inserted else { return nil }
    let file = "prescription-\(files.count + 1).yaml"
    let utc = UTCTime(nanoseconds: entry.utc).text(decimals: 3)
    files.append(File(file: file, utc: utc, tick: entry.tick))
    return (file, order)
  }
}
