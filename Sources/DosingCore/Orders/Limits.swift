public import Quantities

/// Every bound that does not come from a rig or a prescription, with its unit and its reason.
public enum Limits {
  /// The engine's tick. Faster than 1 ms the sleep costs more than the work; slower than 100 ms the
  /// interlock's lapse of 3 ticks would leave a dead engine unnoticed too long.
  public static let tickMin = Nanoseconds(1_000_000)
  public static let tickMax = Nanoseconds(100_000_000)

  /// A tick divides this length, so that the edges of flex steps and of window buckets are ticks.
  public static let tickDivides = Nanoseconds.minutes(1)

  /// The concentrations on the market are 50 to 2000 ug/mL; what lies far outside is a slip of unit.
  public static let concentrationMin = Concentration(nanogramsPerMillilitre: 10_000)
  public static let concentrationMax = Concentration(nanogramsPerMillilitre: 4_000_000)

  /// Thirteen in the pumps on the market; 24 allows a step an hour.
  public static let stepsPerDayMax = 24
  public static let patternsMax = 7

  /// A smaller bolus could not be told from the fraction of a step that is always pending.
  public static let bolusStepsMin: Int64 = 10
  public static let bolusDurationMin = Nanoseconds.minutes(1)
  public static let bolusDurationMax = Nanoseconds.hours(24)

  /// The longest lockout for which a bolus a day is possible.
  public static let lockoutMin = Nanoseconds.minutes(1)
  public static let lockoutMax = Nanoseconds.hours(24)

  /// How many starts of patient boluses are remembered to judge `max_in_24h`.
  public static let patientBolusesIn24hMax = 48

  /// Rolling windows: buckets, the current one included, and the length of each. The window that is
  /// judged is therefore up to one bucket longer than its name, never shorter.
  public static let hourBuckets = 61
  public static let hourBucket = Nanoseconds.minutes(1)
  public static let dayBuckets = 97
  public static let dayBucket = Nanoseconds.minutes(15)

  /// The largest reservoir, and the volume that any dose has to fit into; what lies beyond is a slip of
  /// unit.
  public static let volumeMax = Volume(picolitres: 10_000_000_000_000)

  /// A line of fewer steps is less than the pump can place a drug in; one that holds more is a slip of unit.
  public static let lineStepsMin: Int64 = 20
  public static let lineVolumeMax = Volume(picolitres: 10_000_000_000)

  /// A head, or the volume of a line, that may be off by more than half is not known at all. In thousandths.
  public static let errorPermilleMax: Int64 = 500

  /// The fastest flow that a head may be rated for, 1 L/d. A hundred years of it, at the highest
  /// concentration and with the finest unit of account, stay below 2^127.
  public static let flowMax = FlowRate(picolitresPerDay: 1_000_000_000_000)

  /// A lease covers what this much basal may need, and lasts at least so long whatever runs; else it
  /// has at least so many steps, and where that allows it no more than so many.
  public static let leaseBasal = Nanoseconds.seconds(60)
  public static let leaseTimeMin = Nanoseconds.seconds(5)
  public static let leaseStepsMin: Int64 = 2
  public static let leaseStepsMax: Int64 = 32

  /// A request that is not durable after this long is taken back: delivery waits for it meanwhile.
  public static let requestDurableWithin = Nanoseconds.seconds(2)

  /// A lease that is not durable after this long is a failed storage.
  public static let storageFailsAfter = Nanoseconds.seconds(10)

  /// What storage that is slower than the lease may cost in any hour, and what late ticks may, as time of basal: 1 %.
  public static let slowLoss = Nanoseconds.seconds(36)

  /// A drive or a line that fails for this long is an alarm, and so is one that costs more than this
  /// much basal in any hour, 2 %.
  public static let driveFailsAfter = Nanoseconds.seconds(10)
  public static let driveLoss = Nanoseconds.seconds(72)

  /// What a sensor said is believed for so long; and one of which nothing is believed for so long is lost.
  public static let sensorAge = Nanoseconds.seconds(1)
  public static let sensorLost = Nanoseconds.seconds(10)

  /// Without an encoder nobody knows whether anything is given: a high alarm after this long.
  public static let blindEscalation = Nanoseconds.minutes(60)
  /// A line that is blocked is a high alarm when the second attempt would be made: after 1 and 2 minutes.
  public static let occlusionEscalation = Nanoseconds.minutes(3)

  /// The interlock dates a step by its own clock, so that at either end of a window a step may count
  /// there and not here. Counts that differ by more are two accounts that disagree.
  public static let interlockDifferenceMax: Int64 = 2

  /// How long a refusal of the interlock, or doubt about the account, holds if nobody acknowledges it.
  public static let episode = Nanoseconds.hours(24)

  /// What is durable is never older than this while the engine runs.
  public static let commitEvery = Nanoseconds.minutes(10)

  /// More unplanned restarts than this in that time are one too many.
  public static let restartsMax = 3
  public static let restartsWithin = Nanoseconds.minutes(10)

  /// After this long without delivery tolerance may be lost.
  public static let longInterruption = Nanoseconds.hours(24)

  /// The therapy clock may be so far from the UTC that somebody vouches for, until that is told.
  public static let clockDifference = Nanoseconds.minutes(1)

  /// What comes out of a reservoir may be off what was expected by so much until that is told, see
  /// reference/domain.md section 1.1; and so much a syringe is read wrong by.
  public static let refillDifference = Volume(picolitres: 2_000_000_000)
  public static let volumeReading = Volume(picolitres: 100_000_000)

  /// The most that a load cell may be off or wander in a day, in milligrams: a cell that is worse says nothing
  /// of a reservoir.
  public static let weighingErrorMax: Int64 = 100_000

  /// A pressure at which a line counts as blocked, and the rise: less is the noise of a sensor; more, no tubing
  /// holds.
  public static let occlusionMin = Pressure(pascals: 1_000)
  public static let occlusionMax = Pressure(pascals: 1_000_000)
  public static let occlusionRiseMin = Pressure(pascals: 500)
  /// The most that a sensor of weight says, either way, in milligrams: a tonne.
  static let weightMax: Int64 = 1_000_000_000
  /// What a weight says has to hold for so long: whoever works at the bench leans on it.
  public static let weightLasts = Nanoseconds.minutes(10)

  /// So long after it was told that it was filled, the reservoir weighs what is in it.
  public static let refillSettles = Nanoseconds.minutes(1)

  /// A refill of which nothing was told for so long is no refill, or leaves the reservoir unknown.
  public static let refillTime = Nanoseconds.minutes(30)

  /// A medium alarm that nobody acknowledges becomes a high one after this long.
  public static let unseenEscalation = Nanoseconds.minutes(30)
  /// A stop by command becomes a high alarm after this long: withdrawal starts within hours.
  public static let stopEscalation = Nanoseconds.minutes(60)
}
