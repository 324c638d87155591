import Foundation

/// Every pulse that a simulated motor was given, kill or no kill: what `pumpd --motor-trace` left.
///
/// The format is written down at `chw_world_keep_pulses`.
struct MotorTrace {
  struct Pulse {
    /// CLOCK_MONOTONIC in ns.
    let time: Int64
    let isEnabled: Bool
    let isBackwards: Bool
  }

  let pulses: [Pulse]

  private static let head = 16
  private static let length = 24

  init(pulses: [Pulse]) { self.pulses = pulses }

  /// No pulses where there is no file: the pump died before it made one.
  init(path: String) {
    guard let file = FileHandle(forReadingAtPath: path) else {
      self.init(pulses: [])
      return
    }
    defer { try? file.close() }
    let head = [UInt8]((try? file.read(upToCount: Self.head)) ?? Data())
    let count = head.count == Self.head ? Int(Self.integer(head[8...])) : 0
    let bytes = [UInt8]((try? file.read(upToCount: count * Self.length)) ?? Data())
    self.init(
      pulses: (0..<(bytes.count / Self.length)).map { index in
        let start = index * Self.length
        return Pulse(
          time: Self.integer(bytes[start...]), isEnabled: bytes[start + 16] != 0,
          isBackwards: bytes[start + 17] != 0)
      })
  }

  /// The first 8 bytes, in the order of the machines on which this runs.
  private static func integer(_ bytes: ArraySlice<UInt8>) -> Int64 {
    Int64(bitPattern: bytes.prefix(8).reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) })
  }
}
