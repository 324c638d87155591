import DosingCore
import ProgrammerLink
import RawLink
import Testing

@Suite(.serialized) struct ManyClientsTests {
  @Test("R-056 a client that connects and says nothing does not hold up the others")
  func silentClient() throws {
    let server = try TestServer()
    let silent = try RawClient(path: server.path)
    for _ in 0..<20 { #expect(try server.isServing()) }
    #expect(silent.askStatus())
  }

  @Test("a hundred clients that ask at once are all answered, each with its own answer")
  func hundredClients() throws {
    let server = try TestServer()
    let clients = try (0..<100).map { _ in try RawClient(path: server.path) }
    for (index, client) in clients.enumerated() {
      #expect(client.send(askStatusFrame(number: UInt32(1_000 + index))))
    }
    for (index, client) in clients.enumerated() {
      let answer = client.receive()
      #expect(answer.flatMap(kind) == .status)
      #expect(answer.flatMap(header)?.number == UInt32(1_000 + index))
    }
    #expect(server.desk.framesAsked == 100)
  }

  @Test("R-056 where all places are taken, who was silent longest makes room, and is told so")
  func tooManyClients() throws {
    // Both ends of every connection are files of this process.
    RawClient.raiseFileLimit()
    let server = try TestServer()
    let clients = try (0..<LinkServer.clientsMax).map { _ in try RawClient(path: server.path) }
    for client in clients { #expect(client.askStatus()) }

    // Nobody who has something to say is kept out by those who say nothing.
    let newcomers = try (0..<20).map { _ in try RawClient(path: server.path) }
    for client in newcomers { #expect(client.askStatus()) }
    let told = clients.count { $0.hasAnswer() }
    #expect(told == newcomers.count)
    #expect(
      clients.filter { $0.hasAnswer() }.allSatisfy { client in
        client.receive().flatMap(fault) == .tooManyClients
      })
  }

  @Test("R-056 a client that never reads its answers is closed, and the others are served")
  func neverReads() throws {
    let server = try TestServer()
    let bystander = try RawClient(path: server.path)
    let greedy = try RawClient(path: server.path)
    var sent = 0
    while sent < 1_000_000 && greedy.send(askStatusFrame()) {
      sent += 1
      if sent % 100 == 0 { #expect(bystander.askStatus()) }
    }
    #expect(sent < 1_000_000)
    #expect(bystander.askStatus())
    #expect(try server.isServing())
  }

  @Test("clients that come and go leave nothing behind")
  func comingAndGoing() throws {
    let server = try TestServer()
    for round in 0..<400 {
      let client = try RawClient(path: server.path)
      if round % 3 == 0 { #expect(client.send(askStatusFrame())) }
      if round % 3 == 1 { #expect(client.askStatus()) }
    }
    #expect(try server.isServing())
  }
}
