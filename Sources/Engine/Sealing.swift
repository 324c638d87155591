public import DosingCore
public import Hardware
public import Quantities

extension HardwareRig {
  /// Seals the interlock with what the rig file allows. `epoch` is the time of tick 0.
  public func seal(for rig: Rig, epoch: Nanoseconds) throws(HardwareError) {
    let limits = InterlockLimits(
      tick: rig.tick, stepIntervalMin: rig.stepIntervalMin,
      stepsPerMinuteMax: rig.stepsPerMinuteMax, stepsPerHourMax: rig.steps(in: rig.maxVolume1h),
      stepsPerDayMax: rig.steps(in: rig.maxVolume24h))
    try seal(limits, epoch: epoch)
  }
}
