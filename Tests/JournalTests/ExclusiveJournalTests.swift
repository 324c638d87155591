import Foundation
import Testing

@testable import Journal

/// While it is open, a journal is its pump's alone.
@Suite struct ExclusiveJournalTests {
  @Test("R-093 While a pump has its journal open nobody else can look at it, lock it or write it")
  func isAlone() throws {
    let folder = try Folder()
    do {
      let journal = try folder.journal()
      try journal.commit(state(1), [entry(1)])
      #expect(folder.fault { _ = try $0.journal(isReader: true) } == .busy)
      #expect(folder.fault { _ = try $0.journal() } == .busy)
      // Locks are in no file that others could open.
      let names = try FileManager.default.contentsOfDirectory(atPath: folder.url.path)
      #expect(Set(names) == ["journal.sqlite", "journal.sqlite-wal"])
      try journal.commit(state(2), [entry(2)])
    }
    #expect(try folder.journal(isReader: true).all().count == 2)
  }

  @Test("R-096 The write-ahead log does not keep the size that it once needed")
  func logShrinks() throws {
    let folder = try Folder()
    let journal = try folder.journal()
    var started = Started()
    started.state = [UInt8](repeating: 1, count: 16_000)
    try journal.commit(state(1), (1...1_000).map { entry($0, .started(started)) })
    func size() throws -> Int {
      let attributes = try FileManager.default.attributesOfItem(
        atPath: folder.path("journal.sqlite-wal"))
      return try #require(attributes[.size] as? Int)
    }
    #expect(try size() > 2 * Journal.logSizeMax)
    for commit in Int64(2)...4 { try journal.commit(state(commit), [entry(1_000 + commit)]) }
    #expect(try size() <= Journal.logSizeMax)
  }
}
