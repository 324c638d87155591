internal import DosingCore
internal import Foundation
internal import Glibc
internal import ProgrammerLink
internal import Quantities
internal import RawLink

/// What the programmer link costs, and what it does to the pump. Prints numbers, one line, for
/// scripts/bench.
///
///     link-benchmark verify                    us of processor time for a command, and for a bare signature
///     link-benchmark status SOCKET             bytes of a status frame
///     link-benchmark load SOCKET SECONDS       connections, statuses a second, messages of one byte
///     link-benchmark flood SOCKET KIND         messages, s, stops beside them, ms of the slowest stop
@main
struct Driver {
  static func main() throws {
    let words = CommandLine.arguments.dropFirst()
    switch (words.first, words.count) {
    case ("verify", 1): verify()
    case ("status", 2): try printStatusSize(words[2])
    case ("load", 3): try Load(socket: words[2]).run(seconds: Double(words[3]) ?? 1)
    case ("flood", 3): try flood(words[2], words[3])
    default: showUsage()
    }
  }

  private static func flood(_ socket: String, _ kind: String) throws {
    guard let kind = Flood.Kind(rawValue: kind) else { showUsage() }
    try Flood(socket: socket, kind: kind).run()
  }

  private static func showUsage() -> Never {
    let kinds = Flood.Kind.allCases.map(\.rawValue).joined(separator: "|")
    print(
      "usage: link-benchmark verify | status SOCKET | load SOCKET SECONDS | flood SOCKET \(kinds)")
    exit(64)
  }

  // MARK: Verification

  private static let count = 2_000

  private static func verify() {
    let key = SigningKey()
    let serial = Label(utf8: "BP-0001".utf8) ?? .none
    let record = KeyRecord(
      id: key.id, role: .clinician, name: serial, publicKey: key.verifying.bytes)
    var verifier = Verifier(
      serial: serial, keys: KeyTable([record]), stopOrigin: .none,
      groups: LinkGroups(owner: 0, status: 0, stop: nil), nonce: 1)
    let sender = LinkSender(
      client: ClientID(number: 1), peer: Peer(process: 1, user: 1, groups: []), isRelayed: true)
    let now = Nanoseconds.seconds(1)
    let frames: [[UInt8]] = (1...Int64(count)).map { number in
      var seal = Seal()
      seal.serial = serial
      seal.key = key.id
      seal.number = number
      seal.challenge = verifier.challenge(at: now)
      let frame = writeFrame(
        .propose, number: 1, body: ProposedChange.blank(.program), seal: seal)
      return key.signed(frame)?.array ?? []
    }
    let seals = frames.compactMap { try? Seal.read($0.span) }
    let bare = microseconds {
      for (frame, seal) in zip(frames, seals) where !key.verifying.signed(frame.span, seal) {
        exit(70)
      }
    }
    let whole = microseconds {
      for frame in frames {
        guard let header = try? FrameHeader.read(frame.span),
          (try? verifier.verify(header, frame.span, from: sender, at: now)) != nil
        else { exit(70) }
        var order = Prescription.blank
        try? readBody(frame.span, into: &order)
      }
    }
    print(String(format: "%.1f %.1f", whole, bare))
  }

  /// Of processor time, for one of `count`.
  private static func microseconds(_ work: () -> Void) -> Double {
    var (start, end) = (timespec(), timespec())
    _ = unsafe clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &start)
    work()
    _ = unsafe clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &end)
    let seconds = Double(end.tv_sec - start.tv_sec) + Double(end.tv_nsec - start.tv_nsec) / 1e9
    return seconds * 1e6 / Double(count)
  }

  private static func printStatusSize(_ path: String) throws {
    guard let status = try RawClient(path: path).ask(Load.question) else { exit(69) }
    print(status.count)
  }
}
