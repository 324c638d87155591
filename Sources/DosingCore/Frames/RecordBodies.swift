/// Body of `FrameKind.askRecords`: which bytes of the pump's journal somebody wants.
public struct AskRecordsBody: FrameBody, Sendable {
  public enum Topic: UInt8, Sendable, BitwiseCopyable {
    /// Whose journal it is, where its chain begins and ends, and its newest state.
    case head = 1
    /// Events of some kinds, each whole, one behind the other.
    case events = 2
    /// The record of a rig or of a prescription.
    case document = 3
    /// The number of an event of some kinds, looked for from the newest backwards.
    case newestEvent = 4
  }

  public var topic = Topic.head
  /// `events`: those with a number above this one. `newestEvent`: those up to this one.
  public var event: Int64 = 0
  /// `newestEvent`: so many of these kinds are passed over.
  public var later: Int64 = 0
  /// The bit with the number of each kind. `events`: all kinds where it is 0.
  public var kinds: UInt64 = 0
  /// `document`: its SHA-256.
  public var digest = InlineArray<32, UInt8>(repeating: 0)
  /// How many bytes of the answer the asker has.
  public var offset: UInt32 = 0

  public init(_ topic: Topic = .head) { self.topic = topic }

  public mutating func layout(_ coder: inout some FrameCoder) {
    coder.field("topic", &topic)
    coder.field("event", magnitude: &event)
    coder.field("later", magnitude: &later)
    coder.field("kinds", &kinds, unit: "bit i for kind i")
    coder.field("digest", &digest)
    coder.field("offset", &offset, unit: "bytes")
  }
}

/// Body of `FrameKind.records`: a page of an answer, from the byte that was asked for.
public struct RecordsBody: FrameBody, Sendable {
  /// Bytes of one page at the most.
  public static let capacity = 3_840

  /// What the page is of: of `head` the first bytes of its SHA-256, of `events` the number of the first one.
  /// Pages that differ in it are no parts of one answer. Of a page of no events, up to which one none is of
  /// the kinds that were asked for.
  public var mark: UInt64 = 0
  /// Bytes of the whole answer; for `events`, which end with the journal, 0.
  public var length: UInt32 = 0
  private var bytes = InlineArray<3_840, UInt8>(repeating: 0)
  public private(set) var count = 0

  public init() {}

  public subscript(index: Int) -> UInt8 { bytes[index] }

  /// - Precondition: fewer than `capacity` are there.
  public mutating func append(_ byte: UInt8) {
    bytes[count] = byte
    count += 1
  }

  public mutating func layout(_ coder: inout some FrameCoder) {
    coder.field("mark", &mark)
    coder.field("length", &length, unit: "bytes")
    var length = UInt16(count)
    coder.begin("bytes", .list(countBytes: 2, atMost: Self.capacity))
    coder.field(&length)
    if Int(length) > Self.capacity { coder.fail() }
    count = min(Int(length), Self.capacity)
    for index in 0..<count { coder.field("byte", &bytes[index]) }
    coder.end()
  }
}

#if !hasFeature(Embedded)
  extension AskRecordsBody.Topic: CaseIterable {}
#endif
