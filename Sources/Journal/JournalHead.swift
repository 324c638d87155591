internal import DosingCore
internal import GRDB

/// Whose journal it is, where its chain begins and ends, and its newest state, all at one moment.
public struct JournalHead: Equatable, Sendable {
  var pump = StoredRow()
  var begin = StoredRow()
  /// Nil before the first commit.
  var state: StoredRow?

  init() {}

  init(_ database: Database) throws {
    func row(_ table: String) throws -> StoredRow? {
      try Row.fetchOne(database, sql: "SELECT * FROM \(table)").map { try StoredRow($0) }
    }
    guard let pump = try row("pump"), let begin = try row("chain") else {
      throw JournalError.damaged("it does not say whose it is")
    }
    (self.pump, self.begin) = (pump, begin)
    state = try row("state")
  }

  public var serial: String { pump[text: "serial"] }
  public var lineage: [UInt8] { pump[blob: "lineage"] }
  /// The newest event that was forgotten; 0 for none.
  public var forgotten: Int64 { begin[integer: "forgotten"] }
  /// The newest commit, and whether the engine ended in order with it.
  public var commit: Int64 { state?[integer: "commit_number"] ?? 0 }
  public var isSettled: Bool { state?[integer: "is_settled"] == 1 }
  /// The newest event; 0 for none.
  public var newest: Int64 { state?[integer: "newest_event"] ?? 0 }
  /// The digests of the records of the rig and of the order that the newest state names; nil for none.
  public var rig: [UInt8]? { document("rig") }
  public var prescription: [UInt8]? { document("prescription") }

  private func document(_ column: String) -> [UInt8]? {
    state.map { $0[blob: column] }.flatMap { $0.isEmpty ? nil : $0 }
  }

  /// The ends of the chain of hashes. Where what was kept of it cannot be read it fits nothing.
  var chain: Chain { chain(Archives(bytes: begin[blob: "archives"]) ?? Archives()) }

  /// The same; nil where what was kept of it cannot be read.
  var wholeChain: Chain? { Archives(bytes: begin[blob: "archives"]).map { chain($0) } }

  private func chain(_ archives: Archives) -> Chain {
    var chain = Chain()
    (chain.forgotten, chain.forgottenHash) = (forgotten, begin[blob: "forgotten_hash"])
    chain.archives = archives
    // Before the first commit there is no event behind those.
    chain.newest = state == nil ? forgotten : newest
    chain.newestHash = state?[blob: "newest_hash"] ?? chain.forgottenHash
    return chain
  }

  /// Visits every field, to send it or to read it.
  mutating func layout(_ coder: inout some FrameCoder) {
    pump.layout(&coder)
    begin.layout(&coder)
    var hasState = state != nil
    coder.field(&hasState)
    guard hasState else {
      state = nil
      return
    }
    var row = state ?? StoredRow()
    row.layout(&coder)
    state = row
  }
}
