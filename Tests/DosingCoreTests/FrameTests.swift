import DosingCore
import Quantities
import SeededNumbers
import Testing

@Suite struct FrameTests {
  @Test("R-028 A frame of every kind reads back as it was written", arguments: FrameKind.sent)
  func roundTrips(kind: FrameKind) throws {
    let frame = try sample(kind)
    #expect(try reread(frame) == frame)
    #expect(frame.count <= FrameHeader.frameMax)
  }

  @Test("R-028 A proposal of every kind, and what is shown of it, read back as they were written")
  func proposalsReadBack() throws {
    let all = try proposals
    #expect(all.map(\.proposed.kind) == ChangeKind.allCases)
    for (proposed, shown) in all {
      #expect(proposed.kind == shown.kind)
      let asked = writeFrame(.propose, number: 7, body: proposed)
      let answered = writeFrame(
        .proposal, number: 7,
        body: ProposalBody(digest: counted(from: 1), generations: richGenerations, shown: shown))
      for writer in [asked, answered] {
        #expect(!writer.failed)
        #expect(try reread(writer.written) == writer.written, "\(proposed.kind)")
      }
    }
  }

  @Test("R-119 A kind of frame that earlier versions sent is nobody's wire any more")
  func recordsOnly() throws {
    for kind in FrameKind.allCases where kind.isOfRecordsOnly {
      let frame = writeFrame(kind, number: 7, body: EmptyBody()).written
      #expect(throws: FrameFault.unknownKind) { try FrameHeader.read(frame.span) }
      #expect(throws: FrameFault.unknownKind) { try FrameHeader.read(frame.span, isRecord: true) }
      var record = frame
      record[4] = 6
      #expect(try FrameHeader.read(record.span, isRecord: true).kind == kind)
    }
  }

  @Test("R-028 In a stream no length is believed but that of a frame that there can be")
  func lengthInAStream() throws {
    let frame = try sample(.propose)
    let head = Array(frame.prefix(FrameHeader.headLength))
    func length(_ bytes: [UInt8]) -> Int? { FrameHeader.wholeLength(bytes.span) }
    #expect(length(head) == frame.count && length(frame) == frame.count)
    #expect(length(Array(head.dropLast())) == nil)
    for (claimed, wanted) in [
      (0, nil), (15, nil), (16, 16), (4_096, 4_096), (4_097, nil), (UInt32.max, nil),
    ] as [(UInt32, Int?)] {
      var other = head
      for index in 0..<4 { other[8 + index] = UInt8(truncatingIfNeeded: claimed >> (8 * index)) }
      #expect(length(other) == wanted, "\(claimed)")
    }
    for index in 0..<4 {
      var other = head
      other[index] ^= 1
      #expect(length(other) == nil)
    }
  }

  @Test("R-028 A program frame has the bytes that are documented")
  func goldenBytes() throws {
    let frame = try sample(.propose)
    var wanted: [UInt8] = Array("ITBP".utf8)
    wanted += [15, 0]  // version
    wanted += [17, 0]  // kind
    wanted += [UInt8(frame.count & 0xff), UInt8(frame.count >> 8), 0, 0]  // length
    wanted += [7, 0, 0, 0]  // number
    wanted += [1]  // a program
    wanted += Array("BENCH-01".utf8) + Array(repeating: 0, count: 23) + [8]  // patient
    wanted += Array("baclofen".utf8) + Array(repeating: 0, count: 23) + [8]  // drug
    wanted += [0x20, 0xa1, 0x07, 0, 0, 0, 0, 0]  // 500,000 ng/mL
    wanted += [3]  // flex
    wanted += [2]  // patterns
    wanted += [0, 0, 0, 0, 0, 1, 1]  // week
    wanted += [2]  // steps of the first pattern
    wanted += [0, 0] + [0x80, 0xa9, 0x03, 0, 0, 0, 0, 0]  // 00:00, 240,000 ng/d
    wanted += [0x86, 1] + [0x80, 0x97, 0x06, 0, 0, 0, 0, 0]  // 06:30, 432,000 ng/d
    #expect(Array(frame.prefix(wanted.count)) == wanted)
    // Head, labels, shape, patterns, bolus, limits, and the seal.
    #expect(frame.count == 16 + 1 + 64 + 17 + 7 * 241 + 26 + 25 + 128)
  }

