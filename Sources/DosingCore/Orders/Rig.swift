public import Quantities

/// The pump head: what a motor step moves, and how fast it may.
public struct PumpHead: Sendable, BitwiseCopyable {
  public var volumePerRevolution: Volume
  /// Motor steps in one revolution: full steps x microsteps.
  public var stepsPerRevolution: Int64
  /// The slowest and the fastest total flow for which the head is verified.
  public var minRate: FlowRate
  public var maxRate: FlowRate
  /// The flow of basal mode `minimum`: keeps the line open, treats nobody.
  public var keepOpenRate: FlowRate
  /// How far what it gives may be off, either way, over a refill, in thousandths.
  public var accuracyPermille: Int64

  public init(
    volumePerRevolution: Volume, stepsPerRevolution: Int64, minRate: FlowRate, maxRate: FlowRate,
    keepOpenRate: FlowRate, accuracyPermille: Int64 = 50
  ) {
    self.volumePerRevolution = volumePerRevolution
    self.stepsPerRevolution = stepsPerRevolution
    self.minRate = minRate
    self.maxRate = maxRate
    self.keepOpenRate = keepOpenRate
    self.accuracyPermille = accuracyPermille
  }
}

public struct Reservoir: Sendable, BitwiseCopyable {
  /// What a full reservoir holds.
  public var volume: Volume
  /// At or below this: no extra doses, medium alarm.
  public var low: Volume
  /// At or below this: no delivery, high alarm. More than zero, so that no air enters the line.
  public var empty: Volume
  /// What stays behind at the least when it is aspirated, and mixes with what is filled then.
  public var residue: Volume

  public init(
    volume: Volume, low: Volume, empty: Volume, residue: Volume = Volume(picolitres: 500_000_000)
  ) {
    self.volume = volume
    self.low = low
    self.empty = empty
    self.residue = residue
  }
}

/// The dosing part of a rig: everything about it that decides a dose.
public struct Rig: Sendable, BitwiseCopyable {
  public var tick: Nanoseconds
  public var pump: PumpHead
  public var reservoir: Reservoir
  public var line: RigLine
  /// The most that may leave the head in any hour and in any 24 h. Sealed into the interlock.
  public var maxVolume1h: Volume
  public var maxVolume24h: Volume
  /// The most that a prime may give at the tip if all that it moves mixes.
  public var maxPrimeDose: Mass
  /// The load cell under the reservoir; nil for none.
  public var weighing: Weighing?
  /// The sensor of the pressure in the line; nil for none.
  public var occlusion: OcclusionLimits?

  /// - Parameters:
  ///   - maxVolume1h: nil for what `maxRate` can deliver in an hour, a bucket and two steps.
  ///   - maxVolume24h: nil for the same of a day.
  public init(
    tick: Nanoseconds, pump: PumpHead, reservoir: Reservoir, line: RigLine = .usual,
    maxVolume1h: Volume?, maxVolume24h: Volume?,
    maxPrimeDose: Mass = Mass(nanograms: 600_000), weighing: Weighing? = nil,
    occlusion: OcclusionLimits? = nil
  ) {
    self.tick = tick
    self.pump = pump
    self.reservoir = reservoir
    self.line = line
    self.maxPrimeDose = maxPrimeDose
    self.weighing = weighing
    self.occlusion = occlusion
    self.maxVolume1h =
      maxVolume1h ?? pump.mostVolume(in: .hours(1) + Limits.hourBucket)
    self.maxVolume24h =
      maxVolume24h ?? pump.mostVolume(in: .hours(24) + Limits.dayBucket)
  }

  /// The flow of a prime and of a purge.
  public var primeRate: FlowRate { line.primeRate ?? pump.maxRate }

  /// How many whole steps fit into `volume`.
  public func steps(in volume: Volume) -> Int64 {
    scaled(
      volume.picolitres, by: pump.stepsPerRevolution, over: pump.volumePerRevolution.picolitres,
      rounded: .down) ?? Int64.max
  }

  /// The volume of `steps`, rounded down to a picolitre.
  public func volume(ofSteps steps: Int64) -> Volume {
    Volume(
      picolitres: scaled(
        steps, by: pump.volumePerRevolution.picolitres, over: pump.stepsPerRevolution,
        rounded: .down) ?? Int64.max)
  }

  /// What the interlock is sealed with: the least time between two steps that a legal rate needs,
  /// with one tick of lateness given away.
  public var stepIntervalMin: Nanoseconds {
    // A step lasts V / (N x rate) days at the highest rate.
    let ticks = scaled(
      pump.volumePerRevolution.picolitres, by: Nanoseconds.days(1).count / tick.count,
      over: pump.maxRate.picolitresPerDay * pump.stepsPerRevolution, rounded: .down)
    return Nanoseconds(max(0, (ticks ?? 1) - 1) * tick.count)
  }

  /// The most steps in any minute: those of the highest rate, one for the edge on each side.
  public var stepsPerMinuteMax: Int64 {
    let steps = scaled(
      pump.maxRate.picolitresPerDay, by: pump.stepsPerRevolution,
      over: pump.volumePerRevolution.picolitres * 24 * 60, rounded: .up)
    return (steps ?? Int64.max - 2) + 2
  }
}

extension PumpHead {
  /// What the highest rate delivers in `time`, a step that may be pending, and the part of a step
  /// that is lost where the limit is counted in whole steps.
  fileprivate func mostVolume(in time: Nanoseconds) -> Volume {
    let flow = scaled(
      maxRate.picolitresPerDay, by: time.count, over: Nanoseconds.days(1).count, rounded: .up)
    let step = scaled(
      volumePerRevolution.picolitres, by: 1, over: max(1, stepsPerRevolution), rounded: .up)
    // A rig beyond all reason gets a limit beyond all reason here; its check refuses it.
    let most = Int64.max / 4
    return Volume(picolitres: min(flow ?? most, most) + 2 * min(step ?? most, most))
  }
}
