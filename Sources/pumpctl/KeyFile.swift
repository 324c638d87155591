internal import Crypto
internal import CryptoExtras
internal import Documents
internal import Foundation
internal import ProgrammerLink

/// A private key in a file that only its owner may read, sealed by a passphrase where he wants it.
///
/// Lines of words: `public HEX`, and `secret HEX` or `sealed SALT HEX`. What is sealed is under
/// ChaCha20-Poly1305 (RFC 8439), with a key that scrypt (RFC 7914) makes of the passphrase, at the cost in the line
/// `scrypt N R P`; files of an earlier version have none.
struct KeyFile {
  let path: String

  private static let head = "pumpctl-key 1"
  /// Costs 64 MiB and a fraction of a second, and whoever guesses the same a guess.
  private static let cost = ScryptCost(rounds: 65_536, block: 8, parallel: 1)

  // MARK: Writing

  /// - Parameter passphrase: nil for none.
  /// - Throws: where the file is there already, or cannot be written. Nothing is left half done.
  func write(_ key: SigningKey, passphrase: String?) throws(Failure) {
    var lines = [Self.head, "public \(key.verifying.hexadecimalText)"]
    if let passphrase {
      lines.append(try sealed(key, passphrase))
    } else {
      lines.append("secret \(hexadecimal(key.secret))")
    }
    let folder = (path as NSString).deletingLastPathComponent
    if !folder.isEmpty {
      try? FileManager.default.createDirectory(
        atPath: folder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
    }
    let file = unsafe open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
    guard file >= 0 else {
      if errno == EEXIST {
        throw Failure(.badData, "\(path) is there already; give another --key, or move it away")
      }
      throw Self.failure("cannot write", path)
    }
    let text = Array((lines.joined(separator: "\n") + "\n").utf8)
    let isWritten = unsafe Glibc.write(file, text, text.count) == text.count && fsync(file) == 0
    let failure = Self.failure("cannot write", path)
    _ = close(file)
    if !isWritten {
      _ = unsafe unlink(path)
      throw failure
    }
  }

  private func sealed(_ key: SigningKey, _ passphrase: String) throws(Failure) -> String {
    let salt = (0..<16).map { _ in UInt8.random(in: 0...255) }
    do {
      let box = try ChaChaPoly.seal(key.secret, using: Self.key(passphrase, salt, Self.cost))
      return "\(Self.cost.line)\nsealed \(hexadecimal(salt)) \(hexadecimal(box.combined))"
    } catch {
      throw Failure(.internalError, "cannot seal the key: \(error)")
    }
  }

  private static func key(
    _ passphrase: String, _ salt: [UInt8], _ cost: ScryptCost
  ) throws -> SymmetricKey {
    try KDF.Scrypt.deriveKey(
      from: Array(passphrase.utf8), salt: salt, outputByteCount: 32, rounds: cost.rounds,
      blockSize: cost.block, parallelism: cost.parallel)
  }

  // MARK: Reading

  /// - Parameter passphrase: asked where the key is sealed.
  func read(passphrase: () throws(Failure) -> String) throws(Failure) -> SigningKey {
    let fields = try fields()
    if let secret = fields["secret"]?.first.flatMap({ bytes(hexadecimal: $0) }),
      let key = SigningKey(secret: secret)
    {
      return key
    }
    guard let sealed = fields["sealed"], sealed.count == 2,
      let salt = bytes(hexadecimal: sealed[0]), let box = bytes(hexadecimal: sealed[1])
    else { throw noKey }
    guard let cost = fields["scrypt"].map({ ScryptCost(words: $0) }) ?? Self.cost else {
      throw Failure(.badData, "\(path): the line scrypt asks for more than \(ScryptCost.accepted)")
    }
    do {
      let secret = try ChaChaPoly.open(
        try ChaChaPoly.SealedBox(combined: box), using: try Self.key(try passphrase(), salt, cost))
      if let key = SigningKey(secret: Array(secret)) { return key }
    } catch let failure as Failure {
      throw failure
    } catch {
      throw Failure(.noPermission, "\(path): the passphrase does not open it")
    }
    throw noKey
  }

  private var noKey: Failure {
    Failure(.badData, "\(path): not a key of pumpctl; make one with pumpctl key new")
  }

  private func fields() throws(Failure) -> [String: [String]] {
    let file = unsafe open(path, O_RDONLY | O_CLOEXEC)
    guard file >= 0 else {
      if errno == ENOENT {
        throw Failure(
          .badInput, "\(path): there is no key; make one with pumpctl key new, or give --key")
      }
      throw Self.failure("cannot read", path)
    }
    defer { _ = close(file) }
    var facts = stat()
    guard unsafe fstat(file, &facts) == 0, facts.st_mode & 0o077 == 0 else {
      throw Failure(.noPermission, "\(path): others may read it; chmod 600 it, or make a new key")
    }
    var content = [UInt8](repeating: 0, count: 4096)
    let count = unsafe Glibc.read(file, &content, content.count)
    let lines = String(decoding: content.prefix(max(0, count)), as: UTF8.self).split(
      separator: "\n")
    guard lines.first.map(String.init) == Self.head else { throw noKey }
    var fields: [String: [String]] = [:]
    for line in lines.dropFirst() {
      let words = line.split(separator: " ").map(String.init)
      if let name = words.first { fields[name] = Array(words.dropFirst()) }
    }
    return fields
  }

  private static func failure(_ what: String, _ path: String) -> Failure {
    let reason = unsafe String(cString: strerror(errno))
    let denied = errno == EACCES || errno == EPERM || errno == EROFS
    return Failure(denied ? .noPermission : .unavailable, "\(what) \(path): \(reason)")
  }
}

/// What a guess of a passphrase costs: N, r and p of scrypt.
private struct ScryptCost {
  let rounds: Int
  let block: Int
  let parallel: Int

  static let accepted = "N up to 1048576, a power of two, r up to 16 and p up to 4"

  init(rounds: Int, block: Int, parallel: Int) {
    (self.rounds, self.block, self.parallel) = (rounds, block, parallel)
  }

  /// Nil where these are not three numbers that a machine can bear.
  init?(words: [String]) {
    let numbers = words.compactMap { Int($0) }
    guard words.count == 3, numbers.count == 3, (1_024...1_048_576).contains(numbers[0]),
      numbers[0] & (numbers[0] - 1) == 0, (1...16).contains(numbers[1]),
      (1...4).contains(numbers[2])
    else { return nil }
    self.init(rounds: numbers[0], block: numbers[1], parallel: numbers[2])
  }

  var line: String { "scrypt \(rounds) \(block) \(parallel)" }
}

extension VerifyingKey {
  var hexadecimalText: String { hexadecimal(bytes.array) }
}