  @Test("R-028 A seal has the bytes that are documented, and what is signed ends where it begins")
  func goldenSeal() throws {
    var seal = Seal()
    seal.serial = Label("BP-0001")
    seal.key = KeyID(0x0807_0605_0403_0201)
    seal.number = 258
    seal.challenge = Challenge(nonce: 0x1817_1615_1413_1211, session: 3)
    var writer = writeFrame(
      .commit, number: 9, body: CommitBody(digest: counted(from: 1)), seal: seal)
    writer.sign((0..<64).map { UInt8($0) + 100 })
    let frame = writer.written
    #expect(writer.signedCount == frame.count - 64)
    var wanted: [UInt8] = Array("ITBP".utf8) + [15, 0, 9, 0, 176, 0, 0, 0, 9, 0, 0, 0]
    wanted += 1...32  // digest
    wanted += Array("BP-0001".utf8) + Array(repeating: 0, count: 24) + [7]  // serial
    wanted += [1, 2, 3, 4, 5, 6, 7, 8]  // key
    wanted += [2, 1, 0, 0, 0, 0, 0, 0]  // number
    wanted += [0x11, 0x12, 0x13, 0x14, 0x15, 0x16, 0x17, 0x18]  // nonce
    wanted += [3, 0, 0, 0, 0, 0, 0, 0]  // session
    wanted += 100...163  // signature
    #expect(frame == wanted)
    let again = try Seal.read(frame.span)
    #expect(again.isSigned && again.number == 258 && again.serial == Label("BP-0001"))
    #expect(again.key == seal.key && again.challenge == seal.challenge)
  }

  @Test("R-028 Every frame of this version has the length that is documented")
  func goldenLengths() throws {
    let lengths: [FrameKind: Int] = [
      .askStatus: 0, .bolus: 16, .patientBolus: 0, .cancelBolus: 0, .stop: 0, .resume: 0,
      .acknowledge: 0, .silence: 0,
      .commit: 32, .askKeys: 0, .enroll: 65, .revoke: 8, .relayed: 0, .rejected: 1,
      .propose: 1 + 64 + 17 + 7 * 241 + 26 + 25, .keys: 33 + 32 * 82,
      .askRecords: 61, .records: 14 + 3_840,
    ]
    for (kind, length) in lengths {
      #expect(try sample(kind).count == 16 + length + 128, "\(kind)")
    }
  }

  @Test("R-028 A status frame stays under 1 KiB")
  func statusSize() throws {
    #expect(try sample(.status).count < 1_024)
  }

  @Test("R-028 A frame that is cut anywhere is refused", arguments: FrameKind.sent)
  func truncated(kind: FrameKind) throws {
    let frame = try sample(kind)
    for length in 0..<frame.count {
      #expect(faultIn(Array(frame.prefix(length))) == .truncated)
    }
  }

  @Test("R-028 A frame that is cut and says so is refused", arguments: FrameKind.sent)
  func shortened(kind: FrameKind) throws {
    let frame = try sample(kind)
    for length in 16..<frame.count {
      var short = Array(frame.prefix(length))
      short[8] = UInt8(length & 0xff)
      short[9] = UInt8(length >> 8)
      let fault = try #require(faultIn(short), "\(length) of \(frame.count) bytes")
      #expect(fault == .malformedBody || fault == .truncated)
    }
  }

  @Test("R-028 A byte too many is refused, with and without the right length")
  func tooLong() throws {
    for kind in FrameKind.sent {
      var frame = try sample(kind) + [0]
      #expect(faultIn(frame) == .lengthDisagrees)
      frame[8] = UInt8(frame.count & 0xff)
      frame[9] = UInt8(frame.count >> 8)
      #expect(faultIn(frame) == .malformedBody)
    }
  }

