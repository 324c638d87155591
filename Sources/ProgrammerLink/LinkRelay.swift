internal import DosingCore
internal import Glibc

/// Carries frames between a byte stream and a pump's socket, as they are.
///
/// Before the first of them it tells the pump that it is a relay, so that nothing unsigned is obeyed that
/// comes through it, whoever runs it.
public struct LinkRelay: ~Copyable {
  private let socket: UnixSocket
  private var buffer = MessageBuffer()

  public init(path: String) throws(LinkError) {
    let socket = try UnixSocket()
    try socket.connect(to: path)
    try Self.introduce(on: socket.descriptor, path)
    self.socket = socket
  }

  private static func introduce(on descriptor: Int32, _ path: String) throws(LinkError) {
    var buffer = MessageBuffer()
    guard UnixSocket.send(writeFrame(.relayed, number: 0, body: EmptyBody()), to: descriptor),
      case .message(let length) = buffer.receive(from: descriptor, wait: true),
      length <= buffer.bytes.count
    else { throw .noAnswer }
    let header = try? FrameHeader.read(buffer.bytes.span.extracting(first: length))
    guard header?.kind == .answer else { throw .noPermission(path) }
  }

  /// Until one of both ends closes, and what was asked before is answered.
  ///
  /// - Throws: where what comes is not a frame, and where an answer is still owed.
  public mutating func run(input: Int32, output: Int32) throws(LinkError) {
    var owed = 0
    var isOpen = true
    while isOpen || owed > 0 {
      var polled = [isOpen ? input : -1, socket.descriptor].map {
        pollfd(fd: $0, events: Int16(POLLIN), revents: 0)
      }
      let patience = isOpen ? -1 : Int32(LinkClient.answerSecondsMax) * 1000
      let ready = unsafe poll(&polled, nfds_t(polled.count), patience)
      if ready < 0 { continue }
      if ready == 0 { throw .noAnswer }
      if polled[0].revents != 0 {
        if let frame = try FrameStream.read(from: input) {
          guard UnixSocket.send(frame.span, to: socket.descriptor) else { throw .noAnswer }
          owed += 1
        } else {
          isOpen = false
        }
      }
      guard polled[1].revents != 0 else { continue }
      switch buffer.receive(from: socket.descriptor, wait: false) {
      case .nothingYet: break
      case .closed:
        if owed > 0 { throw .noAnswer }
        return
      case .message(let length):
        owed -= 1
        let frame = buffer.bytes.span.extracting(first: min(length, buffer.bytes.count))
        guard FrameStream.write(frame, to: output) else { return }
      }
    }
  }
}
