public import DosingCore

/// A record of any length that is being written.
public struct ByteWriter: FrameCoder {
  public private(set) var bytes: [UInt8] = []
  public private(set) var failed = false

  public init() {}

  public mutating func field(_ value: inout UInt8) { bytes.append(value) }

  public mutating func fail() { failed = true }
}

/// A record that is being read. Goes on with zeros behind its end, and remembers that it failed.
public struct ByteReader: FrameCoder {
  private let bytes: [UInt8]
  private var position = 0
  public private(set) var failed = false

  public init(_ bytes: [UInt8]) { self.bytes = bytes }

  public mutating func field(_ value: inout UInt8) {
    guard position < bytes.count else {
      value = 0
      return fail()
    }
    value = bytes[position]
    position += 1
  }

  public mutating func fail() { failed = true }

  /// Whether everything was read and nothing is left.
  public var isComplete: Bool { !failed && position == bytes.count }
}

extension FrameCoder {
  /// Bytes behind their count, which may be no more than `most`.
  mutating func field(bytes: inout [UInt8], atMost most: Int) {
    var count = UInt32(clamping: bytes.count)
    field(&count)
    guard Int(count) <= most else { return fail() }
    if bytes.count != Int(count) { bytes = Array(repeating: 0, count: Int(count)) }
    for index in bytes.indices { field(&bytes[index]) }
  }
}

/// Numbers as records hold them.
func bytes(of numbers: [Int64]) -> [UInt8] {
  var writer = ByteWriter()
  for number in numbers {
    var number = number
    writer.field(&number)
  }
  return writer.bytes
}

/// The numbers of the layouts in which records are written. What is changed gets another number, and
/// each number that was released stays readable.
public enum RecordLayout {
  /// Of a rig, of a prescription, and of a key. A rig that is usual in its second part has the first alone, as
  /// every rig had before there were two; only one with a load cell has a third.
  public static let document: UInt16 = 1
  static let key: UInt16 = 1
}

extension FrameBody {
  /// The body alone, without the head and the trailer of a frame.
  public var recordBytes: [UInt8] {
    var (writer, body) = (ByteWriter(), self)
    body.layout(&writer)
    return writer.bytes
  }
}

extension Prescription {
  /// Nil where the bytes are no prescription.
  public init?(recordBytes bytes: [UInt8]) {
    var (reader, read) = (ByteReader(bytes), Prescription.blank)
    read.layout(&reader)
    guard reader.isComplete else { return nil }
    self = read
  }
}

extension Rig {
  /// Its first part, its second where that is not the usual one, and the others where it has those sensors: so
  /// the record of a rig that says nothing of them, and its digest, are what they were before it could.
  public var recordBytes: [UInt8] {
    var (writer, rig) = (ByteWriter(), self)
    rig.layoutPump(&writer)
    let hasThird = weighing != nil || occlusion != nil
    if !hasUsualLine || hasThird { rig.layoutLine(&writer) }
    if hasThird { rig.layoutWeighing(&writer) }
    if occlusion != nil { rig.layoutOcclusion(&writer) }
    return writer.bytes
  }

  /// Nil where the bytes are no rig, or one with findings. A record of the first part alone may be older than
  /// what is asked of the second, and is judged without it.
  public init?(recordBytes bytes: [UInt8]) {
    var (reader, rig, findings) = (ByteReader(bytes), Rig.blank, Findings())
    rig.layoutPump(&reader)
    if reader.isComplete {
      rig.checkPump(into: &findings)
    } else {
      rig.layoutLine(&reader)
      let hasThird = !reader.isComplete
      if hasThird { rig.layoutWeighing(&reader) }
      let hasFourth = !reader.isComplete
      if hasFourth { rig.layoutOcclusion(&reader) }
      let isShortest =
        hasFourth
        ? rig.occlusion != nil : hasThird ? rig.weighing != nil : !rig.hasUsualLine
      guard reader.isComplete, isShortest else { return nil }
      rig.check(into: &findings)
    }
    guard findings.errors == 0 else { return nil }
    self = rig
  }
}
