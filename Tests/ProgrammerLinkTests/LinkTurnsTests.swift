import DosingCore
import Glibc
import RawLink
import Testing

@testable import ProgrammerLink

/// Who is heard next, and who makes room.
@Suite struct LinkTurnsTests {
  private typealias Ready = LinkTurns.Ready

  @Test(
    "R-111 Who floods by many connections is heard a few times a round, another one in the first")
  func flood() {
    // A thousand of one user, all of them heard before; one of another came last.
    var ready = (0..<1_000).map { Ready(index: $0, user: 1, heard: $0 + 1) }
    ready.append(Ready(index: 1_000, user: 2, heard: 5_000))
    let turns = LinkTurns.next(ready)
    #expect(turns.contains(1_000))
    #expect(turns.count == LinkTurns.framesOfUserMax + 1)
    #expect(Array(turns.prefix(LinkTurns.framesOfUserMax)) == Array(0..<LinkTurns.framesOfUserMax))
  }

  @Test(
    "R-111 Of one user's connections the one that was silent is heard before those that are loud")
  func quietOfTheSameUser() {
    var heard = [Int](repeating: 0, count: 38 * LinkTurns.framesOfUserMax)
    var (number, rounds) = (0, 0)
    // All are always ready: nobody is heard twice before everybody was once.
    var first: [Int: Int] = [:]
    while first.count < heard.count, rounds < 1_000 {
      rounds += 1
      let ready = heard.indices.map { Ready(index: $0, user: 1, heard: heard[$0]) }
      for index in LinkTurns.next(ready) {
        number += 1
        heard[index] = number
        first[index, default: 0] += 1
      }
    }
    #expect(first.count == heard.count && first.values.allSatisfy { $0 == 1 })
    // Who has never said anything is heard at once.
    let ready = heard.indices.map { Ready(index: $0, user: 1, heard: $0 == 123 ? 0 : heard[$0]) }
    #expect(LinkTurns.next(ready).first == 123)
  }

  @Test("R-111 A round is short, whoever is ready")
  func roundIsShort() {
    let ready = (0..<1_000).map { Ready(index: $0, user: UInt32($0), heard: 0) }
    #expect(LinkTurns.next(ready).count == LinkTurns.framesMax)
    #expect(LinkTurns.next([]).isEmpty)
  }

  @Test("R-111 Room is made by the user who has the most connections, not by who is silent longest")
  func makesRoom() {
    var idle = (0..<10).map { (index: $0, user: UInt32(1), lastHeard: 100 - $0) }
    idle.append((index: 10, user: 2, lastHeard: 1))
    #expect(LinkTurns.mostSilent(idle) == 9)
    #expect(LinkTurns.mostSilent([]) == nil)
  }

  @Test("R-103 Whatever was no frame is told to the desk, which counts it")
  func badMessagesAreTold() throws {
    let server = try TestServer()
    let client = try RawClient(path: server.path)
    #expect(client.fault(for: [1]) == .truncated)
    #expect(client.fault(for: [UInt8](repeating: 0, count: 5_000)) == .oversized)
    #expect(client.fault(for: [UInt8](repeating: 0, count: 200)) == .notAFrame)
    #expect(client.askStatus())
    #expect(server.desk.faults == [.truncated, .oversized, .notAFrame])
  }
}

extension SocketPathTests {
  @Test("R-111 What is no socket is left alone")
  func regularFile() throws {
    let path = TestServer.newPath()
    let file = unsafe open(path, O_WRONLY | O_CREAT | O_EXCL, 0o600)
    #expect(unsafe write(file, "precious", 8) == 8)
    defer { _ = unsafe unlink(path) }
    _ = close(file)
    #expect(throws: LinkError.isNoSocket(path)) { _ = try LinkServer(path: path) }
    var about = stat()
    #expect(unsafe stat(path, &about) == 0 && about.st_size == 8)
    // Nor is a name that leads to one.
    let name = path + "-link"
    #expect(unsafe symlink(path, name) == 0)
    defer { _ = unsafe unlink(name) }
    #expect(throws: LinkError.isNoSocket(name)) { _ = try LinkServer(path: name) }
  }

  @Test("R-111 Where somebody answers nobody else listens, and the first goes on")
  func taken() throws {
    let server = try TestServer()
    #expect(throws: LinkError.isTaken(server.path)) { _ = try LinkServer(path: server.path) }
    #expect(try server.isServing())
  }

  @Test("R-111 At its end a server leaves alone what is not its own")
  func endsBesideAnother() throws {
    let path = TestServer.newPath()
    var first: TestServer? = try TestServer(path: path)
    #expect(try first?.isServing() == true)
    // Somebody removes the socket, and another server makes one there.
    #expect(unsafe unlink(path) == 0)
    let second = try TestServer(path: path)
    first = nil
    #expect(try second.isServing())
  }

  @Test("R-093 A socket that was made again is removed at the end")
  func madeAgain() throws {
    let path = TestServer.newPath()
    do {
      let server = try LinkServer(path: path)
      #expect(unsafe unlink(path) == 0)
      #expect(try server.watch.look())
      #expect(try !server.watch.look())
      var about = stat()
      #expect(unsafe stat(path, &about) == 0)
    }
    var about = stat()
    #expect(unsafe stat(path, &about) != 0)
  }
}
