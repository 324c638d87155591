/// What a bus master asks of one device.
public struct BusTransfer: Sendable, Equatable {
  /// Seven bits.
  public let address: UInt8
  /// Empty where it only reads. With a read, a repeated start comes between.
  public let written: [UInt8]
  /// At most 512; 0 where it only writes.
  public let readCount: Int
}

/// How the bus answers a transfer.
public enum BusAnswer: Sendable, Equatable {
  /// The transfer is complete. Bytes that lack are 0xff, as on a bus that nobody pulls down; bytes
  /// beyond what was asked for are not read.
  case bytes([UInt8])
  /// Nobody takes the address: the kernel's driver makes ETIMEDOUT of it.
  case notAcknowledged
  /// EIO.
  case arbitrationLost
  /// The adapter gave up on a held bus: ETIMEDOUT.
  case busTimeout
  /// The transfer broke off in the middle: EIO.
  case otherError
  /// Complete after so long, and busy until then. The driver asks ten times, each time for at least
  /// 2 ms, then cancels: 10 ms still arrives, and from about 100 ms on it is ETIMEDOUT.
  case late(nanoseconds: Int64, [UInt8])
}
