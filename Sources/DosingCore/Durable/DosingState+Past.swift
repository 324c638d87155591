extension DosingState {
  /// The confirmed steps of the last hour and of the last day, by the number of their bucket since tick 0,
  /// oldest first: what the interlock is told before it is sealed. What is in doubt, and what a person
  /// said, binds extra doses alone, and they are the core's.
  public func forEachPastBucket(
    ofHour: (_ number: Int64, _ steps: Int64) -> Void,
    ofDay: (_ number: Int64, _ steps: Int64) -> Void
  ) {
    ledger.hour.forEachBucketWithSteps(ofHour)
    ledger.day.forEachBucketWithSteps(ofDay)
  }
}
