public import Quantities

/// The head of a core script: what the core is given in a scenario, without the world around it.
///
/// A script is a file of this header and then, for each event, a `ScriptEvent` and the whole frame of
/// the request as `writeFrame` made it. It is how a scenario reaches a core that has no files.
public struct ScriptHeader: FrameBody, Sendable {
  public static let version: UInt16 = 3
  static let length = 213
  private static let magic: UInt32 = 0x5342_5449  // "ITBS", little-endian

  public var rig: Rig
  /// The therapy clock at tick 0.
  public var clock: WeekTime
  /// How many ticks are run, beginning with tick 0.
  public var ticks: TickCount
  public var events: UInt32

  public init(rig: Rig, clock: WeekTime, ticks: TickCount, events: UInt32) {
    self.rig = rig
    self.clock = clock
    self.ticks = ticks
    self.events = events
  }

  public mutating func layout(_ coder: inout some FrameCoder) {
    var (magic, version) = (Self.magic, Self.version)
    coder.field("magic", &magic)
    coder.field("version", &version)
    if magic != Self.magic || version != Self.version { coder.fail() }
    rig.layout(&coder)
    var sinceMonday = clock.sinceMonday
    coder.field("since_monday", &sinceMonday)
    if sinceMonday >= WeekTime.week { coder.fail() }
    clock = WeekTime(sinceMonday: sinceMonday)
    coder.field("ticks", &ticks)
    coder.field("events", &events)
  }
}

/// What stands before the frame of a request in a core script: 10 bytes.
public struct ScriptEvent: FrameBody, Sendable {
  static let length = 10

  /// The tick that decides the request; events of one tick are decided in their order.
  public var tick: Tick
  public var frameLength: UInt16

  public init(tick: Tick, frameLength: UInt16) {
    self.tick = tick
    self.frameLength = frameLength
  }

  public mutating func layout(_ coder: inout some FrameCoder) {
    coder.field("tick", magnitude: &tick.number)
    coder.field("frame_length", &frameLength)
  }
}

/// A place in a core script that is being read. The script itself stays with the caller, who gives
/// the same one to every call.
public struct ScriptReader: Sendable {
  /// As it was read; its rig has not been checked.
  public let header: ScriptHeader
  private var position = ScriptHeader.length
  private var eventsLeft: UInt32

  public init(_ script: Span<UInt8>) throws(FrameFault) {
    var header = ScriptHeader(
      rig: .blank, clock: WeekTime(sinceMonday: .zero), ticks: .zero, events: 0)
    try readPart(script, at: 0, length: ScriptHeader.length, into: &header)
    self.header = header
    eventsLeft = header.events
  }

  /// The next event, and where in the script its frame lies; nil behind the last one.
  public mutating func next(
    in script: Span<UInt8>
  ) throws(FrameFault) -> (tick: Tick, frame: Range<Int>)? {
    guard eventsLeft > 0 else {
      if position != script.count { throw .lengthDisagrees }
      return nil
    }
    var event = ScriptEvent(tick: Tick(0), frameLength: 0)
    try readPart(script, at: position, length: ScriptEvent.length, into: &event)
    let start = position + ScriptEvent.length
    let end = start + Int(event.frameLength)
    if end > script.count { throw .truncated }
    position = end
    eventsLeft -= 1
    return (event.tick, start..<end)
  }
}

private func readPart(
  _ script: Span<UInt8>, at start: Int, length: Int, into body: inout some FrameBody
) throws(FrameFault) {
  if script.count - start < length { throw .truncated }
  var reader = FrameReader(script.extracting(start..<(start + length)))
  body.layout(&reader)
  if !reader.isComplete { throw .malformedBody }
}
