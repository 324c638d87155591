public import DosingCore
public import Hardware

/// What the tick leaves for its successor, in memory that outlives the process though not the power.
///
/// Two slots are written in turn, each with a checksum, so that one of them is whole whenever the
/// process dies. Writing is a few stores: no system call.
@safe public final class RunPage: @unchecked Sendable {
  public static let byteCount = 4096
  /// What stands behind these first bytes belongs to whoever keeps the file.
  public static let ownBytes = 1024
  /// Which journal, which boot and which place the page belongs to: three names of 16 bytes.
  public typealias Owner = InlineArray<48, UInt8>

  // The number of the layout stands in the last two letters: "RNPAGE01" to "RNPAGE03", little-endian.
  private static let firstMagic: UInt64 = 0x3130_4547_4150_4e52
  private static let secondMagic: UInt64 = 0x3230_4547_4150_4e52
  private static let magic: UInt64 = 0x3330_4547_4150_4e52
  private static let ownerOffset = 8
  /// An earlier version did not name the place: there are zeros then.
  private static let placeBytes = 32..<48
  private static let slotOffset = 64

  private let file: MappedFile
  private let owner: Owner
  private var number: UInt64 = 0
  /// The page is still as an earlier version left it. The first tick makes it this one's, so that a start
  /// that fails before leaves it whole.
  private var layout = Layout.newest

  private enum Layout {
    case first
    case second
    case newest
  }

  /// What was left in the page, if it belongs to `owner`; the page is then `owner`'s.
  public init(_ file: MappedFile, owner: Owner) {
    precondition(file.byteCount >= Self.byteCount)
    self.file = file
    self.owner = owner
    switch unsafe (belongsToOwner, file.memory.load(as: UInt64.self)) {
    case (true, Self.magic): number = newest()?.number ?? 0
    case (true, Self.secondMagic): layout = .second
    case (true, Self.firstMagic): layout = .first
    default: begin()
    }
  }

  /// Makes the page the owner's, with nothing in it.
  private func begin() {
    for offset in 0..<Self.ownBytes { store(0, at: offset) }
    for index in owner.indices { store(owner[index], at: Self.ownerOffset + index) }
    unsafe file.memory.storeBytes(of: Self.magic, as: UInt64.self)
    layout = .newest
  }

  /// The name of the boot in the bytes of a page.
  public static func bootID(ofPage bytes: [UInt8]) -> [UInt8] {
    Array(bytes.dropFirst(ownerOffset + 16).prefix(16))
  }

  private var belongsToOwner: Bool {
    func isOwners(_ index: Int) -> Bool { load(Self.ownerOffset + index) == owner[index] }
    let (named, place) = (0..<Self.placeBytes.lowerBound, Self.placeBytes)
    return named.allSatisfy(isOwners)
      && (place.allSatisfy(isOwners) || place.allSatisfy { load(Self.ownerOffset + $0) == 0 })
  }

  /// What the last tick left; nil where there is nothing, or nothing whole.
  ///
  /// - Parameter unitsInUnit: of a page of the first layout, see `Therapy.unitsInFirstUnit(on:)`.
  public func read(unitsInUnit: Int128) -> TickTrace? {
    (layout == .first ? newestOfFirst(unitsInUnit) : newest())?.trace
  }

  /// Tick thread.
  public func write(_ trace: TickTrace) {
    if layout != .newest { begin() }
    number += 1
    let slot = TraceSlot(trace, number: number)
    let start = Self.slotOffset + Int(number % 2) * TraceSlot.length
    unsafe file.memory.storeBytes(
      of: slot.words, toByteOffset: start, as: InlineArray<32, UInt64>.self)
  }

  private typealias Slot = (trace: TickTrace, number: UInt64)

  private func newest() -> Slot? { newer(slot(0), slot(1)) }

  private func newestOfFirst(_ unitsInUnit: Int128) -> Slot? {
    newer(firstSlot(0, unitsInUnit), firstSlot(1, unitsInUnit))
  }

  private func newer(_ first: Slot?, _ second: Slot?) -> Slot? {
    guard let first else { return second }
    guard let second else { return first }
    return first.number > second.number ? first : second
  }

  private func slot(_ index: Int) -> Slot? {
    let start = Self.slotOffset + index * TraceSlot.length
    return TraceSlot(
      unsafe file.memory.load(fromByteOffset: start, as: InlineArray<32, UInt64>.self)
    ).read(tellsDelivered: layout == .newest)
  }

  private func firstSlot(_ index: Int, _ unitsInUnit: Int128) -> Slot? {
    let start = Self.slotOffset + index * TraceSlot.lengthOfFirst
    return TraceSlot.first(
      unsafe file.memory.load(fromByteOffset: start, as: InlineArray<128, UInt8>.self),
      unitsInUnit: unitsInUnit)
  }

  private func load(_ offset: Int) -> UInt8 {
    unsafe file.memory.load(fromByteOffset: offset, as: UInt8.self)
  }

  private func store(_ byte: UInt8, at offset: Int) {
    unsafe file.memory.storeBytes(of: byte, toByteOffset: offset, as: UInt8.self)
  }
}
