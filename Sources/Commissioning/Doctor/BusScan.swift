internal import Hardware
internal import Quantities

/// Which addresses of a bus answer.
struct BusScan: Equatable {
  var answering: [UInt8] = []
  /// Those that a driver of the kernel has for itself.
  var owned: [UInt8] = []
  /// Why the scan was given up.
  var failure: HardwareError?

  /// The addresses that the bus leaves to devices.
  static let addresses: ClosedRange<UInt8> = 0x08...0x77
  /// A bus at rest takes a tenth of a second; one whose wires are held low, a time-out an address.
  private static let patience = Nanoseconds.seconds(2)

  /// - Parameters:
  ///   - probe: whether anything answers at an address.
  ///   - now: of a clock that never goes back.
  init(probe: (UInt8) throws(HardwareError) -> Void, now: () -> Nanoseconds) {
    let begun = now()
    for address in Self.addresses {
      do {
        try probe(address)
        answering.append(address)
      } catch {
        switch error {
        case .busy: owned.append(address)
        // Some adapters say a time-out where nobody answers, and i2c-stub that the device is gone.
        case .noAddressAcknowledge, .noAcknowledge, .noDataAcknowledge, .timeout, .gone: break
        default: failure = error
        }
        if error == .timeout && now() - begun > Self.patience { failure = .timeout }
        if failure != nil { return }
      }
    }
  }
}

/// As in `0x36`.
func addressText(_ address: UInt8) -> String {
  let digits = String(address, radix: 16)
  return "0x\(digits.count < 2 ? "0" : "")\(digits)"
}
