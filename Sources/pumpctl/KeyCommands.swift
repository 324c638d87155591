internal import ArgumentParser
internal import Documents
internal import DosingCore
internal import Glibc
internal import ProgrammerLink

struct KeyCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "key", abstract: "The keys of programmers and pumps.",
    subcommands: [NewKey.self, ShowKey.self, TrustKey.self, ListKeys.self, RevokeKey.self])
}

struct NewKey: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "new", abstract: "Make a key. Root enrolls its public half with pumpd enroll.")

  @Flag(help: "Seal the key with a passphrase, which is asked for.")
  var passphrase = false

  @OptionGroup var signing: SigningOptions

  func run() {
    do throws(Failure) {
      let key = SigningKey()
      try signing.keyFile.write(key, passphrase: try newPassphrase())
      print("key \(key.id.text) in \(signing.keyFile.path); on the pump, as root:")
      print("pumpd enroll --state DIR --role ROLE --name NAME \(key.verifying.hexadecimalText)")
    } catch {
      end(error.code, error.message)
    }
  }

  private func newPassphrase() throws(Failure) -> String? {
    guard passphrase || signing.passphraseFile != nil else { return nil }
    let first = try signing.passphrase("New passphrase: ")
    guard !first.isEmpty else { throw Failure(.usage, "the passphrase is empty") }
    if signing.passphraseFile == nil, try signing.passphrase("Once more: ") != first {
      throw Failure(.usage, "the two passphrases differ")
    }
    return first
  }
}

struct ShowKey: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "show", abstract: "Show the public half of the key.")

  @OptionGroup var signing: SigningOptions

  func run() {
    let key = signing.readKey().verifying
    print("key \(key.id.text)\npublic \(key.hexadecimalText)")
  }
}

struct TrustKey: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "trust", abstract: "Trust the pump's own key from now on.",
    discussion: "Compare it with what pumpd enroll printed, or give that as KEY.")

  @Argument(help: ArgumentHelp("The key of the pump: 64 hexadecimal digits.", valueName: "KEY"))
  var key: String?

  @OptionGroup var connection: Connection
  @OptionGroup var signing: SigningOptions

  func run() {
    let (answered, keys) = connection.askKeys()
    guard let shown = VerifyingKey(bytes: keys.pumpKey), answered.isFrom(shown) else {
      connection.fail(.notThePump)
    }
    let serial = answered.seal.serial
    if let key, key.lowercased() != shown.hexadecimalText {
      end(.noPermission, "pump \(serial.text) has the key \(shown.hexadecimalText), not \(key)")
    }
    if key == nil {
      print("pump \(serial.text) \(shown.hexadecimalText)")
      guard consents(to: "Is this what pumpd enroll printed?") else {
        end(.badData, "nothing was changed")
      }
    }
    do {
      try signing.knownPumps.add(shown, of: serial)
    } catch {
      end(error.code, error.message)
    }
    print("pump \(serial.text) is trusted with key \(shown.id.text)")
  }
}

struct ListKeys: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "list", abstract: "Show the keys that the pump knows.")

  @OptionGroup var connection: Connection
  @OptionGroup var signing: SigningOptions

  func run() {
    let (answered, keys) = connection.askKeys()
    let isTrusted = signing.trusts(
      answered, of: answered.seal.serial, on: connection, else: .notThePump)
    print(
      "pump \(answered.seal.serial.text), its key is \(isTrusted ? "trusted" : "not known here")")
    for index in 0..<keys.count {
      let key = keys[index]
      let state = key.isRevoked ? ", revoked" : ""
      print(
        "\(key.id.text) \(key.role.code) \(key.name.text), newest number \(key.newestNumber)\(state)"
      )
    }
    if keys.count == 0 { print("no keys; see pumpd enroll") }
  }
}

extension Connection {
  /// The keys that the pump knows, and its own. Who says so is for the caller to find out.
  fileprivate func askKeys() -> (answered: LinkClient.Answered, keys: KeysBody) {
    var client = open()
    let answered = attempt { () throws(LinkError) in try client.ask(.askKeys) }
    guard case .keys(let keys) = answered.reply else { reject(answered.reply) }
    return (answered, keys)
  }
}

struct RevokeKey: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "revoke", abstract: "Let the pump believe a key no more, for good.",
    discussion: """
      Signed by a clinician, or --unsigned by root on the pump. Asks before the key of the last clinician goes.
      """)

  @Argument(
    help: ArgumentHelp(
      "16 hexadecimal digits, or the name where only one key has it; see pumpctl key list.",
      valueName: "KEY"))
  var id: String

  @Flag(help: "Without a key: for root on the pump.")
  var unsigned = false

  @Flag(help: "Do not ask.")
  var yes = false

  @OptionGroup var connection: Connection
  @OptionGroup var signing: SigningOptions

  func run() throws {
    let keys = connection.askKeys().keys
    let believed = (0..<keys.count).map { keys[$0] }.filter { !$0.isRevoked }
    let id = try id(among: believed)
    let others = believed.filter { $0.id != id }
    let isLast =
      believed.contains { $0.id == id && $0.role == .clinician }
      && !others.contains { $0.role == .clinician }
    if isLast, !yes {
      print("key \(id.text) is the last one of a clinician: nobody can program the pump, give a")
      print("bolus or acknowledge after it, until root enrolls another")
      guard consents(to: "Revoke it?") else { end(.badData, "nothing was changed") }
    }
    revoke(id)
  }

  private func id(among keys: [KeyRecord]) throws -> KeyID {
    if let id = KeyID(text: id) { return id }
    let named = keys.filter { $0.name.text == id }
    guard let only = named.first else {
      throw ValidationError(
        "'\(id)' is neither 16 hexadecimal digits nor the name of a key; see pumpctl key list")
    }
    guard named.count == 1 else {
      let ids = named.map(\.id.text).joined(separator: ", ")
      throw ValidationError("'\(id)' is the name of \(named.count) keys; give one of \(ids)")
    }
    return only.id
  }

  private func revoke(_ id: KeyID) {
    let body = RevokeBody(key: id)
    let reply: LinkClient.Reply
    if unsigned {
      var client = connection.open()
      let answered = connection.attempt { () throws(LinkError) in
        do throws(LinkError) { return try client.ask(.revoke, body) } catch {
          throw error.ofCommand
        }
      }
      _ = signing.trusts(
        answered, of: answered.seal.serial, on: connection, else: .outcomeNotSigned)
      reply = answered.reply
    } else {
      var programmer = signing.programmer(connection)
      reply = connection.attempt { () throws(LinkError) in try programmer.order(.revoke, body) }
    }
    guard case .keys = reply else { reject(reply) }
    print("key \(id.text) is revoked")
  }
}

struct Relay: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Carry frames between standard input and output and the pump's socket.",
    discussion: """
      What pumpctl --ssh starts on the machine of the pump. Nothing unsigned is obeyed through it, \
      whoever runs it.
      """)

  @OptionGroup var connection: Connection

  func run() {
    _ = signal(SIGPIPE, SIG_IGN)
    connection.attempt { () throws(LinkError) in
      var relay = try LinkRelay(path: connection.path)
      try relay.run(input: 0, output: 1)
    }
  }
}
