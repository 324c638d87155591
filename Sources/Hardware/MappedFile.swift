internal import CHardware

/// Whether what is kept at a path goes with the power: tmpfs and ramfs.
public func isInMemory(_ path: String) -> Bool { unsafe chw_is_in_memory(path) }

/// Memory that is shared with whoever comes after this process: what is stored in it outlives the
/// process, without a system call, though not the power.
@safe public final class MappedFile: @unchecked Sendable {
  public let memory: UnsafeMutableRawPointer
  public let byteCount: Int

  /// Maps a file of this user, and makes it where it is missing.
  ///
  /// - Parameter path: nil for memory that ends with this process, in which a machine is simulated.
  public init(path: String?, byteCount: Int) throws(HardwareError) {
    var mapped: UnsafeMutableRawPointer?
    try HardwareError.check(unsafe chw_map_file(path, byteCount, &mapped))
    guard let memory = unsafe mapped else { throw .system }
    unsafe self.memory = memory
    self.byteCount = byteCount
  }

  /// Goes on in a new file at `path`, which holds what the memory holds. Another thread may store into it
  /// meanwhile; what it stores before this returns may be missing in the new file.
  public func move(to path: String) throws(HardwareError) {
    try HardwareError.check(unsafe chw_remap_file(path, byteCount, memory))
  }

  deinit { unsafe chw_unmap_file(memory, byteCount) }
}
