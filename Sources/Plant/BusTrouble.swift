/// How a transfer on the wire can fail.
public enum BusFault: Error, Equatable, Sendable, CaseIterable {
  case noAddressAcknowledge
  /// A device took its address and refused a register or a byte.
  case noDataAcknowledge
  case arbitrationLost
  /// A line stays low until the adapter gives up.
  case heldLow
}

/// What can be wrong with a bus or with a device on it.
public enum BusTrouble: Equatable, Sendable {
  /// Transfers fail so, and no device sees them.
  case failing(BusFault)
  /// A transfer takes so much longer, and then goes well.
  case hanging(nanoseconds: Int64)
  /// No supply. When that has passed, every register has its reset value.
  case unpowered
}

/// Which devices have a trouble.
enum TroublePlace: Hashable {
  case wholeBus
  case device(UInt8)
}

/// Troubles and for how many transfers each of them is still there.
struct Troubles {
  private var active: [TroublePlace: (trouble: BusTrouble, left: Int?)] = [:]

  /// - Parameter transfers: nil: until it is ended.
  mutating func begin(_ trouble: BusTrouble, at place: TroublePlace, transfers: Int?) {
    active[place] = (trouble, transfers)
  }

  /// Whether devices at this place have lost their supply until now.
  mutating func end(at place: TroublePlace) -> Bool {
    active.removeValue(forKey: place)?.trouble == .unpowered
  }

  /// The trouble of the next transfer: that of the whole bus before that of a device.
  func next(for address: UInt8) -> (trouble: BusTrouble, place: TroublePlace)? {
    for place in [TroublePlace.wholeBus, .device(address)] {
      if let found = active[place] { return (found.trouble, place) }
    }
    return nil
  }

  /// Counts a transfer. Whether that was the last one of a loss of supply.
  mutating func useUp(at place: TroublePlace) -> Bool {
    guard let left = active[place]?.left else { return false }
    active[place]?.left = left - 1
    return left <= 1 ? end(at: place) : false
  }
}
