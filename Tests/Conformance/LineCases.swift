public import Hardware
public import Quantities

/// Changes of level on one wire, as they were seen at its other end.
public struct Edges: Equatable, Sendable {
  public var rising: Int
  public var falling: Int

  public init(rising: Int, falling: Int) {
    self.rising = rising
    self.falling = falling
  }

  public static let none = Edges(rising: 0, falling: 0)

  public static func - (later: Edges, earlier: Edges) -> Edges {
    Edges(rising: later.rising - earlier.rising, falling: later.falling - earlier.falling)
  }
}

/// The other end of the wires of a rig, whatever backend drives them.
public protocol LineWorld: Sendable {
  /// Opens the rig. One at a time.
  func open() throws -> HardwareRig
  /// The level that is driven on a wire of `rig`, which is open.
  func level(of wire: Wire, of rig: HardwareRig) throws -> Bool
  /// All edges so far. Nil where this world cannot see the wire.
  func edges(of wire: Wire, of rig: HardwareRig) throws -> Edges
  /// Lets time pass, at least so much.
  func pass(_ time: Nanoseconds, of rig: HardwareRig)
}

extension InterlockLimits {
  /// Limits that bind nothing in a check.
  public static let wide = InterlockLimits(
    tick: .milliseconds(10), stepIntervalMin: .zero, stepsPerMinuteMax: 60_000,
    stepsPerHourMax: .max, stepsPerDayMax: .max)
}

extension InterlockLevels {
  /// Levels that bind nothing in a check.
  public static let wide = InterlockLevels(
    open: true, stopsDecided: 0, stepsPerHourMax: .max, stepsPerDayMax: .max, leaseStepsMax: .max)
}

extension HardwareRig {
  /// Seals the interlock with limits, and opens it with levels, that bind nothing.
  public func sealWide() throws {
    try seal(.wide, epoch: now)
    try expect(drive.setLevels(.wide), "levels that bind nothing are refused")
  }
}

/// How often a complete tick toggles the heartbeat in these checks.
public let heartbeat = Nanoseconds.milliseconds(100)

/// What every backend must do with its lines.
public func lineCases(_ world: some LineWorld) -> [Case] {
  [
    Case("R-039 every line comes up low") {
      let rig = try world.open()
      for wire in Wire.allCases {
        try expect(world.level(of: wire, of: rig), is: false, "level of \(wire)")
      }
    },
    Case("R-039 a line changes alone, and keeps its level") {
      let rig = try world.open()
      for wire in [Wire.enable, .buzzer, .lamp] {
        try expect(rig.set(wire, true), "\(wire) could not be driven")
        for other in Wire.allCases {
          try expect(
            world.level(of: other, of: rig), is: other == wire, "\(other), with \(wire) high")
        }
        try expect(rig.set(wire, false), "\(wire) could not be driven")
      }
    },
    Case("R-038 no pulse is on the wire before the interlock is sealed, nor before it has levels") {
      let rig = try world.open()
      let before = try world.edges(of: .step, of: rig)
      try expect(rig.drive.step(), is: .shut, "a step before sealing")
      try rig.seal(.wide, epoch: rig.now)
      rig.drive.completeTick()
      try expect(rig.drive.step(), is: .shut, "a step before there are levels")
      try expect(world.edges(of: .step, of: rig) - before, is: .none, "edges")
    },
    Case("R-035 no pulse is on the wire before a tick has completed") {
      let rig = try world.open()
      let before = try world.edges(of: .step, of: rig)
      try rig.sealWide()
      try expect(rig.drive.step(), is: .lapsed, "a step before the first complete tick")
      try expect(world.edges(of: .step, of: rig) - before, is: .none, "edges")
    },
    Case("R-038 each step that is made is one complete pulse, and none is made without one") {
      let rig = try sealed(world)
      let before = try world.edges(of: .step, of: rig)
      for _ in 0..<50 { try expect(rig.drive.step(), is: .made, "a step") }
      let edges = try world.edges(of: .step, of: rig) - before
      try expect(edges, is: Edges(rising: 50, falling: 50), "edges of 50 steps")
      try expect(rig.drive.counts.steps, is: 50, "the interlock's own count")
      try expect(world.level(of: .step, of: rig), is: false, "the level after them")
      try expect(world.level(of: .direction, of: rig), is: false, "the direction")
    },
    Case("R-037 a stop that was asked for lets no pulse pass, and a decided one does again") {
      let rig = try sealed(world)
      var levels = InterlockLevels.wide
      levels.stopsDecided = rig.askStop()
      let before = try world.edges(of: .step, of: rig)
      try expect(rig.drive.step(), is: .shut, "a step while the stop is not decided")
      try expect(world.edges(of: .step, of: rig) - before, is: .none, "edges while shut")
      try expect(rig.drive.setLevels(levels), "levels that decide the stop are refused")
      try expect(rig.drive.step(), is: .made, "a step when open again")
    },
    Case("R-052 the heartbeat changes with complete ticks, once a period, and with nothing else") {
      let rig = try sealed(world)
      let before = try world.edges(of: .heartbeat, of: rig)
      for _ in 0..<20 {
        world.pass(.milliseconds(1), of: rig)
        _ = rig.drive.step()
      }
      world.pass(heartbeat, of: rig)
      try expect(
        world.edges(of: .heartbeat, of: rig) - before, is: .none, "edges without a tick")
      let begin = rig.now
      for _ in 0..<4 {
        world.pass(heartbeat, of: rig)
        rig.drive.completeTick()
      }
      let edges = try world.edges(of: .heartbeat, of: rig) - before
      try expect(edges, is: Edges(rising: 2, falling: 2), "edges in four periods")
      for _ in 0..<50 { rig.drive.completeTick() }
      let periods = Int((rig.now - begin).count / heartbeat.count)
      let more = try world.edges(of: .heartbeat, of: rig) - before
      let changes = more.rising + more.falling
      try expect(changes <= periods + 2, "\(changes) edges of 54 ticks in \(periods) periods")
    },
  ]
}

/// A rig on which steps are permitted.
private func sealed(_ world: some LineWorld) throws -> HardwareRig {
  let rig = try world.open()
  try rig.sealWide()
  rig.drive.completeTick()
  return rig
}

extension HardwareRig {
  /// Drives one of the wires that may be driven by themselves. False where that failed.
  public func set(_ wire: Wire, _ level: Bool) -> Bool {
    switch wire {
    case .enable: drive.setEnabled(level)
    case .buzzer: annunciator.setBuzzer(level)
    case .lamp: annunciator.setLamp(level)
    case .step, .direction, .heartbeat: preconditionFailure("\(wire) is not driven by itself")
    }
  }
}
