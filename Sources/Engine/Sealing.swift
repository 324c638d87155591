public import DosingCore
public import Hardware
public import Quantities

extension HardwareRig {
  /// Tells the interlock what was delivered in the last 24 h, before it is sealed.
  public func load(_ core: borrowing DosingState) throws(HardwareError) {
    var failure: HardwareError?
    func tell(_ window: Window, _ bucket: Int64, _ steps: Int64) {
      do throws(HardwareError) {
        try load(window, bucket: bucket, steps: steps)
      } catch {
        failure = error
      }
    }
    core.forEachPastBucket(ofHour: { tell(.hour, $0, $1) }, ofDay: { tell(.day, $0, $1) })
    if let failure { throw failure }
  }

  /// Seals the interlock with what the rig file allows. `epoch` is the time of tick 0.
  public func seal(for rig: Rig, epoch: Nanoseconds) throws(HardwareError) {
    let limits = InterlockLimits(
      tick: rig.tick, stepIntervalMin: rig.stepIntervalMin,
      stepsPerMinuteMax: rig.stepsPerMinuteMax, stepsPerHourMax: rig.steps(in: rig.maxVolume1h),
      stepsPerDayMax: rig.steps(in: rig.maxVolume24h))
    try seal(limits, epoch: epoch)
  }
}
