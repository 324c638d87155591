internal import CHardware
internal import Synchronization

/// An I2C bus with simulated devices, for the simulated backend or for an emulated adapter.
///
/// From any thread. Devices are looked at one transfer at a time.
public final class SimulatedBus: Sendable {
  private struct Slot {
    var device: any RegisterDevice
    var isPlugged = true
    var transfers = 0
  }

  private struct State {
    var slots: [UInt8: Slot] = [:]
    var troubles = Troubles()
  }

  private let state = Mutex(State())
  private let clock: @Sendable () -> Int64
  private let sleep: @Sendable (Int64) -> Void

  /// In real time.
  public convenience init() {
    self.init(
      clock: { chw_monotonic_ns() },
      sleep: { nanoseconds in _ = chw_sleep_until_ns(chw_monotonic_ns() + nanoseconds) })
  }

  /// - Parameters:
  ///   - clock: nanoseconds that never go back; what devices take for their time.
  ///   - sleep: lets so many nanoseconds pass, for a bus that hangs.
  public init(
    clock: @escaping @Sendable () -> Int64, sleep: @escaping @Sendable (Int64) -> Void
  ) {
    self.clock = clock
    self.sleep = sleep
  }

  /// The time of the bus's clock.
  public var time: Int64 { clock() }

  // MARK: Devices

  /// Connects a device and gives it its supply.
  public func connect(_ device: some RegisterDevice, at address: UInt8) {
    state.withLock { state in
      var device = device
      device.powerUp(at: clock())
      state.slots[address] = Slot(device: device)
    }
  }

  /// Changes, or asks, the device at an address; it must be one of type `Device`. The closure also gets
  /// the time of the bus.
  public func withDevice<Device: RegisterDevice, Result: Sendable>(
    _ type: Device.Type, at address: UInt8,
    _ body: @Sendable (_ device: inout Device, _ time: Int64) -> Result
  ) -> Result {
    state.withLock { state in
      guard var device = state.slots[address]?.device as? Device else {
        preconditionFailure("no \(type) at address \(address)")
      }
      defer { state.slots[address]?.device = device }
      return body(&device, clock())
    }
  }

  /// Takes the device away: from now on nothing acknowledges its address.
  public func unplug(_ address: UInt8) {
    state.withLock { $0.slots[address]?.isPlugged = false }
  }

  /// Brings it back, with the reset value in every register.
  public func plug(_ address: UInt8) {
    state.withLock { state in
      state.slots[address]?.isPlugged = true
      state.slots[address]?.device.powerUp(at: clock())
    }
  }

  // MARK: Troubles

  /// - Parameters:
  ///   - address: nil for the whole bus, whose trouble hides that of a device.
  ///   - transfers: how many transfers have it; nil: all, until `endTrouble`.
  public func beginTrouble(
    _ trouble: BusTrouble, at address: UInt8? = nil, transfers: Int? = nil
  ) {
    state.withLock {
      $0.troubles.begin(trouble, at: Self.place(address), transfers: transfers)
    }
  }

  public func endTrouble(at address: UInt8? = nil) {
    state.withLock { state in
      let place = Self.place(address)
      if state.troubles.end(at: place) { powerUp(&state, place) }
    }
  }

  private static func place(_ address: UInt8?) -> TroublePlace {
    address.map { .device($0) } ?? .wholeBus
  }

  private func powerUp(_ state: inout State, _ place: TroublePlace) {
    let addresses: [UInt8] =
      switch place {
      case .wholeBus: Array(state.slots.keys)
      case .device(let address): [address]
      }
    for address in addresses { state.slots[address]?.device.powerUp(at: clock()) }
  }

  // MARK: Transfers

  /// How often a device was addressed, failures included. 0 where none is connected.
  public func transfers(to address: UInt8) -> Int {
    state.withLock { $0.slots[address]?.transfers ?? 0 }
  }

  /// One transfer as it is on the wire: writes bytes, the first of which selects a register, and then,
  /// after another start, reads. Either part may be empty. Takes as long as the bus hangs.
  public func transfer(
    _ address: UInt8, writing bytes: [UInt8], reading count: Int
  ) -> Result<[UInt8], BusFault> {
    let hang = takeHang(of: address)
    if hang > 0 { sleep(hang) }
    return transferAtOnce(address, writing: bytes, reading: count)
  }

  /// How many nanoseconds the next transfer is to hang; that trouble is then used up for this transfer. For
  /// an adapter that must not sleep.
  public func takeHang(of address: UInt8) -> Int64 {
    state.withLock { state in
      guard let (trouble, place) = state.troubles.next(for: address),
        case .hanging(let nanoseconds) = trouble
      else { return 0 }
      _ = state.troubles.useUp(at: place)
      return nanoseconds
    }
  }

  /// `transfer` without the time that the bus hangs.
  public func transferAtOnce(
    _ address: UInt8, writing bytes: [UInt8], reading count: Int
  ) -> Result<[UInt8], BusFault> {
    state.withLock { state in
      state.slots[address]?.transfers += 1
      if let fault = takeFault(&state, address) { return .failure(fault) }
      guard var slot = state.slots[address], slot.isPlugged else {
        return .failure(.noAddressAcknowledge)
      }
      defer { state.slots[address] = slot }
      let time = clock()
      if let register = bytes.first {
        let written = Array(bytes.dropFirst())
        guard slot.device.write(register: register, written, at: time) else {
          return .failure(.noDataAcknowledge)
        }
      }
      return .success(count == 0 ? [] : slot.device.read(count: count, at: time))
    }
  }

  private func takeFault(_ state: inout State, _ address: UInt8) -> BusFault? {
    guard let (trouble, place) = state.troubles.next(for: address) else { return nil }
    switch trouble {
    case .hanging:
      return nil
    case .failing(let fault):
      _ = state.troubles.useUp(at: place)
      return fault
    case .unpowered:
      if state.troubles.useUp(at: place) { powerUp(&state, place) }
      return .noAddressAcknowledge
    }
  }
}
