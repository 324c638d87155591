internal import Journal
internal import LyingDisk

/// A disk that loses power, fails and fills up: below it SQLite keeps the journal, and it holds the two
/// copies of the safe-basal record.
@safe public final class SimulatedDisk {
  private let disk: OpaquePointer

  /// - Parameter seed: of what a power cut leaves of what was not synced.
  public init(seed: UInt64) {
    unsafe disk = lying_disk_new(seed)
    // As the kernel's file systems do: SQLite counts on it, and so does everybody.
    unsafe lying_disk_claim_powersafe_overwrite(disk, true)
  }

  deinit { unsafe lying_disk_free(disk) }

  /// Where SQLite finds its files.
  public var folder: String { unsafe "/lying/\(lying_disk_id(disk))" }

  /// Of power.
  public var cuts: UInt64 { unsafe lying_disk_counts(disk).cuts }

  /// What is wrong with it from now on; nothing by default.
  ///
  /// - Parameters:
  ///   - writes: how many of 1,000 fail.
  ///   - syncs: how many of 1,000 fail.
  ///   - bytes: what it holds; negative for no bound.
  ///   - ignoresSync: a sync says that it is done, and does nothing.
  public func setFaults(
    writes: UInt32 = 0, syncs: UInt32 = 0, bytes: Int64 = -1, ignoresSync: Bool = false,
    isReadOnly: Bool = false
  ) {
    unsafe lying_disk_set_faults(
      disk,
      lying_faults(
        write_fails_per_mille: writes, sync_fails_per_mille: syncs, bytes_max: bytes,
        read_only: isReadOnly, sync_is_ignored: ignoresSync))
  }

  public func cutPower() { unsafe lying_disk_cut_power(disk) }

  /// In the middle of what is written: 0 for never.
  public func cutPower(afterWrites count: UInt64) { unsafe lying_disk_cut_power_after(disk, count) }

  public func restorePower() { unsafe lying_disk_restore_power(disk) }

  /// The process ends; what it wrote stays.
  public func kill() { unsafe lying_disk_kill(disk) }

  /// Flips the lowest bit of a byte, where there is one.
  public func flipBit(_ name: String, at offset: Int64) {
    unsafe lying_disk_flip_bit(disk, name, offset)
  }

  /// 0 or a negative errno.
  fileprivate func write(_ name: String, _ bytes: [UInt8]) -> Int32 {
    unsafe bytes.withUnsafeBytes { bytes in
      guard let base = bytes.baseAddress else { return 0 }
      return unsafe lying_file_write(disk, name, base, bytes.count)
    }
  }

  func has(_ name: String) -> Bool {
    var nothing: UInt8 = 0
    return unsafe lying_file_read(disk, name, &nothing, 0) >= 0
  }

  fileprivate func sync(_ name: String) -> Int32 { unsafe lying_file_sync(disk, name) }

  /// Puts a file there, and on the platter.
  public func put(_ name: String, _ bytes: [UInt8]) {
    _ = write(name, bytes)
    _ = sync(name)
  }

  /// What stands in a file; nil where there is none.
  public func contents(_ name: String, atMost most: Int = 1 << 24) -> [UInt8]? {
    var bytes = [UInt8](repeating: 0, count: most)
    let capacity = bytes.count
    let count = unsafe lying_file_read(disk, name, &bytes, capacity)
    return count < 0 ? nil : Array(bytes.prefix(Int(count)))
  }
}

/// The copies of the safe-basal record on such a disk.
struct SimulatedCopies: CopyStorage {
  let disk: SimulatedDisk

  private func name(_ copy: Int) -> String { copy == 0 ? "safe-basal.a" : "safe-basal.b" }

  func read(_ copy: Int) -> [UInt8]? { disk.contents(name(copy), atMost: 65_536) }

  func write(_ copy: Int, _ bytes: [UInt8]) throws(JournalError) {
    let error = disk.write(name(copy), bytes)
    if error != 0 { throw .inputOutput(error) }
    let failed = disk.sync(name(copy))
    if failed != 0 { throw .inputOutput(failed) }
  }
}
