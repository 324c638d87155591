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
        rig.set(wire, true)
        for other in Wire.allCases {
          try expect(
            world.level(of: other, of: rig), is: other == wire, "\(other), with \(wire) high")
        }
        rig.set(wire, false)
      }
    },
    Case("R-038 no pulse is on the wire before the interlock is sealed, nor before a tick") {
      let rig = try world.open()
      let before = try world.edges(of: .step, of: rig)
      try expect(rig.drive.step(), is: .notYet, "a step before sealing")
      try rig.seal(.wide, epoch: rig.now)
      try expect(rig.drive.step(), is: .notYet, "a step before the first complete tick")
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
    Case("R-037 a shut interlock lets no pulse pass, and an open one does again") {
      let rig = try sealed(world)
      rig.shutInterlock()
      let before = try world.edges(of: .step, of: rig)
      try expect(rig.drive.step(), is: .notYet, "a step while shut")
      try expect(world.edges(of: .step, of: rig) - before, is: .none, "edges while shut")
      rig.drive.reopenInterlock()
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
  try rig.seal(.wide, epoch: rig.now)
  rig.drive.completeTick()
  return rig
}

extension HardwareRig {
  /// Drives one of the wires that may be driven by themselves.
  public func set(_ wire: Wire, _ level: Bool) {
    switch wire {
    case .enable: drive.setEnabled(level)
    case .buzzer: annunciator.set(buzzer: level, lamp: false)
    case .lamp: annunciator.set(buzzer: false, lamp: level)
    case .step, .direction, .heartbeat: preconditionFailure("\(wire) is not driven by itself")
    }
  }
}
