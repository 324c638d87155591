internal import DosingCore
internal import Foundation
internal import Glibc
internal import RawLink

/// As many programmers as a pump takes: some ask as fast as they are answered, some send a byte a
/// second, and the others say nothing.
final class Load {
  static let connections = 1_000
  private static let askers = 200
  private static let dribblers = 300

  static let question = writeFrame(.askStatus, number: 1, body: EmptyBody()).array

  private let clients: [RawClient]
  private var statuses = 0
  private var bytes = 0

  init(socket path: String) throws {
    RawClient.raiseFileLimit()
    clients = try (0..<Self.connections).map { _ in try RawClient(path: path) }
  }

  func run(seconds: Double) {
    let end = Date(timeIntervalSinceNow: seconds)
    var nextByte = Date()
    for client in clients.prefix(Self.askers) { _ = client.send(Self.question) }
    while Date() < end {
      answerAskers()
      guard Date() >= nextByte else { continue }
      nextByte += 1
      for client in clients.dropFirst(Self.askers).prefix(Self.dribblers) {
        while client.receiveAtOnce() != nil {}
        if client.send([0x49]) { bytes += 1 }
      }
    }
    print("\(clients.count) \(Int(Double(statuses) / seconds)) \(bytes)")
  }

  private func answerAskers() {
    var polled = clients.prefix(Self.askers).map {
      pollfd(fd: $0.file, events: Int16(POLLIN), revents: 0)
    }
    guard unsafe poll(&polled, nfds_t(polled.count), 100) > 0 else { return }
    for (index, entry) in polled.enumerated() where entry.revents & Int16(POLLIN) != 0 {
      guard clients[index].receiveAtOnce() != nil else { continue }
      statuses += 1
      _ = clients[index].send(Self.question)
    }
  }
}
