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
    default: self = .system
    }
  }

  static func check(_ status: chw_error) throws(HardwareError) {
    if let error = HardwareError(status) { throw error }
  }
}
