internal import Quantities

extension Status: FrameBody {
  public mutating func layout(_ coder: inout some FrameCoder) {
    coder.field("serial", &serial)
    coder.field("simulated", &simulated)
    coder.field("mode", &mode)
    coder.field("now", &now.number, unit: "tick")
    coder.field("tick_period", &tickPeriod)
    layoutClock(&coder)
    coder.field("patient", &patient)
    coder.field("drug", &drug)
    coder.field("concentration", &concentration)
    coder.begin("health", .plain)
    health.layout(&coder)
    coder.end()
    layoutDelivery(&coder)
    layoutLimits(&coder)
    layoutFaults(&coder)
    optional("silent_until", &silentUntil, else: Tick(0), &coder) { tick, coder in
      coder.field("tick", &tick.number, unit: "tick")
    }
    coder.field("durable_commit", &durableCommit)
    coder.begin("challenge", .plain)
    challenge.layout(&coder)
    coder.end()
    coder.field("newest_number", magnitude: &newestNumber)
    coder.field("frames_refused", magnitude: &framesRefused)
    sensors.layout(&coder)
  }

  private mutating func layoutClock(_ coder: inout some FrameCoder) {
    coder.field("clock", &clock)
    coder.field("utc_offset", utcOffset: &utcOffset)
    coder.field("clock_source", &clockSource)
    var behind = clockBehind?.count
    optional("clock_behind", &behind, else: 0, &coder) { count, coder in
      coder.field("time", &count, unit: "ns")
    }
    clockBehind = behind.map { Nanoseconds($0) }
    coder.field("utc", &utc, unit: "ns since 1970")
  }

  /// How many are on, and each by its code, in ascending order.
  private mutating func layoutFaults(_ coder: inout some FrameCoder) {
    var read = PerFault<ShownFault>(repeating: ShownFault())
    var (count, last) = (0, -1)
    for index in faults.indices where faults[index].priority > 0 { count += 1 }
    coder.begin("faults", .list(countBytes: 1, atMost: FaultCode.count))
    defer { coder.end() }
    coder.field(count: &count, atMost: FaultCode.count)
    for _ in 0..<count {
      var code = UInt8(truncatingIfNeeded: firstFault(after: last))
      var fault = Int(code) < FaultCode.count ? faults[Int(code)] : ShownFault()
      coder.field("code", raw: &code, like: FaultCode.stopped)
      coder.field("priority", raw: &fault.priority, like: AlarmPriority.high)
      coder.field("raised", magnitude: &fault.raised.number, unit: "tick")
      coder.field("acknowledged", &fault.isAcknowledged)
      guard Int(code) > last, Int(code) < FaultCode.count, (1...3).contains(fault.priority) else {
        return coder.fail()
      }
      last = Int(code)
      read[last] = fault
    }
    faults = read
  }

  private func firstFault(after last: Int) -> Int {
    var index = last + 1
    while index < FaultCode.count, faults[index].priority == 0 { index += 1 }
    return index
  }

  private mutating func layoutDelivery(_ coder: inout some FrameCoder) {
    coder.field("basal_rate", &basalRate)
    coder.field("extra_rate", &extraRate)
    coder.field("flow", &flow)
    optional("next_change", &nextChange, else: ScheduledChange(at: Tick(0), rate: .zero), &coder) {
      change, coder in
      coder.field("at", &change.at.number, unit: "tick")
      coder.field("rate", &change.rate)
    }
    coder.field("steps", &steps, unit: "steps")
    coder.field("steps_in_doubt", &stepsInDoubt, unit: "steps")
    coder.field("mass_in_doubt", &massInDoubt)
    coder.field("hour_steps", magnitude: &hourSteps, unit: "steps")
    coder.field("day_steps", magnitude: &daySteps, unit: "steps")
    coder.field("delivered_volume", &deliveredVolume)
    coder.field("delivered_mass", &deliveredMass)
    coder.field("prescribed_mass", &prescribedMass)
    for index in 0..<Account.Deficit.count { coder.field("deficits", &deficits[index]) }
    coder.field("delivered_today", &deliveredToday)
    coder.field("prescribed_today", &prescribedToday)
    coder.field("reservoir", &reservoir)
    coder.field("reservoir_low", &reservoirLow)
    coder.field("reservoir_empty", &reservoirEmpty)
    coder.field("reservoir_volume", &reservoirVolume)
    coder.begin("forecast", .plain)
    forecast.layout(&coder)
    coder.end()
    coder.begin("line", .plain)
    line.layout(&coder)
    coder.end()
    layoutRefill(&coder)
  }

