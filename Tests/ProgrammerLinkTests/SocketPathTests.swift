import DosingCore
import Glibc
import ProgrammerLink
import Testing

@Suite struct SocketPathTests {
  @Test("a path that is longer than a socket address can hold is refused by both ends")
  func longPath() {
    let path = "/tmp/" + String(repeating: "x", count: 195)
    #expect(throws: LinkError.pathTooLong(path)) { _ = try LinkClient(path: path) }
    #expect(throws: LinkError.pathTooLong(path)) { _ = try LinkServer(path: path) }
    #expect(throws: LinkError.pathTooLong("")) { _ = try LinkServer(path: "") }
  }

  @Test("the longest path that an address can hold works, one byte more does not")
  func longestPath() throws {
    let base = TestServer.newPath()
    let longest = base + String(repeating: "x", count: 107 - base.utf8.count)
    let server = try TestServer(path: longest)
    #expect(try server.isServing())
    #expect(throws: LinkError.pathTooLong(longest + "x")) {
      _ = try LinkClient(path: longest + "x")
    }
  }

  @Test("where there is no socket, nobody listens")
  func noSocket() {
    let path = TestServer.newPath()
    #expect(throws: LinkError.nobodyListens(path)) { _ = try LinkClient(path: path) }
  }

  @Test("where a dead pump left its socket, nobody listens, and a new pump takes the place")
  func deadSocket() throws {
    let path = TestServer.newPath()
    leaveSocket(at: path)
    #expect(throws: LinkError.nobodyListens(path)) { _ = try LinkClient(path: path) }
    let server = try TestServer(path: path)
    #expect(try server.isServing())
  }

  @Test("a server in a directory that does not exist says so")
  func noDirectory() {
    let path = "/tmp/programmer-link-nowhere/pump.sock"
    #expect(throws: LinkError.nobodyListens(path)) { _ = try LinkServer(path: path) }
  }

  @Test("whoever reaches the socket may connect, and the end removes it")
  func permissions() throws {
    let path = TestServer.newPath()
    do {
      let server = try TestServer(path: path)
      #expect(try server.isServing())
      #expect(mode(of: path).map { $0 & 0o777 } == 0o666)
    }
    #expect(mode(of: path) == nil)
  }

  private func mode(of path: String) -> UInt32? {
    var found = stat()
    return unsafe stat(path, &found) == 0 ? found.st_mode : nil
  }

  /// A socket file that nobody listens at.
  private func leaveSocket(at path: String) {
    let descriptor = socket(AF_UNIX, Int32(SOCK_SEQPACKET.rawValue), 0)
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    unsafe withUnsafeMutableBytes(of: &address.sun_path) { unsafe $0.copyBytes(from: path.utf8) }
    let bound = unsafe withUnsafePointer(to: &address) { address in
      unsafe address.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        unsafe bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
      }
    }
    #expect(bound == 0)
    _ = close(descriptor)
  }
}
