import Foundation
import ProgrammerLink
import Testing

@testable import DosingCore

/// The description of the frames is what the code does, and the files beside the documentation say the same.
@Suite struct FrameBookTests {
  private static let isToBeWritten =
    ProcessInfo.processInfo.environment["PUMP_GOLDEN"] == "write-frames"

  private static func url(_ name: String) -> URL {
    URL(filePath: #filePath).deletingLastPathComponent()
      .appending(path: "../../Sources/ProgrammerLink/ProgrammerLink.docc/\(name)")
  }

  @Test(
    "R-123 The description of the frames on paper is the one of the code",
    arguments: ["frames.json", "Frames.md", "frame-vectors.json"])
  func paper(name: String) throws {
    let text =
      switch name {
      case "frames.json": FrameBook.json.written() + "\n"
      case "Frames.md": FrameBook.page
      default: try Self.vectors.written() + "\n"
      }
    if Self.isToBeWritten { try Data(text.utf8).write(to: Self.url(name)) }
    let written = String(decoding: try Data(contentsOf: Self.url(name)), as: UTF8.self)
    #expect(
      written == text,
      "\(name) is old; PUMP_GOLDEN=write-frames swift test --filter FrameBookTests writes it anew")
    #expect(text.allSatisfy { $0.isASCII })
  }

  @Test("R-123 Every byte of every frame is described, and by one field")
  func everyByte() throws {
    let described = try Self.description()
    for kind in FrameKind.allCases where !kind.isOfRecordsOnly {
      for (change, body) in FrameSamples.bodies(kind) {
        let fields = try #require(described["\(kind) \(change.map { "\($0)" } ?? "")"], "\(kind)")
        let frame = Self.frame(kind, body)
        let length = try Self.length(fields, frame[16..<(frame.count - Seal.length)])
        #expect(16 + length + Seal.length == frame.count, "\(kind)")
      }
    }
    #expect(described.count == 14 + 6 + 6 + 6)
  }

  @Test("R-123 A vector of every kind reads back, is signed, and has no two values alike by chance")
  func vectors() throws {
    let key = try #require(SigningKey(secret: FrameSamples.secret))
    for kind in FrameKind.allCases where !kind.isOfRecordsOnly {
      for (_, body) in FrameSamples.bodies(kind) {
        let frame = Self.frame(kind, body)
        #expect(try FrameHeader.read(frame.span).kind == kind)
        #expect(key.verifying.signed(frame.span, try Seal.read(frame.span)))
        func again(_ body: some FrameBody) throws -> [UInt8] {
          var blank = body
          try readBody(frame.span, into: &blank)
          return Self.frame(kind, blank)
        }
        // Whatever stood in what it is read into.
        #expect(try again(body) == frame && again(kind.blank()) == frame, "\(kind)")
      }
    }
  }

  // MARK: Vectors

  private static func frame(_ kind: FrameKind, _ body: any FrameBody) -> [UInt8] {
    var seal = Seal()
    guard let key = SigningKey(secret: FrameSamples.secret) else { return [] }
    (seal.serial, seal.key, seal.number) = (FrameSamples.serial, key.id, 41)
    seal.challenge = Challenge(nonce: 0x0102_0304_0506_0708, session: 9)
    func signed(_ body: some FrameBody) -> FrameWriter? {
      key.signed(writeFrame(kind, number: 7, body: body, seal: seal))
    }
    guard let writer = signed(body) else { return [] }
    return (0..<writer.count).map { writer.bytes[$0] }
  }

  private static var vectors: JSONText {
    get throws {
      var vectors: [JSONText] = []
      for kind in FrameKind.allCases where !kind.isOfRecordsOnly {
        for (change, body) in FrameSamples.bodies(kind) {
          let bytes = frame(kind, body).map { String(format: "%02x", $0) }.joined()
          vectors.append(
            .object([
              (name: "name", value: .text("\(kind)")),
              (name: "change", value: .text(change.map { "\($0)" } ?? "")),
              (name: "body", value: FrameBook.values(of: body)),
              (name: "frame", value: .text(bytes)),
            ]))
        }
      }
      let secret = FrameSamples.secret.map { String(format: "%02x", $0) }.joined()
      let seal = Self.frame(.stop, EmptyBody())
      return .object([
        (name: "secret_key", value: .text(secret)),
        (name: "seal", value: FrameBook.values(of: try Seal.read(seal.span))),
        (name: "vectors", value: .list(vectors)),
      ])
    }
  }

  // MARK: What is described

  private typealias Fields = [[String: Any]]

  private static func description() throws -> [String: Fields] {
    let data = Data(FrameBook.json.written().utf8)
    let whole = try #require(try JSONSerialization.jsonObject(with: data) as? [String: Any])
    let kinds = try #require(whole["kinds"] as? Fields)
    var described: [String: Fields] = [:]
    for kind in kinds {
      let name = try #require(kind["name"] as? String)
      described["\(name) \(kind["change"] as? String ?? "")"] = kind["fields"] as? Fields
    }
    return described
  }

  /// How many bytes the fields take, by nothing but their description.
  private static func length(_ fields: Fields, _ bytes: ArraySlice<UInt8>) throws -> Int {
    var rest = bytes
    for field in fields {
      for _ in 0..<(field["times"] as? Int ?? 1) {
        rest = rest.dropFirst(try length(field, rest))
      }
    }
    return bytes.count - rest.count
  }

  private static func length(_ field: [String: Any], _ bytes: ArraySlice<UInt8>) throws -> Int {
    let type = try #require(field["type"] as? String)
    let inner = field["fields"] as? Fields ?? []
    let first = Int(try #require(bytes.first))
    switch type {
    case "flag", "word": return 1
    case "text": return 32
    case "bytes": return try #require(field["bytes"] as? Int)
    case "group": return try length(inner, bytes)
    case "or_zeros": return 1 + (try length(inner, bytes.dropFirst()))
    case "if_present": return first == 1 ? 1 + (try length(inner, bytes.dropFirst())) : 1
    case "list":
      let width = try #require(field["count_bytes"] as? Int)
      let count = width == 1 ? first : first | Int(bytes[bytes.startIndex + 1]) << 8
      var rest = bytes.dropFirst(width)
      for _ in 0..<count { rest = rest.dropFirst(try length(inner, rest)) }
      return bytes.count - rest.count
    default: return try #require(Int(type.dropFirst())) / 8
    }
  }
}
