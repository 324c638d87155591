public import Documents
internal import Hardware

/// Looks at a machine and says whether it can run a rig.
///
/// It takes no line, moves nothing and makes nothing. It asks the sensors, but only where no pump
/// does.
public struct Examination {
  /// Nil: only the machine is looked at.
  public let document: RigDocument?
  public let statePath: String
  public let socketPath: String
  /// Of the tick thread.
  public let priority: Int32
  /// This process has become another user, with the limits of a login.
  public let isLogin: Bool
  /// Tries to connect to a pump.
  public let connect: (String) -> SocketAnswer

  public init(
    document: RigDocument?, statePath: String, socketPath: String, priority: Int32,
    isLogin: Bool, connect: @escaping (String) -> SocketAnswer
  ) {
    self.document = document
    self.statePath = statePath
    self.socketPath = socketPath
    self.priority = priority
    self.isLogin = isLogin
    self.connect = connect
  }

  private var isSimulated: Bool { document?.backend == .simulated }
  private var isReal: Bool { document?.backend == .linux }

  public func findings() -> [Diagnosis] {
    let state = StateFacts(statePath)
    return [Diagnosis.rig(document), .user(.own, isLogin: isLogin)] + machine()
      + gpio(pumpRuns: state.pumpRuns == true) + i2c(pumpRuns: state.pumpRuns)
      + [.stateDirectory(statePath, state)]
      + [.openFiles(OpenFiles(in: statePath))].compactMap(\.self)
      + (isInMemory(statePath) ? [.stateInMemory(statePath)] : [])
      + [socket(pumpRuns: state.pumpRuns == true)]
      + [.stopGroup(groupMembers(stopGroupName), isNeeded: isReal)]
      + (isReal ? [.gate] : [])
  }

  // MARK: Parts

  private func machine() -> [Diagnosis] {
    let kernel = KernelFacts.own
    let thread = [
      Diagnosis.preemption(kernel), .clockSource(kernel), .governor(kernel),
    ]
    guard let grants = ProcessGrants.own else {
      return [
        .warning("real-time", "the limits of this process cannot be read", remedy: "mount /proc")
      ] + thread
    }
    return [
      .realTime(
        priority: priority, refusal: tryRealTime(priority: priority), grants: grants,
        isNeeded: isReal),
      .memoryLock(grants, isNeeded: isReal),
    ] + thread
  }

  private func gpio(pumpRuns: Bool) -> [Diagnosis] {
    let chips = GPIOChip.all
    let list = Diagnosis.gpioChips(chips, library: GPIOChip.libraryVersion)
    guard let document, let section = document.gpio, let wiring = document.wiring else {
      return list + (isSimulated ? [.ok("gpio", "a simulated rig needs no line")] : [])
    }
    return list
      + Diagnosis.lines(of: section, wiring: wiring, on: chips, pumpRuns: pumpRuns, look: Self.look)
  }

  private func i2c(pumpRuns: Bool?) -> [Diagnosis] {
    let adapters = I2CAdapter.all
    let list = [Diagnosis.i2cAdapters(adapters)]
    guard let document, let section = document.i2c else { return list }
    if isSimulated { return list + [.ok("i2c", "a simulated rig needs no bus")] }
    // To be asked by two, as in a reset of the load cell, would leave the pump without values.
    switch (pumpRuns, pumpHoldsLines) {
    case (true, _), (_, true):
      return list + [.ok("i2c", "a pump runs and asks the sensors; see pumpctl status")]
    case (nil, _), (_, nil):
      return list + [
        .warning(
          "i2c", "the sensors are not asked: this user may not see whether a pump asks them",
          remedy: Remedy.anotherUser)
      ]
    case (false, false): return list + ask(section, of: document, adapters)
    }
  }

  private func ask(
    _ section: I2CSection, of document: RigDocument, _ adapters: [I2CAdapter]
  ) -> [Diagnosis] {
    do {
      guard let bus = try document.openBus() else { return [] }
      let scan = BusScan(
        probe: { address throws(HardwareError) in try bus.probe(address) }, now: { RealTime.now })
      return [.bus(section.bus, among: adapters, failure: nil), .scan(scan)]
        + (scan.failure == nil ? Diagnosis.sensors(section, on: bus, scan: scan) : [])
    } catch {
      return [.bus(section.bus, among: adapters, failure: error)]
    }
  }

  private var pumpHoldsLines: Bool? {
    guard let wiring = document?.wiring else { return false }
    return Diagnosis.pumpHolds(wiring, on: GPIOChip.all, look: Self.look)
  }

  private func socket(pumpRuns: Bool) -> Diagnosis {
    let facts = SocketFacts(socketPath)
    // A path that is too long is wrong even before there is a socket.
    let answer = facts == .other ? nil : connect(socketPath)
    return .socket(socketPath, facts, answer: answer, pumpRuns: pumpRuns)
  }

  private static func look(
    _ chip: GPIOChip, _ place: LinePlace
  ) -> Result<GPIOChip.Line, HardwareError> {
    Result { () throws(HardwareError) in try chip.line(place) }
  }
}

extension Diagnosis {
  static func rig(_ document: RigDocument?) -> Self {
    guard let document else {
      return .warning(
        "rig", "no rig file, so that only the machine is looked at", remedy: "give --rig FILE")
    }
    let backend = document.backend == .linux ? "linux" : "simulated"
    return .ok(
      "rig", "\(document.name.text), \(document.serial.text), backend \(backend): \(document.path)")
  }

  /// What stops the motor and sounds the buzzer when the program is dead is no part of the machine.
  static var gate: Self {
    .warning(
      "heartbeat gate", "no program can see whether it is there",
      remedy:
        "with the motor running, kill -STOP pumpd: within 0.5 s the motor must be free and the "
        + "buzzer must sound; then kill -CONT; see the page Rig of Sources/Hardware")
  }
}
