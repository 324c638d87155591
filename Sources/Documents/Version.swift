/// Which version of these programs it is, and of what they exchange and keep.
public enum Version {
  /// Of all programs together.
  public static let number = "0.1.0"

  /// As in `pumpctl 0.1.0, frames 7 (in records 4 to 7), journal up to 9`.
  ///
  /// - Parameters:
  ///   - frames: the only version that the link speaks.
  ///   - oldest: the oldest frames that are read in a journal.
  ///   - journal: the newest form of a journal; all before it are read and brought to it.
  public static func text(
    of program: String, frames: UInt16, oldest: UInt16, journal: String
  ) -> String {
    "\(program) \(number), frames \(frames) (in records \(oldest) to \(frames)), journal up to \(journal)"
  }
}
