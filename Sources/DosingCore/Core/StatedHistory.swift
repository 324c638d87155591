internal import Quantities

/// What a person said was given before a pump began, so that he can correct it.
struct StatedHistory: BitwiseCopyable {
  /// The buckets in which it is dated: those of the moment at which it was said first.
  var hourBucket: Int64
  var dayBucket: Int64
  var hourSteps: Int64
  var daySteps: Int64

  mutating func layout(_ coder: inout some FrameCoder) {
    coder.field(magnitude: &hourBucket)
    coder.field(magnitude: &dayBucket)
    coder.field(magnitude: &hourSteps)
    coder.field(magnitude: &daySteps)
  }
}

extension DosingState {
  /// The most that can have left the pump in a day: what the rig lets pass, and what a reservoir holds.
  mutating func refusesHistory(day: Volume, hour: Volume) -> Refusal? {
    guard board.on[.noHistory] || stated != nil else { return Refusal(.hasHistory) }
    let mostOfDay = min(rig.maxVolume24h, rig.reservoir.volume)
    if day > mostOfDay {
      return Refusal(
        .deliveredOutOfRange, limit: mostOfDay.picolitres, value: day.picolitres)
    }
    let mostOfHour = min(rig.maxVolume1h, day)
    if hour > mostOfHour {
      return Refusal(
        .deliveredOutOfRange, limit: mostOfHour.picolitres, value: hour.picolitres)
    }
    return nil
  }

  /// Whoever says what was given is believed. It counts as given now, and against extra doses alone: what
  /// somebody remembers is no reason to withhold basal.
  mutating func state(day: Volume, hour: Volume) {
    var said =
      stated
      ?? StatedHistory(
        hourBucket: ledger.hour.currentNumber, dayBucket: ledger.day.currentNumber, hourSteps: 0,
        daySteps: 0)
    let (hourSteps, daySteps) = (rig.stepsUp(in: hour), rig.stepsUp(in: day))
    ledger.hour.count(doubts: hourSteps - said.hourSteps, inBucket: said.hourBucket)
    ledger.day.count(doubts: daySteps - said.daySteps, inBucket: said.dayBucket)
    (said.hourSteps, said.daySteps) = (hourSteps, daySteps)
    stated = said
    end(.noHistory)
  }
}

extension Rig {
  /// As many steps as hold a volume.
  fileprivate func stepsUp(in volume: Volume) -> Int64 {
    steps(in: volume) + (volume > self.volume(ofSteps: steps(in: volume)) ? 1 : 0)
  }
}
