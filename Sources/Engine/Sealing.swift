public import DosingCore
public import Hardware
public import Quantities

extension HardwareRig {
  /// Tells the interlock what was delivered in the last 24 h, before it is sealed.
  ///
  /// - Parameter early: how long before the state's tick this is; the deliveries count as so much
  ///   younger.
  public func load(_ core: borrowing DosingState, early: Nanoseconds) throws(HardwareError) {
    var failure: HardwareError?
    let period = core.rig.tick.count
    core.forEachPastDelivery { steps, age in
      let age = Nanoseconds(age.count * period)
      // What is a minute old stays so: it is out of the interlock's window of a minute.
      let least = age >= Limits.hourBucket ? Limits.hourBucket : .zero
      do throws(HardwareError) {
        try load(steps: steps, age: max(least, age - early))
      } catch {
        failure = error
      }
    }
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
