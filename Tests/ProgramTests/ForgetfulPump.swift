import DosingCore
import Foundation
import Glibc
import RawLink

/// A socket in front of a pump, which carries every question and answer until a question of some kind: that the
/// pump hears, and then the connection is closed.
final class ForgetfulPump: Sendable {
  private let listener: Int32

  /// - Parameter path: of its own socket.
  init(_ path: String, before pump: String, forgets: FrameKind) {
    let listener = socket(AF_UNIX, Int32(SOCK_SEQPACKET.rawValue | SOCK_CLOEXEC.rawValue), 0)
    self.listener = listener
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    unsafe withUnsafeMutableBytes(of: &address.sun_path) { unsafe $0.copyBytes(from: path.utf8) }
    _ = unsafe withUnsafePointer(to: &address) { address in
      unsafe address.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        unsafe bind(listener, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
      }
    }
    _ = listen(listener, 8)
    Thread.detachNewThread {
      while case let client = accept(listener, nil, nil), client >= 0 {
        Thread.detachNewThread {
          Self.serve(client, pump, forgets)
          _ = close(client)
        }
      }
    }
  }

  deinit {
    _ = shutdown(listener, Int32(SHUT_RDWR))
    _ = close(listener)
  }

  /// Carries the frames of one connection until either end closes it.
  private static func serve(_ client: Int32, _ path: String, _ forgets: FrameKind) {
    guard let pump = try? RawClient(path: path) else { return }
    var bytes = [UInt8](repeating: 0, count: FrameHeader.frameMax)
    while case let count = unsafe recv(client, &bytes, bytes.count, 0), count > 0 {
      let question = Array(bytes.prefix(count))
      guard let answer = pump.ask(question) else { return }
      if (try? FrameHeader.read(question.span))?.kind == forgets { return }
      _ = unsafe send(client, answer, answer.count, Int32(MSG_NOSIGNAL))
    }
  }
}
