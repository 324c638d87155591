import DosingCore
import Fixtures
import Foundation
import Quantities
import Testing

/// Every state of journal, copies and run page, and every end: what a start believes, delivers, refuses and
/// tells stands in `Fixtures/storage-states.txt`, and an oracle of its own judges it.
@Suite struct StorageTableTests {
  private static let file = "storage-states.txt"

  struct Row {
    let end: PumpEnd
    let journal: PartState
    let copies: PartState
    let page: PartState

    var name: String { "\(end.rawValue) \(journal.rawValue) \(copies.rawValue) \(page.rawValue)" }

    /// The history's name is known, and with it which page is this pump's.
    var pageIsFound: Bool { page.isWhole && (journal.isWhole || copies.isWhole) }
  }

  /// A power cut and an end in order leave no page.
  static let rows: [Row] = PumpEnd.allCases.flatMap { end in
    PartState.allCases.flatMap { journal in
      PartState.allCases.flatMap { copies in
        (end == .kill ? PartState.allCases : [.missing]).map { page in
          Row(end: end, journal: journal, copies: copies, page: page)
        }
      }
    }
  }

  // MARK: The table

  private static func words(_ found: StoredStory.Found?, _ story: StoredStory) -> String {
    guard let found else { return "refuses-to-start" }
    let rates = story.orders.map { [$0.basalPerTickAtStart, $0.safePerTickAtStart] }
    let rate =
      found.unitsPerTick == 0
      ? "nothing"
      : rates[0].contains(found.unitsPerTick)
        ? "old-order" : rates[1].contains(found.unitsPerTick) ? "new-order" : "?"
    let bolus = found.bolus ? "bolus" : found.bolusLater ? "bolus-once-seen" : "no-bolus"
    return
      ([found.mode.name, rate, bolus] + found.alarms.map { "!\($0)" }
      + (found.wasPutAside ? ["put-aside"] : []) + found.told).joined(separator: ",")
  }

  @Test("R-084 R-088 R-089 R-093 What a start makes of every state of what is stored")
  func table() throws {
    var lines: [String] = []
    for end in PumpEnd.allCases {
      let stories = try StoredStory.What.allCases.map { try StoredStory($0, end) }
      for row in Self.rows where row.end == end {
        var words: [String] = []
        for story in stories {
          let found = try story.start(journal: row.journal, copies: row.copies, page: row.page)
          judge(row, story, found)
          words.append("\(story.what.rawValue) \(Self.words(found, story))")
        }
        lines.append(([row.name] + words).joined(separator: " | "))
      }
    }
    if ProcessInfo.processInfo.environment["PUMP_TABLE"] == "write" {
      let head = """
        # The end, then the states of journal, copies and run page; then for each thing that happened between
        # old and new: mode, whose order runs, whether the patient gets a bolus, !alarms, what is told.

        """
      try (head + lines.joined(separator: "\n") + "\n")
        .write(to: Fixture.url(Self.file), atomically: true, encoding: .utf8)
    }
    let wanted = String(decoding: try Fixture.bytes(Self.file), as: UTF8.self)
      .split(separator: "\n").filter { !$0.hasPrefix("#") }.map(String.init)
    #expect(wanted.count == Self.rows.count && lines.count == Self.rows.count)
    for (line, want) in zip(lines, wanted) { #expect(line == want) }
  }

  // MARK: The oracle

  private func judge(_ row: Row, _ story: StoredStory, _ found: StoredStory.Found?) {
    let place: Comment = "\(row.name), \(story.what)"
    let isKnown = row.journal.isWhole || row.copies.isWhole
    guard let found else {
      // Only where nothing of this pump is there, and somebody else's may be: a wrong directory.
      #expect(!isKnown && [.foreign, .unreadable].contains(row.journal), place)
      return
    }
    if !isKnown {
      #expect(found.mode == .noHistory && found.unitsPerTick == 0, place)
      #expect(!found.bolus && !found.bolusLater, place)
      return
    }
    let storesNew = row.journal == .new || row.copies == .new
    let knowsNew = storesNew || (row.page == .new && row.pageIsFound)
    let isHealthy = row.journal == .new
    // Whatever is not as it was left is told, by a high alarm where the history is not whole.
    if !isHealthy, knowsNew { #expect(found.alarms.contains(.historyIncomplete), place) }
    switch story.what {
    case .stop:
      if knowsNew { #expect(found.mode == .stoppedByCommand, place) }
    case .bolus:
      if knowsNew { #expect(!found.bolus && !found.bolusLater, place) }
      #expect(found.mode.delivers, place)
    case .order:
      let newest = story.orders[storesNew ? 1 : 0]
      let most = max(newest.basalPerTickAtStart, newest.safePerTickAtStart)
      #expect(found.unitsPerTick > 0 && found.unitsPerTick <= most, place)
      // Where the page alone knows that something came later, whatever runs is safe basal.
      if knowsNew, !isHealthy { #expect(found.mode == .safeBasal, place) }
    }
  }
}

extension Therapy {
  fileprivate var basalPerTickAtStart: Int128 {
    scale.perTick(prescription.patterns[0].steps[0].rate)
  }

  fileprivate var safePerTickAtStart: Int128 { scale.perTick(prescription.safeBasal ?? .zero) }
}

extension DeliveryMode {
  fileprivate var name: String { "\(self)" }
}
