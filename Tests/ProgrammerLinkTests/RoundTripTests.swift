import DosingCore
import Glibc
import ProgrammerLink
import RawLink
import Testing

@Suite struct RoundTripTests {
  @Test("a status comes back whole, numbered as it was asked for, and the pump knows who asks")
  func status() throws {
    let server = try TestServer()
    var client = try LinkClient(path: server.path)
    for number in Int64(1)...100 {
      guard case .status(let status) = try client.ask(.askStatus).reply else {
        Issue.record("not a status")
        return
      }
      #expect(status.serial == Label(utf8: TestDesk.serial.utf8))
      #expect(status.steps == number)
      #expect(status.health.ticks == Int64(getpid()))
    }
  }

  @Test("an answer that takes its time reaches the client that asked")
  func lateAnswer() throws {
    let server = try TestServer()
    server.desk.hold(true)
    let first = try RawClient(path: server.path)
    let second = try RawClient(path: server.path)
    #expect(first.send(stopFrame(number: 11)))
    #expect(second.send(stopFrame(number: 22)))
    // Meanwhile others are served, and what the two send on top is not read.
    #expect(first.send(askStatusFrame(number: 12)))
    #expect(try server.isServing())
    #expect(!first.hasAnswer())
    server.desk.hold(false)
    #expect(first.receive().flatMap(header)?.number == 11)
    #expect(second.receive().flatMap(header)?.number == 22)
    let next = first.receive()
    #expect(next.flatMap(kind) == .status)
    #expect(next.flatMap(header)?.number == 12)
  }

  @Test("an answer to a client that has gone is dropped, and others are served")
  func goneClient() throws {
    let server = try TestServer()
    server.desk.hold(true)
    do {
      let gone = try RawClient(path: server.path)
      #expect(gone.send(stopFrame(number: 1)))
      #expect(try server.isServing())
    }
    server.desk.hold(false)
    #expect(try server.isServing())
    let client = try RawClient(path: server.path)
    #expect(client.send(stopFrame(number: 2)))
    #expect(client.receive().flatMap(header)?.number == 2)
  }

  @Test("a client tells nonsense from an answer")
  func nonsense() throws {
    let server = try TestServer()
    var client = try LinkClient(path: server.path)
    do {
      _ = try client.ask(.resume)
      Issue.record("nonsense was taken for an answer")
    } catch {
      #expect(error == .badAnswer)
    }
  }

  private func stopFrame(number: UInt32) -> [UInt8] {
    writeFrame(.stop, number: number, body: EmptyBody()).array
  }
}
