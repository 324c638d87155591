internal import Glibc

/// Two files of a state directory. Each is rewritten in place, so that a full disk does not hinder it.
public struct CopyFiles: CopyStorage {
  private let paths: [String]

  public init(directory: String) {
    paths = ["a", "b"].map { "\(directory)/safe-basal.\($0)" }
  }

  public func read(_ copy: Int) -> [UInt8]? {
    let file = unsafe open(paths[copy], O_RDONLY | O_CLOEXEC)
    guard file >= 0 else { return nil }
    defer { _ = close(file) }
    var bytes = [UInt8](repeating: 0, count: 65_536)
    let capacity = bytes.count
    let count = unsafe Glibc.read(file, &bytes, capacity)
    return count < 0 ? [] : Array(bytes.prefix(count))
  }

  public func write(_ copy: Int, _ bytes: [UInt8]) throws(JournalError) {
    let file = unsafe open(paths[copy], O_WRONLY | O_CREAT | O_CLOEXEC, 0o640)
    guard file >= 0 else { throw Self.error() }
    defer { _ = close(file) }
    var written = 0
    while written < bytes.count {
      let count = unsafe bytes.withUnsafeBytes { bytes in
        unsafe pwrite(
          file, bytes.baseAddress?.advanced(by: written), bytes.count - written, off_t(written))
      }
      guard count > 0 else { throw Self.error() }
      written += count
    }
    guard ftruncate(file, off_t(bytes.count)) == 0, fsync(file) == 0 else { throw Self.error() }
  }

  private static func error() -> JournalError {
    switch errno {
    case ENOSPC, EDQUOT: .diskFull
    case EROFS: .readOnly
    case EACCES, EPERM: .noPermission
    default: .inputOutput(errno)
    }
  }
}
