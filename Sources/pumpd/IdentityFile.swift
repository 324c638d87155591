internal import Documents
internal import DosingCore
internal import Glibc
internal import ProgrammerLink

/// The pump's own key, in its state directory: 64 hexadecimal digits that only its user may read.
///
/// It stands apart from the journal, so that a pump that lost its journal is still known to its
/// programmers.
struct IdentityFile {
  let identity: PumpIdentity
  /// What is worth a warning; nil where the key is the one that programmers know.
  private(set) var warning: String?

  /// Reads the key, or makes one where there is none. A key that cannot be read or kept is no reason not
  /// to deliver: the pump answers with a new one, which nobody trusts yet.
  init(directory: String, serial: Label) {
    let path = "\(directory)/identity"
    var why = "this pump has a new key"
    do {
      if let key = try Self.read(path) {
        identity = PumpIdentity(serial: serial, key: key)
        return
      }
    } catch {
      why = error.message
      _ = unsafe rename(path, path + ".damaged")
    }
    let key = SigningKey()
    identity = PumpIdentity(serial: serial, key: key)
    do {
      try Self.write(key, path, in: directory)
    } catch {
      why += "; \(error.message)"
    }
    warning = "\(why): its key is now \(key.id.text), which every programmer has to trust anew"
  }

  /// Nil where there is none.
  private static func read(_ path: String) throws(Failure) -> SigningKey? {
    let file = unsafe open(path, O_RDONLY | O_CLOEXEC)
    guard file >= 0 else {
      if errno == ENOENT { return nil }
      throw failure("cannot read", path)
    }
    defer { _ = close(file) }
    var bytes = [UInt8](repeating: 0, count: 128)
    let count = unsafe Glibc.read(file, &bytes, bytes.count)
    guard let key = key(bytes.prefix(max(0, count))) else {
      throw Failure(.unavailable, "\(path) is not a key of a pump, and was put aside as .damaged")
    }
    return key
  }

  private static func key(_ text: some Collection<UInt8>) -> SigningKey? {
    let digits = String(decoding: text, as: UTF8.self).split(separator: "\n").first ?? ""
    return bytes(hexadecimal: String(digits)).flatMap { SigningKey(secret: $0) }
  }

  /// Whole or not at all.
  private static func write(
    _ key: SigningKey, _ path: String, in directory: String
  ) throws(Failure) {
    let new = path + ".new"
    _ = unsafe unlink(new)
    let file = unsafe open(new, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
    guard file >= 0 else { throw failure("cannot write", new) }
    let text = Array((hexadecimal(key.secret) + "\n").utf8)
    let isWritten = unsafe Glibc.write(file, text, text.count) == text.count && fsync(file) == 0
    _ = close(file)
    guard isWritten, unsafe rename(new, path) == 0 else { throw failure("cannot write", path) }
    // A name is durable when its folder is.
    let folder = unsafe open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard folder >= 0, fsync(folder) == 0 else { throw failure("cannot write", directory) }
    _ = close(folder)
  }

  private static func failure(_ what: String, _ path: String) -> Failure {
    let code: Documents.ExitCode = errno == EACCES || errno == EROFS ? .noPermission : .unavailable
    return Failure(code, "\(what) \(path): \(unsafe String(cString: strerror(errno)))")
  }
}
