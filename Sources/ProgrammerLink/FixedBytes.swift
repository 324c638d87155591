extension InlineArray where Element == UInt8 {
  /// Nil where there are more bytes, or fewer.
  public init?(_ bytes: some Collection<UInt8>) {
    self.init(repeating: 0)
    guard bytes.count == count else { return nil }
    for (index, byte) in bytes.enumerated() { self[index] = byte }
  }

  public var array: [UInt8] { indices.map { self[$0] } }
}
