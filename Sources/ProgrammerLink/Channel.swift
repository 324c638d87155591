internal import DosingCore
internal import Glibc

/// A way for whole frames, there and back: a pump's socket, or a byte stream to one that is elsewhere.
struct Channel: ~Copyable {
  enum Kind {
    /// A message is a frame.
    case messages
    /// Frames one behind the other; each says how long it is.
    case stream
  }

  let descriptor: Int32
  private let kind: Kind
  private var buffer = MessageBuffer()

  /// Owns the descriptor.
  init(descriptor: Int32, _ kind: Kind) {
    self.descriptor = descriptor
    self.kind = kind
  }

  deinit { _ = close(descriptor) }

  /// Whether the whole frame went out.
  func send(_ frame: FrameWriter) -> Bool {
    switch kind {
    case .messages: UnixSocket.send(frame, to: descriptor)
    case .stream: FrameStream.write(frame.bytes.span.extracting(first: frame.count), to: descriptor)
    }
  }

  /// Waits for a frame. Nil where the other end has closed, or says nothing in time.
  mutating func receive() throws(LinkError) -> [UInt8]? {
    switch kind {
    case .messages:
      guard case .message(let length) = buffer.receive(from: descriptor, wait: true) else {
        return nil
      }
      guard length <= buffer.bytes.count else { throw .badAnswer }
      return Array(buffer.bytes.prefix(length))
    case .stream: return try FrameStream.read(from: descriptor)
    }
  }
}

/// Frames in a byte stream. Nothing stands between them: a frame's head says how long it is.
public enum FrameStream {
  /// Whether all of it went out. Waits. To a socket that nobody reads it raises no signal.
  public static func write(_ frame: Span<UInt8>, to descriptor: Int32) -> Bool {
    var sent = 0
    while sent < frame.count {
      let count = unsafe frame.extracting(droppingFirst: sent).withUnsafeBytes { rest in
        let count = unsafe Glibc.send(
          descriptor, rest.baseAddress, rest.count, Int32(MSG_NOSIGNAL))
        guard count < 0, errno == ENOTSOCK else { return count }
        return unsafe Glibc.write(descriptor, rest.baseAddress, rest.count)
      }
      if count < 0 && errno == EINTR { continue }
      guard count > 0 else { return false }
      sent += count
    }
    return true
  }

  /// The next frame; nil at the end of the stream, or where nothing comes in time.
  public static func read(from descriptor: Int32) throws(LinkError) -> [UInt8]? {
    guard var frame = bytes(FrameHeader.headLength, from: descriptor) else { return nil }
    guard let length = FrameHeader.wholeLength(frame.span) else { throw .badAnswer }
    guard let rest = bytes(length - frame.count, from: descriptor) else { return nil }
    frame += rest
    return frame
  }

  private static func bytes(_ count: Int, from descriptor: Int32) -> [UInt8]? {
    var bytes: [UInt8] = []
    var part = [UInt8](repeating: 0, count: count)
    while bytes.count < count {
      let wanted = count - bytes.count
      let got = unsafe part.withUnsafeMutableBytes {
        unsafe Glibc.read(descriptor, $0.baseAddress, wanted)
      }
      if got < 0 && errno == EINTR { continue }
      guard got > 0 else { return nil }
      bytes += part.prefix(got)
    }
    return bytes
  }
}
