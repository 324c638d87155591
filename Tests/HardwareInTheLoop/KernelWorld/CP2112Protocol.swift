/// What the adapter's firmware does: reports in, reports out, and no kernel in sight.
///
/// After Silicon Labs' AN495, as far as Linux' driver uses it.
struct CP2112Protocol {
  /// An input report to send, not before a time.
  struct Reply: Equatable {
    var bytes: [UInt8]
    /// How long the report takes to come.
    var delayMilliseconds: Int64 = 0
  }

  private struct Transfer {
    let status0: UInt8
    let status1: UInt8
    /// Busy until then: CLOCK_MONOTONIC.
    let doneNanoseconds: Int64
    let readCount: Int
    /// What was read and not sent yet.
    var unsent: ArraySlice<UInt8>
  }

  private enum Status {
    static let idle: UInt8 = 0
    static let busy: UInt8 = 1
    static let complete: UInt8 = 2
    static let error: UInt8 = 3
  }

  /// A busy adapter answers as late as the driver takes it, 50 ms by its RESPONSE_TIMEOUT, and so keeps
  /// whoever asked as long as a bus can: ten times that.
  private static let busyMillisecondsMax: Int64 = 45
  private static let chunk = 61

  private var transfer: Transfer?
  /// Of the adapter's own eight lines: 1 is output, and what outputs are set to.
  private var directions: UInt8 = 0
  private var latch: UInt8 = 0
  private var directionReport: [UInt8] = [2, 0, 0, 0, 0]
  /// 100 kHz, own address 2, no time-outs, no limit of retries.
  private var busReport: [UInt8] = [6, 0, 0x01, 0x86, 0xa0, 2, 0, 0, 0, 0, 0, 0, 0, 0]

  /// The feature report with this number; empty where there is none.
  func feature(_ number: UInt8) -> [UInt8] {
    switch number {
    case 2: directionReport
    case 3: [3, latch & directions]  // nothing pulls the inputs up
    case 5: [5, 0x0c, 3]  // part 12, version 3, which knows the repeated start
    case 6: busReport
    case 0x20: [0x20, 0xff]  // what may still be programmed once: everything
    default: []
    }
  }

  mutating func setFeature(_ bytes: [UInt8]) {
    switch (bytes.first, bytes.count) {
    case (2, 5):
      directionReport = bytes
      directions = bytes[1]
    case (4, 3): latch = latch & ~bytes[2] | bytes[1] & bytes[2]
    case (6, 14): busReport = bytes
    default: break
    }
  }

  /// The transfer that an output report begins, if it begins one.
  static func transfer(of report: [UInt8]) -> BusTransfer? {
    guard let number = report.first, report.count >= 3 else { return nil }
    let address = report[1] >> 1
    switch number {
    case 0x14:
      return BusTransfer(
        address: address, written: Array(report.dropFirst(3).prefix(Int(report[2]))), readCount: 0)
    case 0x10 where report.count >= 4:
      return BusTransfer(address: address, written: [], readCount: length(report[2...]))
    case 0x11 where report.count >= 5:
      return BusTransfer(
        address: address, written: Array(report.dropFirst(5).prefix(Int(report[4]))),
        readCount: length(report[2...]))
    default: return nil
    }
  }

  private static func length(_ bytes: ArraySlice<UInt8>) -> Int {
    bytes.prefix(2).reduce(0) { $0 << 8 | Int($1) }
  }

  mutating func begin(_ request: BusTransfer, answered answer: BusAnswer, at nowNanoseconds: Int64)
  {
    func done(_ bytes: [UInt8], after delay: Int64) -> Transfer {
      let missing = max(0, request.readCount - bytes.count)
      let read = bytes.prefix(request.readCount) + Array(repeating: 0xff, count: missing)
      return Transfer(
        status0: Status.complete, status1: 5, doneNanoseconds: nowNanoseconds + delay,
        readCount: request.readCount, unsent: read)
    }
    func failed(_ reason: UInt8) -> Transfer {
      Transfer(
        status0: Status.error, status1: reason, doneNanoseconds: nowNanoseconds, readCount: 0,
        unsent: [])
    }
    transfer =
      switch answer {
      case .bytes(let bytes): done(bytes, after: 0)
      case .late(let delay, let bytes): done(bytes, after: delay)
      case .notAcknowledged: failed(0)
      case .busTimeout: failed(1)
      case .arbitrationLost: failed(2)
      case .otherError: failed(3)
      }
  }

  /// Answers the output reports that begin no transfer.
  mutating func reply(to report: [UInt8], at nowNanoseconds: Int64) -> Reply? {
    switch report.first {
    case 0x12 where report.count >= 3: return nextChunk(upTo: Self.length(report[1...]))
    case 0x15: return status(at: nowNanoseconds)
    case 0x17: transfer = nil
    default: break
    }
    return nil
  }

  private func status(at nowNanoseconds: Int64) -> Reply {
    guard let transfer else { return Reply(bytes: [0x16, Status.idle, 0, 0, 0, 0, 0]) }
    guard nowNanoseconds >= transfer.doneNanoseconds else {
      let left = (transfer.doneNanoseconds - nowNanoseconds) / 1_000_000 + 1
      return Reply(
        bytes: [0x16, Status.busy, 0, 0, 0, 0, 0],
        delayMilliseconds: min(left, Self.busyMillisecondsMax))
    }
    let count = transfer.readCount
    return Reply(bytes: [
      0x16, transfer.status0, transfer.status1, 0, 0, UInt8(count >> 8), UInt8(count & 0xff),
    ])
  }

  private mutating func nextChunk(upTo limit: Int) -> Reply {
    let bytes = transfer?.unsent.prefix(min(limit, Self.chunk)) ?? []
    transfer?.unsent.removeFirst(bytes.count)
    return Reply(bytes: [0x13, transfer?.status0 ?? Status.idle, UInt8(bytes.count)] + bytes)
  }
}
