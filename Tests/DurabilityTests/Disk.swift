import Journal
import LyingDisk

/// A disk that loses power, and its two plain files.
@safe final class Disk {
  private let disk: OpaquePointer

  init(seed: UInt64) {
    unsafe disk = lying_disk_new(seed)
    // As the kernel's file systems do: SQLite counts on it, and so does everybody.
    unsafe lying_disk_claim_powersafe_overwrite(disk, true)
  }

  deinit { unsafe lying_disk_free(disk) }

  var journalPath: String { unsafe "/lying/\(lying_disk_id(disk))/journal.sqlite" }
  var cuts: UInt64 { unsafe lying_disk_counts(disk).cuts }

  func setFaults(
    writes: UInt32 = 0, syncs: UInt32 = 0, bytes: Int64 = -1, ignoresSync: Bool = false,
    isReadOnly: Bool = false
  ) {
    unsafe lying_disk_set_faults(
      disk,
      lying_faults(
        write_fails_per_mille: writes, sync_fails_per_mille: syncs, bytes_max: bytes,
        read_only: isReadOnly, sync_is_ignored: ignoresSync))
  }

  func cutPower() { unsafe lying_disk_cut_power(disk) }
  /// In the middle of what is written: 0 for never.
  func cutPower(afterWrites count: UInt64) { unsafe lying_disk_cut_power_after(disk, count) }
  func restorePower() { unsafe lying_disk_restore_power(disk) }
  /// The process ends; what it wrote stays.
  func kill() { unsafe lying_disk_kill(disk) }
  func flipBit(_ name: String, at offset: Int64) { unsafe lying_disk_flip_bit(disk, name, offset) }

  /// 0 or a negative errno.
  fileprivate func write(_ name: String, _ bytes: [UInt8]) -> Int32 {
    unsafe bytes.withUnsafeBytes { bytes in
      guard let base = bytes.baseAddress else { return 0 }
      return unsafe lying_file_write(disk, name, base, bytes.count)
    }
  }

  fileprivate func sync(_ name: String) -> Int32 { unsafe lying_file_sync(disk, name) }

  fileprivate func read(_ name: String) -> [UInt8]? {
    var bytes = [UInt8](repeating: 0, count: 16_384)
    let capacity = bytes.count
    let count = unsafe lying_file_read(disk, name, &bytes, capacity)
    return count < 0 ? nil : Array(bytes.prefix(Int(count)))
  }
}

/// The copies of the safe-basal record on such a disk.
struct DiskCopies: CopyStorage {
  let disk: Disk

  private func name(_ copy: Int) -> String { copy == 0 ? "safe-basal.a" : "safe-basal.b" }

  func read(_ copy: Int) -> [UInt8]? { disk.read(name(copy)) }

  func write(_ copy: Int, _ bytes: [UInt8]) throws(JournalError) {
    let error = disk.write(name(copy), bytes)
    if error != 0 { throw .inputOutput(error) }
    let failed = disk.sync(name(copy))
    if failed != 0 { throw .inputOutput(failed) }
  }
}
