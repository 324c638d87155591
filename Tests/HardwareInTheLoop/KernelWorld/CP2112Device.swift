internal import CKernelWorld
internal import Glibc
internal import Synchronization

/// One adapter that is plugged in, with the thread that answers for it.
///
/// Pulling it out ends in a call that blocks until nobody has the bus open any more; the thread alone
/// waits for that, and the next device is another file with another thread.
final class CP2112Device: Sendable {
  /// An address that no device may have: the adapter answers it by itself, so that a transfer can show
  /// whether the driver is ready.
  static let ownAddress: UInt8 = 0x7f

  private let file: Int32
  private let answer: @Sendable (BusTransfer) -> BusAnswer
  private let isEnding = Atomic(false)
  /// The errno with which the thread ended by itself, or 0.
  private let failure = Atomic<Int32>(0)

  /// - Parameter unique: the serial number, by which the adapter is found in sysfs.
  init(
    unique: String, answer: @escaping @Sendable (BusTransfer) -> BusAnswer
  ) throws(KernelWorldError) {
    file = try KernelWorldError.check(ckw_uhid_open(), "open /dev/uhid")
    self.answer = answer
    do {
      try KernelWorldError.check(unsafe ckw_uhid_create(file, unique), "create a uhid device")
      try Thread { [self] in run() }.detach()
    } catch {
      _ = close(file)
      throw error
    }
  }

  /// Pulls it out, soon: the caller watches sysfs.
  func end() { isEnding.store(true, ordering: .relaxed) }

  /// The errno that ended the thread, or 0 while all is well.
  var problem: Int32 { failure.load(ordering: .relaxed) }

  private func run() {
    var firmware = CP2112Protocol()
    do {
      while !isEnding.load(ordering: .relaxed) {
        var report = ckw_report()
        try KernelWorldError.check(unsafe ckw_uhid_next(file, &report, 10), "read from uhid")
        try serve(report, by: &firmware)
      }
    } catch {
      failure.store(error.code, ordering: .relaxed)
    }
    // The kernel takes the device away where its file is closed.
    _ = close(file)
  }

  private func serve(
    _ report: ckw_report, by firmware: inout CP2112Protocol
  ) throws(KernelWorldError) {
    let bytes = Array(
      unsafe withUnsafeBytes(of: report.bytes) { unsafe Array($0) }.prefix(Int(report.size)))
    switch report.kind {
    case .CKW_REPORT_GET:
      let feature = firmware.feature(report.number)
      try KernelWorldError.check(
        unsafe ckw_uhid_reply_get(file, report.id, feature, Int32(feature.count)), "reply to a get")
    case .CKW_REPORT_SET:
      firmware.setFeature(bytes)
      try KernelWorldError.check(ckw_uhid_reply_set(file, report.id), "reply to a set")
    case .CKW_REPORT_OUTPUT:
      try output(bytes, by: &firmware)
    case .CKW_REPORT_NONE: break
    }
  }

  private func output(
    _ bytes: [UInt8], by firmware: inout CP2112Protocol
  ) throws(KernelWorldError) {
    if let transfer = CP2112Protocol.transfer(of: bytes) {
      let answer = transfer.address == Self.ownAddress ? .bytes([]) : answer(transfer)
      firmware.begin(transfer, answered: answer, at: Wait.nowNanoseconds)
      return
    }
    guard let reply = firmware.reply(to: bytes, at: Wait.nowNanoseconds) else { return }
    Wait.sleep(milliseconds: reply.delayMilliseconds)
    try KernelWorldError.check(
      unsafe ckw_uhid_input(file, reply.bytes, Int32(reply.bytes.count)), "send an input report")
  }
}
