internal import Documents
internal import DosingCore
internal import Journal
internal import Quantities

/// A journal on its way into a run folder, entry by entry; memory does not grow with their number.
struct JournalExport: ~Copyable {
  private let reader: JournalReader
  private var folder: RunFolder
  private var events: RunFile
  private var delivered: RunFile
  private var walk: ChainWalk
  /// Nil when it is whole.
  private var copy: JournalCopy?
  /// The digests of the records that its entries name.
  private var documents: Set<[UInt8]>
  private var text = EntryText(rig: nil)
  private var summary = ExportSummary()
  private var orders = ProgrammedOrders()
  /// The rig of the start to which the entries belong.
  private var rig: Rig
  private var volume: StepVolume
  private var steps: StepCount
  private var start: Int64 = 0

  /// Writes everything, or leaves nothing behind.
  static func write(_ reader: JournalReader, to path: String) throws(Failure) -> ExportSummary {
    // Of those before it only some are kept, and no steps.
    guard let first = try reader.page(after: reader.head.forgotten).first else {
      throw reader.failure(.badData, "the journal has no entries yet")
    }
    // The start of the oldest entries may be forgotten, but a history has one rig.
    var known = try reader.rig()
    if known == nil { known = try reader.committedRig() }
    guard let rig = known else {
      throw reader.failure(.badData, "the record of the rig is missing or altered")
    }
    let steps = StepCount(
      made: try reader.stepsBefore(first.id, on: rig), at: first.entry.tick - 1)
    var export = try JournalExport(reader, to: path, on: rig, steps)
    try export.begin()
    try export.takeKept()
    try export.takeAll(from: first.id)
    return try export.finish()
  }

  private init(
    _ reader: JournalReader, to path: String, on rig: Rig, _ steps: StepCount
  ) throws(Failure) {
    var folder = try RunFolder(path)
    let events = try folder.file("events.csv")
    let delivered = try folder.file("delivered.csv")
    let place = folder.place(Self.copyName)
    do {
      copy = try JournalCopy(path: place, head: reader.head)
    } catch {
      throw Self.failure(error)
    }
    (self.reader, self.rig, self.steps) = (reader, rig, steps)
    self.folder = folder
    self.events = events
    self.delivered = delivered
    volume = StepVolume(rig.pump)
    walk = ChainWalk(reader.head)
    documents = Set([reader.head.rig, reader.head.prescription].compactMap(\.self))
  }

  private static let copyName = "journal.sqlite"

  private static func failure(_ error: JournalError) -> Failure {
    Failure(.unavailable, "cannot write \(copyName) of the export: \(error.sentence)")
  }

  private mutating func begin() throws(Failure) {
    summary.serial = reader.head.serial
    summary.lineage = hexadecimal(reader.head.lineage)
    try events.write("id,utc,monotonic_ns,start,tick,kind,text\n")
    try delivered.write(
      """
      utc,monotonic_ns,start,tick,not_before_tick,step,volume,cumulative_volume
      ,ns,1,1,1,1,nL,nL

      """)
  }

  // MARK: Entries

  /// What is kept of the events that were pushed out: who did what, though not what was delivered.
  private mutating func takeKept() throws(Failure) {
    var last: Int64 = 0
    while last < reader.head.forgotten {
      let rows = try reader.rows(after: last).prefix { $0.id <= reader.head.forgotten }
      guard let newest = rows.last else { return }
      try copy(rows)
      for row in rows {
        walk.take(row)
        let numbered = try reader.entry(of: row)
        text.keys.learn(numbered.entry.content)
        if case .started(let started) = numbered.entry.content { try begin(started, numbered) }
        try writeEvent(numbered)
      }
      last = newest.id
    }
  }

  /// Up to the newest when the export began.
  private mutating func takeAll(from first: Int64) throws(Failure) {
    let last = reader.head.newest
    var next = first
    while next <= last {
      let rows = try reader.rows(after: next - 1).prefix { $0.id <= last }
      try copy(rows)
      for row in rows {
        guard row.id == next else { break }
        walk.take(row)
        try take(try reader.entry(of: row))
        next += 1
      }
      if next <= last, rows.last?.id != next - 1 {
        try reader.expectNothingForgotten()
        throw reader.failure(.badData, "entry \(next) is missing; see pumpctl log --verify")
      }
    }
  }

  private func copy(_ rows: ArraySlice<EventRow>) throws(Failure) {
    do {
      try copy?.add(rows)
    } catch {
      throw Self.failure(error)
    }
  }

