import DosingCore
import ProgrammerLink
import Quantities
import Testing

/// Which keys a pump takes, and how many.
@Suite struct KeyTests {
  /// 64 hexadecimal digits.
  private static func bytes(_ digits: String) -> InlineArray<32, UInt8> {
    var bytes = InlineArray<32, UInt8>(repeating: 0)
    for (index, digit) in digits.enumerated() {
      bytes[index / 2] = bytes[index / 2] << 4 | UInt8(digit.hexDigitValue ?? 0)
    }
    return bytes
  }

  private static func number(_ low: UInt8, _ rest: UInt8 = 0, top: UInt8 = 0) -> [UInt8] {
    [low] + [UInt8](repeating: rest, count: 30) + [top]
  }

  /// The roots of d y^4 + 2 y^2 - 1.
  private static let eighth = "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05"
  private static let eighthToo = "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a"

  struct BadKey: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let bytes: [UInt8]

    init(_ description: String, _ bytes: [UInt8]) {
      (testDescription, self.bytes) = (description, bytes)
    }
  }

  private static func array(_ digits: String) -> [UInt8] { bytes(digits).array }

  private static func withSign(_ bytes: [UInt8]) -> [UInt8] {
    Array(bytes.dropLast()) + [bytes[31] | 0x80]
  }

  private static let badKeys: [BadKey] = [
    BadKey("0, of order 4", number(0)),
    BadKey("0 with a sign", number(0, top: 0x80)),
    BadKey("1, the neutral point", number(1)),
    BadKey("1 with a sign", number(1, top: 0x80)),
    BadKey("-1, of order 2", number(0xec, 0xff, top: 0x7f)),
    BadKey("-1 with a sign", number(0xec, 0xff, top: 0xff)),
    BadKey("of order 8", array(eighth)),
    BadKey("of order 8 with a sign", withSign(array(eighth))),
    BadKey("the other of order 8", array(eighthToo)),
    BadKey("the other of order 8 with a sign", withSign(array(eighthToo))),
    BadKey("the prime, in place of 0", number(0xed, 0xff, top: 0x7f)),
    BadKey("one more than the prime", number(0xee, 0xff, top: 0x7f)),
    // On the curve as 3, which is another spelling of it.
    BadKey("three more than the prime", number(0xf0, 0xff, top: 0x7f)),
    BadKey("the greatest number", number(0xff, 0xff, top: 0xff)),
    BadKey("2, off the curve", number(2)),
    BadKey("7, off the curve", number(7)),
    BadKey("8 with a sign, off the curve", number(8, top: 0x80)),
  ]

  @Test(
    "R-109 What nobody can have made as a key is not enrolled, nor believed where it was",
    arguments: badKeys)
  func badKey(_ bad: BadKey) throws {
    let bytes = try #require(InlineArray<32, UInt8>(bad.bytes))
    #expect(VerifyingKey(bytes: bytes) == nil)
    var table = KeyTable()
    let body = EnrollBody(role: .clinician, name: label("x"), publicKey: bytes)
    #expect(throws: FrameFault.malformedBody) { try table.enroll(body) }
    #expect(table.records.isEmpty)
    // In a journal of an earlier version it may stand, under any ID.
    let record = KeyRecord(
      id: KeyID(7), role: .clinician, name: label("x"), publicKey: bytes)
    var bench = LinkBench(keys: [record])
    var seal = bench.seal(bench.clinician)
    seal.key = record.id
    #expect(bench.doubt(bench.frame(.resume, by: bench.clinician, seal)) == .badSignature)
  }

  @Test("R-109 A key that somebody can have made is taken", arguments: [3, 4, 5, 6, 9, 10, 14, 15])
  func soundNumber(_ y: UInt8) throws {
    // Their squares of x exist, and their orders are great.
    #expect(VerifyingKey(bytes: try #require(InlineArray<32, UInt8>(Self.number(y)))) != nil)
  }

  @Test("R-109 Keys of RFC 8032, section 7.1, and keys that are made here are sound")
  func soundKeys() throws {
    for digits in [
      "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
      "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
      "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025",
      "278117fc144c72340f67d0f2316e8386ceffbf2b2428c9c51fef7c597f1d426e",
      "ec172b93ad5e563bf4932c70e1245034c35467ef2efd4d64ebf819683467e2bf",
    ] {
      #expect(VerifyingKey(bytes: Self.bytes(digits)) != nil, "\(digits)")
    }
    for _ in 0..<50 { #expect(VerifyingKey(bytes: SigningKey().verifying.bytes) != nil) }
  }

  // MARK: Places

  private func enroll(_ table: inout KeyTable, _ name: String) throws -> KeyRecord {
    try table.enroll(
      EnrollBody(
        role: .clinician, name: label(name), publicKey: SigningKey().verifying.bytes))
  }

  @Test("R-109 The place of a key that was revoked is free again, and its ID stays refused")
  func placeIsFree() throws {
    var table = KeyTable()
    for number in 0..<KeyRecord.countMax { _ = try enroll(&table, "key \(number)") }
    let gone = table.records[3]
    _ = try table.revoke(gone.id)
    let fresh = try enroll(&table, "fresh")
    #expect(throws: FrameFault.tooManyKeys) { _ = try enroll(&table, "one more") }
    let again = EnrollBody(role: .clinician, name: label("again"), publicKey: gone.publicKey)
    #expect(throws: FrameFault.keyIsKnown) { try table.enroll(again) }
    // All that are believed are shown, whatever was revoked.
    let shown = Array(table.shown)
    #expect(shown.count == KeyRecord.countMax && shown.allSatisfy { !$0.isRevoked })
    #expect(shown.contains { $0.id == fresh.id } && table[gone.id]?.isRevoked == true)
    #expect(KeyTable(table.records)[gone.id]?.isRevoked == true)
  }

  @Test("R-109 What is revoked and remembered is bounded, too")
  func revokedAreBounded() throws {
    var records: [KeyRecord] = []
    for number in 0..<UInt64(KeyTable.revokedMax + KeyRecord.countMax) {
      var record = KeyRecord.blank
      (record.id, record.isRevoked) = (KeyID(number + 1), true)
      records.append(record)
    }
    var table = KeyTable(Array(records.dropLast()))
    _ = try enroll(&table, "the last")
    #expect(throws: FrameFault.tooManyKeys) { _ = try enroll(&table, "one more") }
  }

  // MARK: Numbers

  @Test("R-101 A number more than 2^32 above the last is not believed, and uses up nothing")
  func farNumber() {
    var bench = LinkBench()
    let step = Verifier.numberStepMax
    #expect(step == 4_294_967_296)
    let far = bench.frame(.stop, by: bench.clinician, bench.seal(bench.clinician, number: step + 1))
    #expect(bench.doubt(far) == .tooFar)
    let last = bench.frame(
      .stop, by: bench.clinician, bench.seal(bench.clinician, number: Int64.max))
    #expect(bench.doubt(last) == .tooFar)
    #expect(bench.verifier.keys[bench.clinician.id]?.newestNumber == 0)
    let farthest = bench.frame(
      .stop, by: bench.clinician, bench.seal(bench.clinician, number: step))
    #expect(bench.doubt(farthest) == nil)
    #expect(bench.doubt(bench.frame(.stop, by: bench.clinician)) == nil)
  }

  @Test("R-108 How often a patient's key asked goes on where the pump starts anew")
  func paceGoesOn() throws {
    var bench = LinkBench()
    for _ in 0..<5 {
      #expect(bench.doubt(bench.frame(.patientBolus, by: bench.patient)) == nil)
    }
    let asked = try #require(bench.verifier.keys.asked(by: bench.patient.id))
    #expect(asked.count == 5)
    bench.verifier.keys = KeyTable(bench.verifier.keys.records, asked: [bench.patient.id: asked])
    #expect(bench.doubt(bench.frame(.patientBolus, by: bench.patient)) == .tooOften)
    bench.pass(.minutes(10))
    #expect(bench.doubt(bench.frame(.patientBolus, by: bench.patient)) == nil)
  }
}
