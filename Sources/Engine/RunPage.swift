public import DosingCore
public import Hardware

/// What the tick leaves for its successor, in memory that outlives the process though not the power.
///
/// Two slots are written in turn, each with a checksum, so that one of them is whole whenever the
/// process dies. Writing is a few stores: no system call.
@safe public final class RunPage: @unchecked Sendable {
  public static let byteCount = 4096
  /// Which journal and which boot the page belongs to: two names of 16 bytes.
  public typealias Owner = InlineArray<32, UInt8>

  private static let magic: UInt64 = 0x3130_4547_4150_4e52  // "RNPAGE01", little-endian
  private static let ownerOffset = 8
  private static let slotOffset = 64

  private let file: MappedFile
  private var number: UInt64 = 0

  /// What was left in the page, if it belongs to `owner`; the page is then `owner`'s.
  public init(_ file: MappedFile, owner: Owner) {
    precondition(file.byteCount >= Self.byteCount)
    self.file = file
    guard !belongs(to: owner) else {
      number = newest()?.number ?? 0
      return
    }
    for offset in 0..<Self.byteCount { store(0, at: offset) }
    for index in owner.indices { store(owner[index], at: Self.ownerOffset + index) }
    unsafe file.memory.storeBytes(of: Self.magic, as: UInt64.self)
  }

  private func belongs(to owner: Owner) -> Bool {
    guard unsafe file.memory.load(as: UInt64.self) == Self.magic else { return false }
    for index in owner.indices where load(Self.ownerOffset + index) != owner[index] { return false }
    return true
  }

  /// What the last tick left; nil where there is nothing, or nothing whole.
  public func read() -> TickTrace? { newest()?.trace }

  /// Tick thread.
  public func write(_ trace: TickTrace) {
    number += 1
    let slot = TraceSlot(trace, number: number)
    let start = Self.slotOffset + Int(number % 2) * TraceSlot.length
    unsafe file.memory.storeBytes(
      of: slot.bytes, toByteOffset: start, as: InlineArray<128, UInt8>.self)
  }

  private func newest() -> (trace: TickTrace, number: UInt64)? {
    guard let first = slot(0) else { return slot(1) }
    guard let second = slot(1) else { return first }
    return first.number > second.number ? first : second
  }

  private func slot(_ index: Int) -> (trace: TickTrace, number: UInt64)? {
    let start = Self.slotOffset + index * TraceSlot.length
    var slot = TraceSlot(
      unsafe file.memory.load(fromByteOffset: start, as: InlineArray<128, UInt8>.self))
    return slot.read()
  }

  private func load(_ offset: Int) -> UInt8 {
    unsafe file.memory.load(fromByteOffset: offset, as: UInt8.self)
  }

  private func store(_ byte: UInt8, at offset: Int) {
    unsafe file.memory.storeBytes(of: byte, toByteOffset: offset, as: UInt8.self)
  }
}
