internal import Documents
internal import Durability
internal import Engine
internal import Glibc
internal import Hardware

/// The file of a run page: locked by this process, looked after, made anew where somebody takes it away.
final class RunPageFile {
  let memory: MappedFile
  private let path: String
  private var lock: Int32
  /// What stood in the page when it was made anew, at a path beside its own. It goes to its own path once
  /// the tick has written there: until then its newest note may be older than what was done.
  private var madeAnew: [UInt8]?

  private var pathBeside: String { path + ".new" }

  /// - Parameter place: the state directory, which is written into the page for whoever finds it left over.
  init(path: String, place: String) throws(NoRunMemory) {
    self.path = path
    do {
      memory = try MappedFile(path: path, byteCount: RunPage.byteCount)
    } catch {
      throw NoRunMemory(place: path, reason: error)
    }
    guard let held = Self.lock(path) else { throw NoRunMemory(place: path, reason: .busy) }
    lock = held
    RunPageNote(place).store(in: memory)
  }

  deinit { _ = close(lock) }

  /// Nil where another process has it.
  private static func lock(_ path: String) -> Int32? {
    let file = unsafe open(path, O_RDWR | O_CLOEXEC | O_NOFOLLOW)
    guard file >= 0 else { return nil }
    if flock(file, LOCK_EX | LOCK_NB) == 0 { return file }
    _ = close(file)
    return nil
  }

  /// Whether the page is still what stands at its path.
  func look() -> StorageLook.Page {
    if madeAnew != nil { return finish() }
    if FileIdentity(path: path) == FileIdentity(descriptor: lock) { return .isThere }
    do {
      let before = content
      try memory.move(to: pathBeside)
      guard let held = Self.lock(pathBeside) else {
        throw HardwareError.busy
      }
      _ = close(lock)
      (lock, madeAnew) = (held, before)
      return .isMadeAnew
    } catch {
      return .cannotBeMade(
        NoRunMemory(place: path, reason: (error as? HardwareError) ?? .system))
    }
  }

  private func finish() -> StorageLook.Page {
    if content == madeAnew { return .isMadeAnew }
    guard unsafe rename(pathBeside, path) == 0 else {
      return .cannotBeMade(NoRunMemory(place: path, reason: .system))
    }
    madeAnew = nil
    return .isThere
  }

  private var content: [UInt8] {
    (0..<RunPage.ownBytes).map { unsafe memory.memory.load(fromByteOffset: $0, as: UInt8.self) }
  }

  func remove() {
    _ = unsafe unlink(pathBeside)
    if FileIdentity(path: path) == FileIdentity(descriptor: lock) { _ = unsafe unlink(path) }
  }
}

/// Which file it is, whatever its path.
struct FileIdentity: Equatable {
  let device: UInt
  let inode: UInt

  /// Nil where there is none.
  init?(path: String) {
    var about = stat()
    guard unsafe stat(path, &about) == 0 else { return nil }
    (device, inode) = (UInt(about.st_dev), UInt(about.st_ino))
  }

  init?(descriptor: Int32) {
    var about = stat()
    guard unsafe fstat(descriptor, &about) == 0 else { return nil }
    (device, inode) = (UInt(about.st_dev), UInt(about.st_ino))
  }
}

/// The path of the state directory, behind the bytes of the page itself.
struct RunPageNote {
  let directory: String

  init(_ directory: String) { self.directory = directory }

  /// Nil where nothing is noted.
  init?(page bytes: [UInt8]) {
    let text = bytes.dropFirst(RunPage.ownBytes).prefix { $0 != 0 }
    guard !text.isEmpty else { return nil }
    directory = String(decoding: text, as: UTF8.self)
  }

  func store(in memory: MappedFile) {
    // A path that is longer is not looked for: its page goes with the boot.
    let bytes = Array(directory.utf8)
    guard RunPage.ownBytes + bytes.count < memory.byteCount else { return }
    for index in 0...bytes.count {
      unsafe memory.memory.storeBytes(
        of: index < bytes.count ? bytes[index] : 0, toByteOffset: RunPage.ownBytes + index,
        as: UInt8.self)
    }
  }
}
