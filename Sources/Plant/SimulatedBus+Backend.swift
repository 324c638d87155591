internal import CHardware

extension SimulatedBus {
  /// Answers the transfers of an open simulated `chw_bus`. The bus keeps no reference: this object must
  /// outlive it.
  public func attach(to bus: OpaquePointer) {
    let context = unsafe Unmanaged.passUnretained(self).toOpaque()
    let error = unsafe chw_world_attach_devices(
      bus,
      { context, transfer in
        guard let context = unsafe context else { return .CHW_ERROR_NO_ADDRESS_ACKNOWLEDGE }
        let bus = unsafe Unmanaged<SimulatedBus>.fromOpaque(context).takeUnretainedValue()
        return unsafe bus.answer(transfer.pointee)
      }, context)
    precondition(error == .CHW_OK, "only a simulated bus has a world")
  }

  private func answer(_ transfer: chw_transfer) -> chw_error {
    let count = unsafe Int(transfer.count)
    let register = unsafe transfer.first_register
    let address = unsafe transfer.address
    guard unsafe transfer.reads else {
      let bytes = unsafe UnsafeBufferPointer(start: transfer.bytes, count: count)
      return unsafe Self.error(
        self.transfer(address, writing: [register] + Array(bytes), reading: 0))
    }
    // Only the address: one byte is read, from wherever the pointer stands.
    if count == 0 { return Self.error(self.transfer(address, writing: [], reading: 1)) }
    let result = self.transfer(address, writing: [register], reading: count)
    if case .success(let bytes) = result {
      for (index, byte) in bytes.enumerated() { unsafe transfer.bytes[index] = byte }
    }
    return Self.error(result)
  }

  private static func error(_ result: Result<[UInt8], BusFault>) -> chw_error {
    switch result {
    case .success: .CHW_OK
    case .failure(.noAddressAcknowledge): .CHW_ERROR_NO_ADDRESS_ACKNOWLEDGE
    case .failure(.noDataAcknowledge): .CHW_ERROR_NO_DATA_ACKNOWLEDGE
    case .failure(.arbitrationLost): .CHW_ERROR_ARBITRATION_LOST
    case .failure(.heldLow): .CHW_ERROR_TIMEOUT
    }
  }
}
