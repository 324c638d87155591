internal import CHardware

/// What the hardware layer could not do; the closed set of the contract in `chw.h`.
public enum HardwareError: Error, Equatable, Sendable {
  case invalidArgument
  case unsupported
  case noMemory
  case noPermission
  case busy
  case gone
  case system
  case missing
  case ambiguous
  // What only a bus transfer ends in.
  case noAddressAcknowledge
  case noDataAcknowledge
  case noAcknowledge
  case arbitrationLost
  case timeout
  case checksum
  case protocolViolation
  case busFault

  /// Nil where `status` is no error.
  init?(_ status: chw_error) {
    switch status {
    case .CHW_OK: return nil
    case .CHW_ERROR_INVALID: self = .invalidArgument
    case .CHW_ERROR_UNSUPPORTED: self = .unsupported
    case .CHW_ERROR_NO_MEMORY: self = .noMemory
    case .CHW_ERROR_PERMISSION: self = .noPermission
    case .CHW_ERROR_BUSY: self = .busy
    case .CHW_ERROR_GONE: self = .gone
    case .CHW_ERROR_SYSTEM: self = .system
    case .CHW_ERROR_MISSING: self = .missing
    case .CHW_ERROR_AMBIGUOUS: self = .ambiguous
    case .CHW_ERROR_NO_ADDRESS_ACKNOWLEDGE: self = .noAddressAcknowledge
    case .CHW_ERROR_NO_DATA_ACKNOWLEDGE: self = .noDataAcknowledge
    case .CHW_ERROR_NO_ACKNOWLEDGE: self = .noAcknowledge
    case .CHW_ERROR_ARBITRATION_LOST: self = .arbitrationLost
    case .CHW_ERROR_TIMEOUT: self = .timeout
    case .CHW_ERROR_CHECKSUM: self = .checksum
    case .CHW_ERROR_PROTOCOL: self = .protocolViolation
    case .CHW_ERROR_BUS_FAULT: self = .busFault
    default: self = .system
    }
  }

  static func check(_ status: chw_error) throws(HardwareError) {
    if let error = HardwareError(status) { throw error }
  }
}

/// Why a rig could not be opened, and what it was about.
public struct RigProblem: Error, Equatable, Sendable {
  public var error: HardwareError
  /// Nil where it was not one wire, but the chip or the rig.
  public var wire: Wire?
  /// The chip's device; empty where none was found.
  public var device: String
  /// Who holds the wire; empty where the kernel does not tell.
  public var holder: String

  public init(_ error: HardwareError, wire: Wire? = nil, device: String = "", holder: String = "") {
    self.error = error
    self.wire = wire
    self.device = device
    self.holder = holder
  }

  init(_ error: HardwareError, _ problem: chw_problem) {
    self.init(
      error, wire: Wire(rawValue: problem.wire.rawValue), device: text(problem.device),
      holder: text(problem.holder))
  }
}

/// The text in a fixed array of C characters.
func text<Characters>(_ characters: Characters) -> String {
  let bytes = unsafe withUnsafeBytes(of: characters) { unsafe Array($0) }
  return String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
}