  private mutating func take(_ numbered: NumberedEntry) throws(Failure) {
    let entry = numbered.entry
    text.keys.learn(entry.content)
    if case .started(let started) = entry.content {
      try begin(started, numbered)
      if started.isSimulated { summary.simulated = true }
    }
    if let account = entry.account(on: rig) {
      summary.stepsInDoubt = account.inDoubt
      let before = steps.agreedAt
      if let untold = steps.agree(with: account.steps, at: entry.tick) {
        let notBefore = min(before + 1, entry.tick)
        for step in untold {
          try writeStep(step, at: entry, tick: entry.tick, notBefore: notBefore)
        }
      }
    }
    switch entry.content {
    case .steps(let ticks):
      for tick in ticks { try writeStep(steps.count(), at: entry, tick: tick, notBefore: tick) }
    case .eventsLost(let count): summary.eventsLost += count
    default: break
    }
    for (file, order) in orders.take(entry) { try folder.write(file, order.fileText) }
    try writeEvent(numbered)
  }

  private mutating func begin(_ started: Started, _ numbered: NumberedEntry) throws(Failure) {
    guard let rig = try reader.rig(of: started), numbered.entry.account(on: rig) != nil else {
      throw reader.failure(.badData, "the state in entry \(numbered.id) cannot be read")
    }
    self.rig = rig
    text.rig = rig
    volume = StepVolume(rig.pump)
    documents.formUnion([started.rig, started.prescription].filter { !$0.isEmpty })
    start += 1
    if started.isPlanned { summary.startsPlanned += 1 } else { summary.startsUnplanned += 1 }
    guard !started.prescription.isEmpty else { return }
    guard let order = try reader.document(started.prescription).flatMap(Prescription.init) else {
      throw reader.failure(.badData, "the prescription of entry \(numbered.id) cannot be read")
    }
    // What was programmed before came into force before.
    for (file, order) in orders.settle() { try folder.write(file, order.fileText) }
    if let (file, order) = orders.adopt(order, numbered.entry) {
      try folder.write(file, order.fileText)
    }
  }

  // MARK: Rows

  private mutating func writeStep(
    _ step: Int64, at entry: Entry, tick: Int64, notBefore: Int64
  ) throws(Failure) {
    let later = (tick - entry.tick) * rig.tick.count
    let utc = UTCTime(nanoseconds: entry.utc + later).text(decimals: 9)
    try delivered.write(
      "\(utc),\(entry.monotonic + later),\(start),\(tick),\(notBefore),\(step),"
        + "\(try volume.nanolitres(1)),\(try volume.nanolitres(step))\n")
    summary.stepRows += 1
  }

  private mutating func writeEvent(_ numbered: NumberedEntry) throws(Failure) {
    let entry = numbered.entry
    let utc = UTCTime(nanoseconds: entry.utc).text(decimals: 9)
    try events.write(
      "\(numbered.id),\(utc),\(entry.monotonic),\(start),\(entry.tick),"
        + "\(EntryKind(entry.content).rawValue),\(Self.quoted(text.words(entry.content)))\n")
    if summary.entries == 0 { (summary.firstEntry, summary.firstUtc) = (numbered.id, utc) }
    (summary.lastEntry, summary.lastUtc) = (numbered.id, utc)
    summary.entries += 1
  }

  /// A field of a table as RFC 4180 has it.
  private static func quoted(_ text: String) -> String {
    guard text.utf8.contains(where: { ",\"\n\r".utf8.contains($0) }) else { return text }
    return "\"" + text.map { $0 == "\"" ? "\"\"" : "\($0)" }.joined() + "\""
  }

  // MARK: End

  private consuming func finish() throws(Failure) -> ExportSummary {
    summary.firstBrokenEntry = try reader.end(of: walk).firstBroken
    for (file, order) in orders.settle() { try folder.write(file, order.fileText) }
    summary.stepsConfirmed = steps.made
    summary.stepsUntimed = steps.untimed
    summary.stepsUncounted = steps.uncounted
    summary.volumeConfirmedNanolitres = try volume.nanolitres(steps.made)
    summary.prescriptions = orders.files
    try folder.keep(&events)
    try folder.keep(&delivered)
    try folder.write("rig.json", RigJSON(rig, serial: reader.head.serial).jsonFile())
    try folder.write("summary.json", summary.jsonFile())
    try finishCopy()
    try folder.keep(placed: Self.copyName)
    try folder.finish()
    return summary
  }

  private mutating func finishCopy() throws(Failure) {
    for digest in documents.sorted(by: { $0.lexicographicallyPrecedes($1) }) {
      guard let document = try reader.storedDocument(digest) else { continue }
      do {
        try copy?.add(document: document)
      } catch {
        throw Self.failure(error)
      }
    }
    // Closed, it is one file.
    copy = nil
  }
}
