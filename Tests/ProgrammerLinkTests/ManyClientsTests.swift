import DosingCore
import ProgrammerLink
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

  @Test("R-056 the 129th client is told that there are too many, and the 128 are served")
  func tooManyClients() throws {
    let server = try TestServer()
    var clients = try (0..<LinkServer.clientsMax).map { _ in try RawClient(path: server.path) }
    for client in clients { #expect(client.askStatus()) }

    for _ in 0..<20 {
      var refused = try LinkClient(path: server.path)
      guard case .rejected(let fault) = try refused.ask(.askStatus, EmptyBody()) else {
        Issue.record("the 129th client was not refused")
        return
      }
      #expect(fault == .tooManyClients)
    }
    for client in clients { #expect(client.askStatus()) }

    // A place that becomes free is given away again.
    clients.removeLast()
    for client in clients { #expect(client.askStatus()) }
    #expect(try server.isServing())
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
    for round in 0..<(3 * LinkServer.clientsMax) {
      let client = try RawClient(path: server.path)
      if round % 3 == 0 { #expect(client.send(askStatusFrame())) }
      if round % 3 == 1 { #expect(client.askStatus()) }
    }
    #expect(try server.isServing())
  }
}
