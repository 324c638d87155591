/// The head of every frame: 16 bytes.
///
/// | offset | bytes | field |
/// |---|---|---|
/// | 0 | 4 | the letters `ITBP` |
/// | 4 | 2 | version, 15 |
/// | 6 | 2 | kind |
/// | 8 | 4 | length of the whole frame |
/// | 12 | 4 | number of the request; an answer repeats it |
///
/// Then the body of the kind, then the `Seal`.
public struct FrameHeader: Sendable {
  public static let version: UInt16 = 15
  /// The oldest version that a record may hold. On the wire both sides speak the same.
  public static let oldestVersion: UInt16 = 4
  /// From this version on all that is proposed has one kind.
  static let versionOfProposals: UInt16 = 7
  /// From this version on a rig says its line.
  static let versionOfLines: UInt16 = 9
  /// From this version on it says its load cell.
  static let versionOfWeighing: UInt16 = 11
  /// From this version on it says its sensor of the pressure.
  static let versionOfPressure: UInt16 = 13
  /// The longest frame of any kind, in bytes.
  public static let frameMax = 4096
  /// Of the head, in bytes: so much of a stream has to be read to know how long a frame is.
  public static let headLength = 16
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
  /// In records before version 7 only: a prescription.
  case program = 2
  case bolus = 3
  case patientBolus = 4
  case stop = 5
  case resume = 6
  case acknowledge = 7
  /// In records before version 7 only: what was given to a pump without history.
  case new = 8
  /// Puts a proposal into force.
  case commit = 9
  case askKeys = 10
  case enroll = 11
  case revoke = 12
  /// Says that the connection carries frames of somebody else: nothing unsigned is obeyed on it.
  case relayed = 13
  /// In records before version 7 only: the end of a hard stop.
  case clear = 14
  /// In records before version 7 only: another therapy clock.
  case clock = 15
  case askRecords = 16
  /// Proposes a change; nothing changes before `commit`. A core script has nobody to ask, so there it comes
  /// into force at once.
  case propose = 17
  /// Ends the extra dose that runs; basal goes on.
  case cancelBolus = 18
  /// Begins an audio pause.
  case silence = 19
  // From the pump.
  case status = 101
  case answer = 102
  case findings = 103
  case rejected = 104
  case keys = 106
  case records = 108
  case proposal = 109
}

extension FrameKind {
  /// Earlier versions sent it; this one reads it in records.
  public var isOfRecordsOnly: Bool {
    switch self {
    case .program, .new, .clear, .clock: true
    default: false
    }
  }
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
  /// Unsigned, stale, replayed, foreign, altered, or signed by somebody who may not. Which of these is
  /// told to nobody but the log of the pump.
  case notPermitted = 9
  case tooManyClients = 10
  /// The tick thread did not take the request in time; it was withdrawn and nothing was done.
  case engineSilent = 11
  /// The tick thread took the request and did not answer in time; it may still be carried out.
  case outcomeUnknown = 12
  /// The request was accepted, could not be made durable, and was taken back.
  case notDurable = 13
  /// A patient's key asks too often.
  case tooOften = 14
  /// No proposal of that digest is there, or not any more.
  case noSuchProposal = 15
  /// The pump knows as many keys as it can.
  case tooManyKeys = 16
  /// The key was enrolled before; it may have been revoked since.
  case keyIsKnown = 17
  case noSuchKey = 18
  /// A stop came before it was decided; it was not done.
  case overtakenByStop = 19
  /// As many ask for the journal as may wait at once.
  case recordsBusy = 24
  /// The journal cannot be read, or not soon.
  case recordsUnavailable = 25
}

extension FrameHeader {
  /// Reads the head of a message and says what is wrong with it, if anything.
  ///
  /// - Parameter isRecord: it was kept, perhaps by an earlier version of the programs.
  public static func read(
    _ frame: Span<UInt8>, isRecord: Bool = false
  ) throws(FrameFault) -> FrameHeader {
    if frame.count > frameMax { throw .oversized }
    if frame.count < headLength { throw .truncated }
    var reader = FrameReader(frame)
    var (magic, version, kind) = (UInt32(0), UInt16(0), UInt16(0))
    var header = FrameHeader(.askStatus, number: 0)
    reader.field(&magic)
    reader.field(&version)
    reader.field(&kind)
    reader.field(&header.length)
    reader.field(&header.number)
    if magic != Self.magic { throw .notAFrame }
    let oldest = isRecord ? Self.oldestVersion : Self.version
    if version < oldest || version > Self.version { throw .otherVersion }
    header.version = version
    if Int(header.length) > frame.count { throw .truncated }
    if Int(header.length) != frame.count { throw .lengthDisagrees }
    guard let known = FrameKind(rawValue: kind) else { throw .unknownKind }
    if version >= Self.versionOfProposals, known.isOfRecordsOnly { throw .unknownKind }
    header.kind = known
    return header
  }

  /// How long the frame is that begins with this head; nil where no frame begins so.
  public static func wholeLength(_ head: Span<UInt8>) -> Int? {
    if head.count < headLength { return nil }
    var reader = FrameReader(head)
    var (magic, versionAndKind, whole) = (UInt32(0), UInt32(0), UInt32(0))
    reader.field(&magic)
    reader.field(&versionAndKind)
    reader.field(&whole)
    guard magic == Self.magic, whole >= headLength, whole <= frameMax else { return nil }
    return Int(whole)
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

/// Writes a whole frame. A signature is put into it afterwards, by `FrameWriter.sign(_:)`.
public func writeFrame(
  _ kind: FrameKind, number: UInt32, body: some FrameBody, seal: Seal = Seal()
) -> FrameWriter {
  var (writer, body, seal) = (FrameWriter(), body, seal)
  FrameHeader(kind, number: number).write(to: &writer)
  body.layout(&writer)
  seal.layout(&writer)
  writer.setLength()
  return writer
}

/// Reads the body of a frame whose header has been read, into `body`. Whoever cares who made the frame
/// reads its seal first, by `Seal.read(_:)`.
public func readBody(_ frame: Span<UInt8>, into body: inout some FrameBody) throws(FrameFault) {
  if frame.count < FrameHeader.headLength + Seal.length { throw .truncated }
  let bodyRange = FrameHeader.headLength..<(frame.count - Seal.length)
  var reader = FrameReader(frame.extracting(bodyRange))
  body.layout(&reader)
  if !reader.isComplete { throw .malformedBody }
  _ = try Seal.read(frame)
}

// A list of all cases is an array, which bare metal does not have.
#if !hasFeature(Embedded)
  extension FrameKind: CaseIterable {}
  extension FrameFault: CaseIterable {}
#endif