  /// A flag, and a refill where there is anything to tell of one.
  private mutating func layoutRefill(_ coder: inout some FrameCoder) {
    coder.begin("refill", .ifPresent)
    var isTold = refill != ShownRefill()
    coder.field(&isTold)
    if isTold { refill.layout(&coder) }
    coder.end()
    // One value has one layout.
    if isTold != (refill != ShownRefill()) { coder.fail() }
  }

  private mutating func layoutLimits(_ coder: inout some FrameCoder) {
    coder.field("used_hour", &usedHour)
    coder.field("limit_hour", &limitHour)
    coder.field("used_day", &usedDay)
    coder.field("limit_day", &limitDay)
    coder.field("rig_limit_hour", &rigLimitHour)
    coder.field("rig_limit_day", &rigLimitDay)
    let none = RunningExtraDose(kind: .bolus, dose: .zero, left: .zero, end: Tick(0))
    optional("extra_dose", &extraDose, else: none, &coder) { dose, coder in
      coder.field("kind", &dose.kind)
      coder.field("dose", &dose.dose)
      coder.field("left", &dose.left)
      coder.field("end", &dose.end.number, unit: "tick")
    }
    let over = ShownEndedDose(kind: .bolus, dose: .zero, cancelled: .zero, end: Tick(0))
    optional("last_dose", &lastDose, else: over, &coder) { dose, coder in
      coder.field("kind", &dose.kind)
      coder.field("dose", &dose.dose)
      coder.field("cancelled", &dose.cancelled)
      coder.field("end", &dose.end.number, unit: "tick")
    }
    let nothing = PatientBolusState(dose: .zero, allowedAt: Tick(0), givenIn24h: 0, maxIn24h: 0)
    optional("patient_bolus", &patientBolus, else: nothing, &coder) { bolus, coder in
      coder.field("dose", &bolus.dose)
      coder.field("allowed_at", &bolus.allowedAt.number, unit: "tick")
      coder.field("given_in_24h", &bolus.givenIn24h)
      coder.field("max_in_24h", &bolus.maxIn24h)
    }
  }
}

/// A value that may be absent: a flag, then the fields of the value or of `blank`. Other fields of what
/// is absent are an error, so that one value has one layout.
func optional<Value: Equatable, Coder: FrameCoder>(
  _ name: StaticString, _ value: inout Value?, else blank: Value, _ coder: inout Coder,
  fields: (inout Value, inout Coder) -> Void
) {
  coder.begin(name, .orZeros)
  var isThere = value != nil
  coder.field(&isThere)
  var fieldsOf = value ?? blank
  fields(&fieldsOf, &coder)
  coder.end()
  if !isThere && fieldsOf != blank { coder.fail() }
  value = isThere ? fieldsOf : nil
}

extension SensorReadings {
  /// Visits every field, to write it down or to read it.
  public mutating func layout(_ coder: inout some FrameCoder) {
    encoder.layout(&coder, "encoder", unit: "counts")
    loadCell.layout(&coder, "load_cell", unit: "mg")
    pressure.layout(&coder, "pressure", unit: "Pa")
  }
}

extension SensorReading {
  fileprivate mutating func layout(
    _ coder: inout some FrameCoder, _ name: StaticString, unit: StaticString
  ) {
    coder.begin(name, .plain)
    coder.field("state", &state)
    coder.field("value", &value, unit: unit)
    coder.end()
  }
}

extension TickHealth {
  fileprivate mutating func layout(_ coder: inout some FrameCoder) {
    coder.field("ticks", &ticks, unit: "ticks")
    coder.field("missed", &missed, unit: "ticks")
    coder.field("lateness_median", &latenessMedian)
    coder.field("lateness_99", &lateness99)
    coder.field("lateness_max", &latenessMax)
    coder.field("interlock_steps", &interlockSteps, unit: "steps")
    coder.field("interlock_refusals", &interlockRefusals)
    coder.field("interlock_lapses", &interlockLapses)
    coder.field("interlock_hour_steps", &interlockHourSteps, unit: "steps")
    coder.field("interlock_day_steps", &interlockDaySteps, unit: "steps")
    coder.field("real_time_priority", &realTimePriority)
    coder.field("memory_locked", &memoryLocked)
  }
}
