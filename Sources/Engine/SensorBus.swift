public import Hardware
public import Quantities
internal import Synchronization

/// The sensors of a rig, for the log.
public enum SensorName: Sendable, CaseIterable {
  case encoder
  case loadCell
  case pressure
}

/// The bus thread: asks the sensors again and again and hands over what they say.
///
/// The tick thread never waits for it: a sensor that hangs the bus makes its values old, and no more.
public final class SensorBus: @unchecked Sendable {
  public let samples = Latest(SensorSamples())

  /// How often every sensor is asked.
  public static let period = Nanoseconds.milliseconds(100)
  /// A bus that is gone is looked for so often.
  public static let reopening = Nanoseconds.seconds(1)
  /// After so many polls that nobody answered the bus is taken for gone: a driver may not tell that its
  /// adapter was unplugged, and cannot let go of it as long as it is open.
  public static let silentPollsMax = 10

  private let openBus: () throws(HardwareError) -> I2CBus
  private let report: (SensorName, SensorFault?) -> Void
  private let ending = Atomic<Bool>(false)
  private var bus: I2CBus?
  private var openAgainAt = Nanoseconds.zero
  private var silentPolls = 0
  private var encoder: Channel<AS5600>?
  private var loadCell: Channel<NAU7802>?
  private var pressure: Channel<ADS1115>?

  /// One sensor and the newest from it.
  private struct Channel<Device: Sensor> {
    let name: SensorName
    var device: Device
    var sample = SensorSample()
    var fault: SensorFault?

    var answers: Bool {
      if case .bus = fault { false } else { true }
    }
  }

  /// - Parameters:
  ///   - openBus: tried again while it fails, and when the bus is gone.
  ///   - report: hears each change of a sensor's fault, nil for none, on the bus thread.
  public init(
    encoder: AS5600?, loadCell: NAU7802?, pressure: ADS1115?,
    openBus: @escaping () throws(HardwareError) -> I2CBus,
    report: @escaping (SensorName, SensorFault?) -> Void
  ) {
    self.encoder = encoder.map { Channel(name: .encoder, device: $0) }
    self.loadCell = loadCell.map { Channel(name: .loadCell, device: $0) }
    self.pressure = pressure.map { Channel(name: .pressure, device: $0) }
    self.openBus = openBus
    self.report = report
    publish()
  }

  /// From any thread: the bus thread ends after the poll that runs.
  public func end() { ending.store(true, ordering: .relaxed) }

  /// The body of the bus thread.
  public func run() {
    while !ending.load(ordering: .relaxed) {
      let begin = RealTime.now
      poll(at: begin)
      // From the end of a poll that took too long: a slow bus is not asked in a burst.
      RealTime.sleep(until: max(begin + Self.period, RealTime.now))
    }
  }

  /// Asks every sensor once and publishes what is known then.
  public func poll(at now: Nanoseconds) {
    if bus == nil && now >= openAgainAt { open(at: now) }
    if let bus {
      ask(&encoder, bus, now)
      ask(&loadCell, bus, now)
      ask(&pressure, bus, now)
      if isGoneAfterPoll() {
        self.bus = nil
        silentPolls = 0
        openAgainAt = now + Self.reopening
      }
    }
    publish()
  }

  /// Whether the bus has to be opened anew, after a poll.
  private func isGoneAfterPoll() -> Bool {
    let answers = [encoder.map(\.answers), loadCell.map(\.answers), pressure.map(\.answers)]
    silentPolls = answers.contains(true) ? 0 : silentPolls + 1
    let faults = [encoder?.fault, loadCell?.fault, pressure?.fault]
    return silentPolls > Self.silentPollsMax || faults.contains(.bus(.gone))
  }

  private func open(at now: Nanoseconds) {
    do {
      bus = try openBus()
    } catch {
      openAgainAt = now + Self.reopening
      blame(&encoder, .bus(error))
      blame(&loadCell, .bus(error))
      blame(&pressure, .bus(error))
    }
  }

  private func ask<Device: Sensor>(
    _ channel: inout Channel<Device>?, _ bus: I2CBus, _ now: Nanoseconds
  ) {
    do {
      guard let value = try channel?.device.poll(bus, at: now) else { return }
      channel?.sample.newest = value
      blame(&channel, nil)
    } catch {
      blame(&channel, error)
    }
  }

  private func blame<Device: Sensor>(_ channel: inout Channel<Device>?, _ fault: SensorFault?) {
    guard let old = channel, old.fault != fault else { return }
    channel?.fault = fault
    channel?.sample.hasFault = fault != nil
    report(old.name, fault)
  }

  private func publish() {
    samples.publish { samples in
      samples.encoder = encoder?.sample
      samples.loadCell = loadCell?.sample
      samples.pressure = pressure?.sample
    }
  }
}
