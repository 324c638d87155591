import DosingCore
import ProgrammerLink
import RawLink
import SeededNumbers
import Testing

@Suite struct BadFrameTests {
  private static let good = askStatusFrame()

  struct BadFrame: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let bytes: [UInt8]
    let fault: FrameFault

    init(_ description: String, _ fault: FrameFault, _ bytes: [UInt8]) {
      testDescription = description
      self.bytes = bytes
      self.fault = fault
    }
  }

  private static let badFrames = [
    BadFrame("one byte", .truncated, [0x49]),
    BadFrame("a header cut short", .truncated, Array(good.prefix(15))),
    BadFrame("a header alone", .truncated, Array(good.prefix(16))),
    BadFrame("without its last byte", .truncated, Array(good.dropLast())),
    BadFrame("one byte too many", .lengthDisagrees, good + [0]),
    BadFrame("10,000 bytes", .oversized, [UInt8](repeating: 0x49, count: 10_000)),
    BadFrame(
      "10,000 bytes behind a good frame", .oversized, good + [UInt8](repeating: 0, count: 10_000)),
    BadFrame("one byte more than a frame can have", .oversized, [UInt8](repeating: 0, count: 4097)),
    BadFrame("the next version", .otherVersion, good.replacing(at: 4, with: [16, 0])),
    BadFrame("the version before", .otherVersion, good.replacing(at: 4, with: [14, 0])),
    BadFrame("version 0", .otherVersion, good.replacing(at: 4, with: [0, 0])),
    BadFrame("wrong letters", .notAFrame, good.replacing(at: 0, with: Array("HTTP".utf8))),
    BadFrame("an unknown kind", .unknownKind, good.replacing(at: 6, with: [0xe7, 0x03])),
    BadFrame("kind 0", .unknownKind, good.replacing(at: 6, with: [0, 0])),
    BadFrame("a serial that is no label", .malformedBody, good.replacing(at: 16, with: [1])),
    BadFrame(
      "a body where none belongs", .malformedBody,
      (good + [0]).replacing(at: 8, with: [UInt8(good.count + 1)])),
  ]

  @Test(
    "R-056 a bad frame gets one clear error, and the same client is served", arguments: badFrames)
  func oneError(_ bad: BadFrame) throws {
    let server = try TestServer()
    let client = try RawClient(path: server.path)
    #expect(client.fault(for: bad.bytes) == bad.fault)
    // If there were a second error it would come before this answer.
    #expect(client.askStatus())
    #expect(!client.hasAnswer())
    #expect(try server.isServing())
  }

  @Test("an error repeats the number of the request, where there was one")
  func numberIsRepeated() throws {
    let server = try TestServer()
    let client = try RawClient(path: server.path)
    let wrong = askStatusFrame(number: 4711).replacing(at: 16, with: [1])
    #expect(client.send(wrong))
    #expect(client.receive().flatMap(header)?.number == 4711)
  }

  @Test("R-056 random bytes get one error each, and nobody else notices", arguments: 1...5)
  func randomBytes(seed: UInt64) throws {
    let server = try TestServer()
    let bystander = try RawClient(path: server.path)
    let client = try RawClient(path: server.path)
    var random = SplitMix64(seed: seed)
    for round in 0..<200 {
      let count = Int.random(in: 1...5_000, using: &random)
      let noise = (0..<count).map { _ in UInt8.random(in: 0...255, using: &random) }
      #expect(client.fault(for: noise) != nil)
      if round % 20 == 0 { #expect(bystander.askStatus()) }
    }
    #expect(!client.hasAnswer())
    #expect(server.desk.framesAsked == 10)
  }

  @Test("R-056 a good frame with any one byte changed gets exactly one answer", arguments: 1...3)
  func flippedBytes(seed: UInt64) throws {
    let server = try TestServer()
    let client = try RawClient(path: server.path)
    var random = SplitMix64(seed: seed)
    for offset in Self.good.indices {
      // Kinds that are answered later or with nonsense are good frames, too.
      guard !(6...7).contains(offset) else { continue }
      let change = UInt8.random(in: 1...255, using: &random)
      #expect(client.send(Self.good.replacing(at: offset, with: [Self.good[offset] ^ change])))
      let answer = client.receive()
      // The number and what the seal says are not this desk's business; every other byte is checked.
      let isFree = (12...15).contains(offset) || offset >= 16 + 32
      #expect(answer.flatMap(kind) == (isFree ? .status : .rejected) || (16..<48).contains(offset))
      #expect(!client.hasAnswer())
    }
    #expect(client.askStatus())
  }
}
