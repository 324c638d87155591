import DosingCore
import GRDB
import Testing

@testable import Journal

/// A key that signs by a secret that only it has.
struct TestKey {
  let id: KeyID

  private func signature(of bytes: [UInt8]) -> [UInt8] {
    sha256(of: Array("secret \(id.raw)".utf8) + bytes)
  }

  var signer: HeadSigner { HeadSigner(key: id) { signature(of: $0) } }
  var verifier: HeadVerifier { HeadVerifier(key: id) { $1 == signature(of: $0) } }

  func signing(at tick: Int64, isDue: Bool = true, isEnd: Bool = false) -> Signing {
    Signing(signer, at: entry(tick), isDue: isDue, isEnd: isEnd)
  }
}

private let own = TestKey(id: KeyID(1))
private let other = TestKey(id: KeyID(2))

extension Folder {
  /// What a look at the signatures finds, by the pump's own key.
  func signatures(_ key: TestKey) throws -> SignatureReport {
    let report = try journal(isReader: true).verify(key.verifier)
    #expect(report.firstBroken == nil)
    return try #require(report.signatures)
  }

  /// Links all events anew from one on, as somebody does who alters one and knows how the chain is made, and
  /// does not have the key of the pump.
  func relink(from first: Int64) throws {
    try DatabaseQueue(path: path()).write { database in
      let before = try Row.fetchOne(
        database, sql: "SELECT hash FROM events WHERE id = ?", arguments: [first - 1])
      var hash = before?.bytes("hash") ?? Chain.origin
      for row in try Row.fetchAll(
        database, sql: "SELECT * FROM events WHERE id >= ? ORDER BY id", arguments: [first])
      {
        let event = EventRow(row)
        hash = event.hash(after: hash)
        try database.execute(
          sql: "UPDATE events SET hash = ? WHERE id = ?", arguments: [hash.blob, event.id])
      }
      try database.execute(
        sql: "UPDATE state SET newest_hash = ?, newest_event = (SELECT max(id) FROM events)",
        arguments: [hash.blob])
    }
  }

  /// Ten commits of two events, each fourth one signed.
  fileprivate func fill(endsInOrder: Bool = false) throws {
    let journal = try journal()
    for tick in Int64(1)...10 {
      var state = state(tick)
      state.isSettled = endsInOrder && tick == 10
      let isSigned = try journal.commit(
        state, [entry(tick), entry(tick)],
        signing: own.signing(
          at: tick, isDue: tick % 4 == 1 || state.isSettled, isEnd: state.isSettled))
      #expect(isSigned == (tick % 4 == 1 || state.isSettled))
    }
  }
}

@Suite struct SignedHeadTests {
  @Test("R-125 A chain that nobody touched is vouched for up to its newest signature, or its end")
  func whole() throws {
    let folder = try Folder()
    try folder.fill()
    let report = try folder.signatures(own)
    #expect(report.fault == nil && report.signatures == 3 && report.others == 0)
    #expect(report.newest?.id == 21 && report.newest?.head.event == 20 && report.behind == 2)
    #expect(report.newest?.head.count == 20 && report.newest?.utc == 45)
    let ended = try Folder()
    try ended.fill(endsInOrder: true)
    let end = try ended.signatures(own)
    #expect(end.fault == nil && end.behind == 0 && end.newest?.head.isEnd == true)
  }

  @Test(
    "R-125 A chain that was rewritten with all its hashes does not fit the signatures",
    arguments: [
      ("UPDATE events SET body = x'0000000000000001' WHERE id = 2", Int64(2), Int64(3)),
      ("UPDATE events SET utc_ns = 9 WHERE id = 19", 19, 21),
      ("UPDATE events SET utc_ns = 9 WHERE id = 21", 21, 21),
      ("UPDATE events SET kind = 2, body = x'' WHERE id = 1", 1, 3),
      ("DELETE FROM events WHERE id = 20; UPDATE events SET id = id - 1 WHERE id > 20", 20, 20),
    ])
  func rewritten(_ sql: String, _ from: Int64, _ signature: Int64) throws {
    let folder = try Folder()
    try folder.fill()
    try folder.alter(sql)
    try folder.relink(from: from)
    #expect(try folder.signatures(own).fault == .rewritten(signature))
  }

