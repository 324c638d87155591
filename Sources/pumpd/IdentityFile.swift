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
  let isNew: Bool

  /// Reads the key, or makes one where there is none.
  init(directory: String, serial: Label) throws(Failure) {
    let path = "\(directory)/identity"
    let file = unsafe open(path, O_RDONLY | O_CLOEXEC)
    if file < 0, errno == ENOENT {
      let key = SigningKey()
      try Self.write(key, path, in: directory)
      (identity, isNew) = (PumpIdentity(serial: serial, key: key), true)
      return
    }
    guard file >= 0 else { throw Self.failure("cannot read", path) }
    defer { _ = close(file) }
    var bytes = [UInt8](repeating: 0, count: 128)
    let count = unsafe read(file, &bytes, bytes.count)
    guard let key = Self.key(bytes.prefix(max(0, count))) else {
      throw Failure(
        .unavailable,
        "\(path): not a key of a pump; put the file back, or remove it and tell every programmer "
          + "the new key")
    }
    (identity, isNew) = (PumpIdentity(serial: serial, key: key), false)
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
