/// The head of every frame: 16 bytes.
///
/// | offset | bytes | field |
/// |---|---|---|
/// | 0 | 4 | the letters `ITBP` |
/// | 4 | 2 | version, 3 |
/// | 6 | 2 | kind |
/// | 8 | 4 | length of the whole frame |
/// | 12 | 4 | number of the request; an answer repeats it |
///
/// Then the body of the kind, then the trailer of `FrameTrailer`.
public struct FrameHeader: Sendable {
  public static let version: UInt16 = 3
  /// The longest frame of any kind, in bytes.
  public static let frameMax = 4096
  static let lengthOffset = 8
  static let magic: UInt32 = 0x5042_5449  // "ITBP", little-endian

  public var version = FrameHeader.version
  public var kind: FrameKind
  public var length: UInt32 = 0
  public var number: UInt32

  public init(_ kind: FrameKind, number: UInt32) {
    self.kind = kind
    self.number = number
  }
}

public enum FrameKind: UInt16, Sendable {
  // From a programmer.
  case askStatus = 1
  case program = 2
  case bolus = 3
  case patientBolus = 4
  case stop = 5
  case resume = 6
  case acknowledge = 7
  case new = 8
  // From the pump.
  case status = 101
  case answer = 102
  case findings = 103
  case rejected = 104
}

/// Why a frame was not even looked into.
public enum FrameFault: UInt8, Error, Sendable {
  case truncated = 1
  case oversized = 2
  case notAFrame = 3
  case otherVersion = 4
  case unknownKind = 5
  case lengthDisagrees = 6
  case malformedBody = 7
  /// This version signs nothing, so the place of the signature is all zeros.
  case signatureNotZero = 8
  case notPermitted = 9
  case tooManyClients = 10
  /// The tick thread did not take the request in time; it was withdrawn and nothing was done.
  case engineSilent = 11
  /// The tick thread took the request and did not answer in time; it may still be carried out.
  case outcomeUnknown = 12
  /// The request was accepted, could not be made durable, and was taken back.
  case notDurable = 13
}

/// The place of the signature behind every body: 96 bytes, all zero in version 3.
///
/// Key (8), number of the command (8), challenge (16), Ed25519 signature (64).
struct FrameTrailer {
  static let length = 96

  static func layout(_ coder: inout some FrameCoder) {
    for _ in 0..<length {
      var byte: UInt8 = 0
      coder.field(&byte)
      if byte != 0 { coder.fail() }
    }
  }
}

extension FrameHeader {
  /// Reads the head of a message and says what is wrong with it, if anything.
  public static func read(_ frame: Span<UInt8>) throws(FrameFault) -> FrameHeader {
    if frame.count > frameMax { throw .oversized }
    if frame.count < 16 { throw .truncated }
    var reader = FrameReader(frame)
    var (magic, version, kind) = (UInt32(0), UInt16(0), UInt16(0))
    var header = FrameHeader(.askStatus, number: 0)
    reader.field(&magic)
    reader.field(&version)
    reader.field(&kind)
    reader.field(&header.length)
    reader.field(&header.number)
    if magic != Self.magic { throw .notAFrame }
    if version != Self.version { throw .otherVersion }
    if Int(header.length) > frame.count { throw .truncated }
    if Int(header.length) != frame.count { throw .lengthDisagrees }
    guard let known = FrameKind(rawValue: kind) else { throw .unknownKind }
    header.kind = known
    return header
  }

  fileprivate func write(to writer: inout FrameWriter) {
    var (magic, version, kind) = (Self.magic, self.version, self.kind.rawValue)
    var (length, number) = (self.length, self.number)
    writer.field(&magic)
    writer.field(&version)
    writer.field(&kind)
    writer.field(&length)
    writer.field(&number)
  }
}

/// Something that can be the body of a frame.
public protocol FrameBody {
  /// Visits every field, in the order of the wire.
  mutating func layout(_ coder: inout some FrameCoder)
}

/// The body of the kinds that say everything by their kind.
public struct EmptyBody: FrameBody, Sendable {
  public init() {}
  public mutating func layout(_ coder: inout some FrameCoder) {}
}

/// Writes a whole frame.
public func writeFrame(
  _ kind: FrameKind, number: UInt32, body: some FrameBody
) -> FrameWriter {
  var (writer, body) = (FrameWriter(), body)
  FrameHeader(kind, number: number).write(to: &writer)
  body.layout(&writer)
  FrameTrailer.layout(&writer)
  writer.setLength()
  return writer
}

/// Reads the body of a frame whose header has been read, into `body`.
public func readBody(_ frame: Span<UInt8>, into body: inout some FrameBody) throws(FrameFault) {
  var reader = FrameReader(frame)
  for _ in 0..<16 {
    var skipped: UInt8 = 0
    reader.field(&skipped)
  }
  body.layout(&reader)
  if reader.failed { throw .malformedBody }
  FrameTrailer.layout(&reader)
  if reader.failed { throw .signatureNotZero }
  if !reader.isComplete { throw .malformedBody }
}

// A list of all cases is an array, which bare metal does not have.
#if !hasFeature(Embedded)
  extension FrameKind: CaseIterable {}
  extension FrameFault: CaseIterable {}
#endif
