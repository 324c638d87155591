internal import ArgumentParser
internal import Documents
internal import DosingCore
internal import Glibc
internal import ProgrammerLink

/// With which key commands are signed, and which pumps are trusted.
struct SigningOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "The private key; PUMPCTL_KEY, or ~/.config/pumpctl/key, by default.", valueName: "FILE"))
  var key: String?

  @Option(
    help: ArgumentHelp(
      "The keys of the pumps that are trusted; PUMPCTL_PUMPS, or ~/.config/pumpctl/pumps, by default.",
      valueName: "FILE"))
  var pumps: String?

  @Option(
    help: ArgumentHelp(
      "Holds the passphrase of the key in its first line; else it is asked for.", valueName: "FILE")
  )
  var passphraseFile: String?

  var keyFile: KeyFile { KeyFile(path: key ?? Self.standard("key", "PUMPCTL_KEY")) }
  var knownPumps: KnownPumps { KnownPumps(path: pumps ?? Self.standard("pumps", "PUMPCTL_PUMPS")) }

  private static func standard(_ name: String, _ variable: String) -> String {
    if let set = unsafe getenv(variable) { return unsafe String(cString: set) }
    let home = unsafe getenv("HOME").map { unsafe String(cString: $0) } ?? "."
    return "\(home)/.config/pumpctl/\(name)"
  }

  /// The key, or the end of the program.
  func readKey() -> SigningKey {
    do {
      return try keyFile.read { () throws(Failure) in
        try passphrase("Passphrase of \(keyFile.path): ")
      }
    } catch {
      end(error.code, error.message)
    }
  }

  /// The key of a pump; nil where it is not known.
  func key(of serial: Label) -> VerifyingKey? {
    do {
      return try knownPumps.key(of: serial)
    } catch {
      end(error.code, error.message)
    }
  }

  /// Whether the pump of that serial gave the answer; false where none is trusted here. An answer of
  /// somebody else ends the program.
  func trusts(
    _ answered: LinkClient.Answered, of serial: Label, on connection: Connection,
    else error: LinkError
  ) -> Bool {
    guard let pump = key(of: serial) else { return false }
    guard answered.isFrom(pump) else { connection.fail(error) }
    return true
  }

  func passphrase(_ question: String) throws(Failure) -> String {
    guard let passphraseFile else { return try Self.ask(question) }
    guard let file = unsafe fopen(passphraseFile, "re") else {
      throw Failure(
        .badInput, "\(passphraseFile): \(unsafe String(cString: strerror(errno)))")
    }
    defer { unsafe fclose(file) }
    var line = [CChar](repeating: 0, count: 1024)
    guard unsafe fgets(&line, Int32(line.count), file) != nil else {
      throw Failure(.badData, "\(passphraseFile): the first line holds no passphrase")
    }
    let bytes = line.prefix { $0 != 0 && $0 != 10 }.map { UInt8(bitPattern: $0) }
    return String(decoding: bytes, as: UTF8.self)
  }

  /// From the terminal, without showing it.
  private static func ask(_ question: String) throws(Failure) -> String {
    guard let typed = unsafe getpass(question) else {
      throw Failure(.noPermission, "no terminal to ask for a passphrase; give --passphrase-file")
    }
    return unsafe String(cString: typed)
  }

  /// A programmer on a new connection.
  func programmer(_ connection: Connection) -> Programmer {
    let key = readKey()
    return Programmer(connection.open(), key: key) { serial in self.key(of: serial) }
  }
}

/// Whether somebody types `yes`.
func consents(to question: String) -> Bool { answer(to: question) == "yes" }

/// What somebody types; nil where nobody does.
func answer(to question: String) -> String? {
  print("\(question) Type yes: ", terminator: "")
  fflush(nil)
  let answer = readLine()
  if answer == nil { print() }
  return answer
}
