internal import Quantities

// What the sensors say of what was told, and what follows from a shaft that does not do it.

extension DosingState {
  /// Takes what the sensors said.
  mutating func take(_ samples: SensorReadings) {
    silence.take(samples, at: now)
    takeWeight(samples.loadCell)
    takeShaft(samples.encoder)
    takePressure(samples.pressure)
  }

  private mutating func takeShaft(_ encoder: SensorReading) {
    let verdict = shaft.take(
      encoder.state == .good ? encoder.value : nil, after: ledger.account.steps, at: now,
      young: steps(in: Limits.sensorAge), rig)
    switch verdict {
    case nil: break
    // One that was not believed for a moment has begun anew, and does not know that it stood.
    case .goes: endAttempts()
    case .goesAgain(let unmade):
      doubtMade(unmade)
      endAttempts()
    case .stands(let unmade):
      doubtMade(unmade)
      raise(.wasStalled)
      if attempts == nil { attempts = Attempts(at: now, rig) }
      endPrime()
    case .slips(let unmade):
      doubtMade(unmade)
      raise(.shaftSlips)
    case .disobeys:
      raise(.driveDisobeys)
      raise(.hardStop)
    }
  }

  private mutating func takePressure(_ sensor: SensorReading) {
    guard let limits = rig.occlusion else { return }
    let isBlocked = pressure.take(
      sensor.state == .good ? sensor.value : nil, at: now, stepsPerHour: steps(in: .hours(1)),
      isBlocked: unblocking != nil, limits, rig)
    guard isBlocked else { return }
    unblocking?.fail(at: now, rig)
    if unblocking == nil { unblocking = Attempts(at: now, rig) }
    raise(.wasOccluded)
    endPrime()
  }

  /// How many steps may come in a time, by the pace of now.
  private mutating func steps(in time: Nanoseconds) -> Int64 {
    if prime != nil { return rig.primeSteps(in: time) }
    let (basal, extra) = unitsPerTick
    return Int64(clamping: (basal + extra) * Int128(rig.ticks(time)) / ledger.account.perStep)
  }

  private mutating func doubtMade(_ steps: Int64) {
    ledger.doubtMade(steps)
    weight.stay(steps)
    if lease.isOn { happened.wantsCommit = true }
  }

  private mutating func endAttempts() {
    guard attempts != nil else { return }
    attempts = nil
    // It was told as what it was.
    ledger.forgetDriveLoss()
  }

  mutating func watchShaft() {
    // Nobody sees any more whether it turns: what is ordered is tried.
    if board.on[.encoderLost] { endAttempts() }
    attempts?.pass(to: now, after: ledger.account.steps, rig)
    set(.stalled, on: attempts != nil, attempts?.isUrgent == true ? .high : nil)
  }

  /// It is open again where an attempt has come to its end and raised no pressure.
  mutating func watchPressure() {
    // Nobody sees any more whether it is blocked: what is ordered is tried.
    if board.on[.pressureLost] { endUnblocking() }
    let (steps, mayBegin) = (ledger.account.steps, pressure.hasFallen)
    if unblocking?.pass(to: now, after: steps, mayBegin: mayBegin, rig) == true, mayBegin {
      endUnblocking()
    }
    set(.occluded, on: unblocking != nil)
  }

  private mutating func endUnblocking() {
    guard unblocking != nil else { return }
    unblocking = nil
    // It was told as what it was.
    ledger.forgetDriveLoss()
  }

  mutating func watchSensors() {
    let lost = silence.lasts(TickCount(rig.ticks(Limits.sensorLost)), at: now)
    set(.encoderLost, on: lost.encoder)
    set(.loadCellLost, on: lost.loadCell)
    set(.pressureLost, on: lost.pressure || pressure.isStuck)
  }

  mutating func sensorAttention() -> Tick {
    min(
      min(
        attempts?.attention() ?? .never,
        unblocking?.attention(mayBegin: pressure.hasFallen) ?? .never),
      silence.attention(TickCount(rig.ticks(Limits.sensorLost)), known: board.on))
  }
}
