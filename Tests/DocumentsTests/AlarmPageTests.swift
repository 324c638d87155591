import DosingCore
import Foundation
import Testing

@testable import Documents

/// What is told of the fault table on paper is what the code does.
@Suite struct AlarmPageTests {
  private static let isToBeWritten =
    ProcessInfo.processInfo.environment["PUMP_GOLDEN"] == "write-alarms"

  private static func url(_ name: String) -> URL {
    URL(filePath: #filePath).deletingLastPathComponent()
      .appending(path: "../../Sources/DosingCore/DosingCore.docc/\(name)")
  }

  private static func page(_ name: String) throws -> String {
    String(decoding: try Data(contentsOf: url(name)), as: UTF8.self)
  }

  @Test("R-136 The page of alarms is the fault table, each fault in one row, the highest first")
  func page() throws {
    if Self.isToBeWritten { try Data(AlarmPage.text.utf8).write(to: Self.url("Alarms.md")) }
    #expect(
      try Self.page("Alarms.md") == AlarmPage.text,
      "it is old; PUMP_GOLDEN=write-alarms swift test --filter AlarmPageTests writes it anew")
    let rows = AlarmPage.text.split(separator: "\n").filter { $0.hasPrefix("| ") }.dropFirst()
    #expect(rows.count == FaultCode.allCases.count)
    for code in FaultCode.allCases {
      #expect(rows.filter { $0.hasPrefix("| \(code.code) |") }.count == 1, "\(code)")
    }
    for row in rows { #expect(row.split(separator: "|").count == 9, "\(row)") }
    let priorities = AlarmRow.all.map { FaultRow(of: $0.fault).priority }
    #expect(priorities == priorities.sorted(by: >))
  }

  @Test("R-136 Each fault stands against hazards that there are, and each row is whole")
  func rows() throws {
    let hazards = try Self.page("Hazards.md")
    for row in AlarmRow.all {
      #expect(!row.hazards.isEmpty, "\(row.code)")
      for hazard in row.hazards { #expect(hazards.contains("| \(hazard) |"), "\(row.code)") }
      for text in [
        row.happened, row.remedy, row.detector, row.within, row.priority, row.action, row.ends,
      ] {
        #expect(!text.isEmpty && !text.contains("|"), "\(row.code): \(text)")
      }
    }
  }

  @Test("R-136 What the engine does is read from the table", arguments: FaultCode.allCases)
  func action(code: FaultCode) {
    let (row, told) = (FaultRow(of: code), AlarmRow(of: code))
    #expect(told.action.contains("refused") == (row.refusesExtras != nil))
    #expect(told.action.contains("basal goes on") == (row.gate == .run && row.rate == .scheduled))
    #expect(told.action.contains("safe basal") == (row.gate == .run && row.rateUnseen == .safe))
    #expect(told.action.hasPrefix("hard stop") == (row.gate == .hardStop))
    #expect(told.priority.contains("high after") == (row.priority == .medium))
    #expect(
      told.priority.contains("unseen") == (row.priority == .medium && row.becomesHighAfter == nil))
    #expect(told.priority.hasPrefix(row.priority.code))
  }
}