  @Test("R-125 What is behind the newest signature is not vouched for, and is counted")
  func behind() throws {
    let folder = try Folder()
    try folder.fill()
    try folder.alter("DELETE FROM events WHERE id = 23")
    try folder.relink(from: 22)
    let report = try folder.signatures(own)
    #expect(report.fault == nil && report.behind == 1)
  }

  @Test("R-125 An end that was cut is told where the pump ended in order")
  func cutEnd() throws {
    let folder = try Folder()
    try folder.fill(endsInOrder: true)
    // Up to an earlier signature, with nothing that says there was more but that it ended.
    try folder.alter("DELETE FROM events WHERE id > 21")
    try folder.relink(from: 2)
    #expect(try folder.signatures(own).fault == .endIsCut)
    // With one more event in the place of the end.
    try folder.alter("INSERT INTO events VALUES (22, 1, 1, 1, 2, x'', x'', 1)")
    try folder.relink(from: 2)
    #expect(try folder.signatures(own).fault == .endIsCut)
  }

  @Test("R-125 A chain whose signatures were taken out is told, all of them or the newest ones")
  func unsigned() throws {
    let folder = try Folder()
    try folder.fill()
    try folder.alter("UPDATE events SET kind = 2, body = x'' WHERE kind = 25")
    try folder.relink(from: 1)
    #expect(try folder.signatures(own).fault == .unsigned)

    let long = try Folder()
    do {
      let journal = try long.journal()
      // Of an hour, in ns by CLOCK_MONOTONIC: a test entry has 7 ns a tick.
      let hour: Int64 = 3_600_000_000_000 / 7
      for number in Int64(0)..<4 {
        try journal.commit(
          state(number + 1), [entry(number * hour)], signing: own.signing(at: number * hour))
      }
    }
    #expect(try long.signatures(own).fault == nil)
    try long.alter("UPDATE events SET kind = 2, body = x'' WHERE id > 2 AND kind = 25")
    try long.relink(from: 2)
    #expect(try long.signatures(own).fault == .tailIsUnsigned)
  }

  @Test("R-125 The signature of another key counts for nothing, unless the pump's own follows")
  func otherKey() throws {
    let folder = try Folder()
    try folder.fill()
    #expect(try folder.signatures(other).fault == .otherKey(own.id, event: 21))
    try folder.journal().commit(state(11), [entry(11)], signing: other.signing(at: 11))
    #expect(try folder.signatures(own).fault == .otherKey(other.id, event: 25))
    // The pump has a new key: what it signs vouches for all before it.
    let report = try folder.signatures(other)
    #expect(report.fault == nil && report.signatures == 1 && report.others == 3)
  }

  @Test("R-125 A chain of another history, or of another pump, is not this one's")
  func otherHistory() throws {
    for sql in ["UPDATE pump SET lineage = zeroblob(16)", "UPDATE pump SET serial = 'BP-2'"] {
      let folder = try Folder()
      try folder.fill()
      try folder.alter(sql)
      let report = try folder.journal(serial: nil, isReader: true).verify(own.verifier)
      #expect(report.signatures?.fault == .rewritten(3))
    }
  }

  @Test("R-125 A signature whose own words were altered is none")
  func alteredSignature() throws {
    for change in [\SignedHead.isEnd] {
      let folder = try Folder()
      try folder.fill()
      let row = try #require(
        try folder.journal(isReader: true).rows(after: 20, atMost: 1).rows.first)
      guard case .signed(var head) = try row.numbered.entry.content else {
        Issue.record("event 21 is signed")
        return
      }
      head[keyPath: change].toggle()
      try folder.alter(
        "UPDATE events SET body = x'\(hex(Entry.Content.signed(head).body))' WHERE id = 21")
      try folder.relink(from: 21)
      #expect(try folder.signatures(own).fault == .rewritten(21))
    }
  }
}
