public import Documents
public import Hardware
public import Quantities

extension RigDocument {
  /// Which line each wire is. Nil on a simulated rig.
  public var wiring: Wiring? {
    guard backend == .linux, let gpio else { return nil }
    return Wiring(chipLabel: gpio.chip) { LinePlace(gpio[$0]) }
  }

  /// Opens the lines that the file names. On a simulated rig nothing can go wrong but memory.
  ///
  /// - Throws: a sentence that says which line, who holds it and what to do.
  public func openHardware(heartbeat: Nanoseconds) throws(Failure) -> HardwareRig {
    let backend = wiring.map { HardwareRig.Backend.linux($0) } ?? .simulated(virtualTime: false)
    do {
      return try HardwareRig(backend, heartbeat: heartbeat)
    } catch {
      throw Failure(error.exitCode, "\(path): \(sentence(for: error))")
    }
  }

  /// Opens the bus of the sensors; nil where the file has none.
  ///
  /// A simulated bus stays empty until a world is attached to it.
  public func openBus() throws(HardwareError) -> I2CBus? {
    guard let i2c else { return nil }
    return try I2CBus(
      backend == .linux ? .linux(path: i2c.bus) : .simulated, deadline: Self.transferDeadline)
  }

  /// As long as the time between two polls: a transfer that takes longer is of no use any more.
  static let transferDeadline = Nanoseconds.milliseconds(100)
}

extension I2CSection {
  /// The devices, as they are asked.
  public var sensors: (encoder: AS5600?, loadCell: NAU7802?, pressure: ADS1115?) {
    (
      encoder.map { AS5600(address: $0.address) },
      loadCell.map {
        NAU7802(
          address: $0.address, countsPerGram: Int64($0.countsPerGram), zero: Int64($0.zero))
      },
      pressure.map {
        ADS1115(address: $0.address, channel: $0.channel, pascalsPerVolt: $0.perVolt.pascals)
      }
    )
  }
}

extension LinePlace {
  fileprivate init(_ written: WrittenLine) {
    switch written {
    case .offset(let offset): self = .offset(Int32(clamping: offset))
    case .name(let name): self = .name(name)
    }
  }
}

extension GPIOSection {
  subscript(wire: Wire) -> WrittenLine {
    switch wire {
    case .step: step
    case .direction: direction
    case .enable: enable
    case .heartbeat: heartbeat
    case .buzzer: buzzer
    case .lamp: lamp
    }
  }
}

extension Wire {
  /// The key of the wire in the section `gpio`.
  public var key: String {
    switch self {
    case .step: "step"
    case .direction: "dir"
    case .enable: "enable"
    case .heartbeat: "heartbeat"
    case .buzzer: "buzzer"
    case .lamp: "lamp"
    }
  }
}
