internal import Conformance
internal import Glibc
internal import Quantities

/// The disk of the guest, with an ext4 that the host has made.
struct GuestDisk {
  let folder = "/tmp/disk"
  private let device = "vda"
  private let options: String

  init(options: String = "") throws {
    self.options = options
    _ = unsafe mkdir(folder, 0o755)
    // The disk appears while the first processes run already.
    try waitUntil("there is a disk", pause: .milliseconds(20)) {
      unsafe access("/dev/" + device, R_OK | W_OK) == 0
    }
    try mountAgain()
  }

  /// As it was, or for the first time.
  func mountAgain() throws {
    _ = unsafe umount(folder)
    let mounted = unsafe mount("/dev/" + device, folder, "ext4", 0, options)
    try expect(mounted == 0, "the disk cannot be mounted: \(errno)")
  }

  func unmount() throws {
    try expect(unsafe umount(folder) == 0, "the disk cannot be unmounted: \(errno)")
  }

  /// The kernel takes it that the file system is damaged; what it does then is an option of the mount.
  func failAsKernelDoes() throws {
    TextFile.write("1", to: "/sys/fs/ext4/\(device)/trigger_fs_error")
    // Who it was counts as proof that it was heard.
    try expect(
      TextFile.read("/sys/fs/ext4/\(device)/errors_count") != "0\n", "the file system has no error")
  }
}