  @Test("R-028 Another version, another kind, other letters are told apart")
  func header() throws {
    var frame = try sample(.stop)
    frame[4] = 3
    #expect(faultIn(frame) == .otherVersion)
    frame = try sample(.stop)
    frame[5] = 1
    #expect(faultIn(frame) == .otherVersion)
    frame = try sample(.stop)
    frame[6] = 99
    #expect(faultIn(frame) == .unknownKind)
    frame = try sample(.stop)
    frame[0] = 0
    #expect(faultIn(frame) == .notAFrame)
    #expect(faultIn([]) == .truncated)
  }

  @Test("R-028 A message that is longer than a frame can be is refused unread")
  func oversized() throws {
    var frame = try sample(.propose)
    frame += Array(repeating: 0, count: FrameHeader.frameMax + 1 - frame.count)
    #expect(faultIn(frame) == .oversized)
    frame.removeLast()
    #expect(faultIn(frame) == .lengthDisagrees)
    var change = ProposedChange.clear
    #expect(throws: FrameFault.malformedBody) {
      try readBody(Array(repeating: 0, count: 5_000).span, into: &change)
    }
  }

  @Test("R-028 A seal whose serial is no label, or whose number is negative, is refused")
  func malformedSeal() throws {
    for kind in FrameKind.sent {
      let frame = try sample(kind)
      let seal = frame.count - Seal.length
      for (place, byte) in [(seal, UInt8(0x1f)), (seal + 31, 32), (seal + 47, 0x80)] {
        var wrong = frame
        wrong[place] = byte
        #expect(faultIn(wrong) == .malformedBody, "byte \(place - seal) of the seal of \(kind)")
      }
    }
  }

  @Test("R-028 One wrong byte is refused or read", arguments: FrameKind.sent)
  func corrupted(kind: FrameKind) throws {
    let frame = try sample(kind)
    for place in frame.indices {
      for wrong in [0xff, frame[place] ^ 0x10] as [UInt8] where wrong != frame[place] {
        var corrupt = frame
        corrupt[place] = wrong
        let again = try? reread(corrupt)
        let mustFail = place < 12
        #expect(!mustFail || again == nil, "byte \(place)")
        // What passes is a frame that says something else, and says it in these bytes alone.
        #expect(again == nil || again == corrupt, "byte \(place)")
      }
    }
  }

  @Test("R-028 Random bytes never crash, and never pass", arguments: [11, 12, 13] as [UInt64])
  func randomBytes(seed: UInt64) {
    print("random frames, seed \(seed)")
    var generator = SplitMix64(seed: seed)
    for _ in 0..<1_000 {
      let length = Int(generator.number(0...600))
      let noise = (0..<length).map { _ in UInt8.random(in: 0...255, using: &generator) }
      #expect(faultIn(noise) != nil)
    }
  }

  @Test("R-028 Random bodies behind a right head never crash", arguments: [21, 22, 23] as [UInt64])
  func randomBodies(seed: UInt64) throws {
    print("random bodies, seed \(seed)")
    var generator = SplitMix64(seed: seed)
    for kind in FrameKind.sent {
      let frame = try sample(kind)
      for _ in 0..<50 {
        var noisy = frame
        for _ in 0..<generator.number(1...40) {
          let place = Int(generator.number(16...Int64(frame.count - 1)))
          noisy[place] = .random(in: 0...255, using: &generator)
        }
        if let again = try? reread(noisy) { #expect(again == noisy) }
      }
    }
  }

  @Test("R-028 Checking a random program never crashes", arguments: [31, 32] as [UInt64])
  func randomPrograms(seed: UInt64) throws {
    print("random programs, seed \(seed)")
    var generator = SplitMix64(seed: seed)
    let frame = try sample(.propose)
    for _ in 0..<1_000 {
      var noisy = frame
      for _ in 0..<generator.number(1...6) {
        let place = Int(generator.number(81...Int64(frame.count - 129)))
        noisy[place] = generator.pick([0, 1, 0x7f, .random(in: 0...255, using: &generator)])
      }
      var change = ProposedChange.clear
      guard (try? readBody(noisy.span, into: &change)) != nil,
        case .program(let order) = change
      else { continue }
      let (therapy, findings) = judge(order)
      #expect((therapy == nil) == (findings.errors > 0))
    }
  }

  @Test("R-028 A negative quantity, an unknown word and a count beyond its capacity are refused")
  func forbiddenValues() throws {
    let frame = try sample(.propose)
    for (place, byte) in [
      (88, UInt8(0x80)), (89, 9), (90, 8), (98, 25), (48, 32), (48, 7), (16, 9),
    ] {
      var wrong = frame
      wrong[place] = byte
      #expect(faultIn(wrong) == .malformedBody, "byte \(place)")
    }
  }

  @Test("R-028 A name is taken as people write it, and nothing that cannot be seen is")
  func names() throws {
    for name in ["Zoë Größl", "Łukasz", "Ангелина", "李小龍", "o'Brien-Müller", "été 2"] {
      let label = try #require(Label(utf8: name.utf8), "\(name)")
      #expect((0..<label.count).map { label[$0] } == Array(name.utf8))
    }
    for name in [
      "a\u{85}b", "a\u{A0}b", "a\u{AD}b", "a\u{200B}b", "a\u{202E}b", "a\u{2066}b", "a\u{2028}b",
      "a\u{3000}b", "a\u{E000}b", "a\u{FEFF}b", "a\u{E0041}b", "a\u{1B}b", "a\u{7F}b",
    ] {
      #expect(Label(utf8: name.utf8) == nil, "\(name.unicodeScalars.map(\.value))")
    }
    // A letter in two spellings, half a letter, half a pair, too long.
    for bytes: [UInt8] in [
      [0xc1, 0x81], [0xe0, 0x81, 0x81], [0xf0, 0x80, 0x81, 0x81], [0x41, 0xc3], [0xe2, 0x82],
      [0xed, 0xa0, 0x80], [0xbf], [0xf5, 0x80, 0x80, 0x80], [0xf4, 0x90, 0x80, 0x80], [0xc3, 0x41],
    ] {
      #expect(Label(utf8: bytes) == nil, "\(bytes)")
    }
    #expect(Label(utf8: String(repeating: "ä", count: 15).utf8) != nil)
    #expect(Label(utf8: String(repeating: "ä", count: 16).utf8) == nil)
  }

  @Test("R-028 A label that is no printable text, or has something behind its end, is refused")
  func labels() throws {
    #expect(Label(utf8: "".utf8) == nil)
    #expect(Label(utf8: "line\nline".utf8) == nil)
    #expect(Label(utf8: String(repeating: "x", count: 32).utf8) == nil)
    let longest = try #require(Label(utf8: String(repeating: "x", count: 31).utf8))
    #expect(longest.count == 31 && longest[30] == UInt8(ascii: "x"))
    #expect(Label("a") != Label("b") && Label("a") == Label("a"))
    var frame = try sample(.propose)
    frame[17 + 30] = UInt8(ascii: "x")
    #expect(faultIn(frame) == .malformedBody)
    frame[17 + 30] = 0
    frame[17] = 0x1f
    #expect(faultIn(frame) == .malformedBody)
  }

  @Test("R-028 An answer carries the reason, its numbers and its time, or that there is none")
  func answers() throws {
    let accepted = writeFrame(.answer, number: 1, body: AnswerBody(.accepted)).written
    var body = AnswerBody()
    try readBody(accepted.span, into: &body)
    #expect(body.answer.isAccepted)

    let pump = try Pump(.continuous(microgramsPerDay(300), patientBolus: .usual()))
    pump.ask(.patientBolus)
    let refused = pump.ask(.patientBolus, at: 6_500)
    let frame = writeFrame(.answer, number: 1, body: AnswerBody(refused, decidedAt: Tick(6_500)))
    try readBody(frame.written.span, into: &body)
    #expect(body.answer.refusal?.reason == .lockout)
    #expect(body.answer.refusal?.limit == refused.refusal?.limit)
    #expect(body.answer.refusal?.value == refused.refusal?.value)
    #expect(body.answer.refusal?.allowedAt == Tick(42_001) && body.decidedAt == Tick(6_500))
  }

  @Test("R-028 An answer with an unknown reason is refused")
  func unknownReason() throws {
    var frame = try sample(.answer)
    frame[16] = 200
    #expect(faultIn(frame) == .malformedBody)
  }
}
