internal import Quantities

extension Status: FrameBody {
  public mutating func layout(_ coder: inout some FrameCoder) {
    coder.field(&serial)
    coder.field(&simulated)
    coder.field(&mode)
    coder.field(&now.number)
    coder.field(&tickPeriod)
    coder.field(&clock)
    coder.field(&patient)
    coder.field(&drug)
    coder.field(&concentration)
    health.layout(&coder)
    layoutDelivery(&coder)
    layoutLimits(&coder)
    layoutFaults(&coder)
    coder.field(&durableCommit)
    challenge.layout(&coder)
    coder.field(magnitude: &newestNumber)
    coder.field(magnitude: &framesRefused)
    sensors.layout(&coder)
  }

  /// How many are on, and each by its code, in ascending order.
  private mutating func layoutFaults(_ coder: inout some FrameCoder) {
    var read = InlineArray<23, ShownFault>(repeating: ShownFault())
    var (count, last) = (0, -1)
    for index in faults.indices where faults[index].priority > 0 { count += 1 }
    coder.field(count: &count, atMost: FaultCode.count)
    for _ in 0..<count {
      var code = UInt8(truncatingIfNeeded: firstFault(after: last))
      var fault = Int(code) < FaultCode.count ? faults[Int(code)] : ShownFault()
      coder.field(&code)
      coder.field(&fault.priority)
      coder.field(magnitude: &fault.raised.number)
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
    coder.field(&basalRate)
    coder.field(&extraRate)
    coder.field(&flow)
    optional(&nextChange, else: ScheduledChange(at: Tick(0), rate: .zero), &coder) {
      change, coder in
      coder.field(&change.at.number)
      coder.field(&change.rate)
    }
    coder.field(&steps)
    coder.field(&stepsInDoubt)
    coder.field(&massInDoubt)
    coder.field(magnitude: &hourSteps)
    coder.field(magnitude: &daySteps)
    coder.field(&deliveredVolume)
    coder.field(&deliveredMass)
    coder.field(&prescribedMass)
    for index in 0..<Account.Deficit.count { coder.field(&deficits[index]) }
    coder.field(&deliveredToday)
    coder.field(&prescribedToday)
    coder.field(&reservoir)
    coder.field(&reservoirLow)
    coder.field(&reservoirEmpty)
    coder.field(&reservoirVolume)
  }

  private mutating func layoutLimits(_ coder: inout some FrameCoder) {
    coder.field(&usedHour)
    coder.field(&limitHour)
    coder.field(&usedDay)
    coder.field(&limitDay)
    let none = RunningExtraDose(kind: .bolus, dose: .zero, left: .zero, end: Tick(0))
    optional(&extraDose, else: none, &coder) { dose, coder in
      coder.field(&dose.kind)
      coder.field(&dose.dose)
      coder.field(&dose.left)
      coder.field(&dose.end.number)
    }
    let nothing = PatientBolusState(dose: .zero, allowedAt: Tick(0), givenIn24h: 0, maxIn24h: 0)
    optional(&patientBolus, else: nothing, &coder) { bolus, coder in
      coder.field(&bolus.dose)
      coder.field(&bolus.allowedAt.number)
      coder.field(&bolus.givenIn24h)
      coder.field(&bolus.maxIn24h)
    }
  }
}

/// A value that may be absent: a flag, then the fields of the value or of `blank`. Other fields of what
/// is absent are an error, so that one value has one layout.
func optional<Value: Equatable, Coder: FrameCoder>(
  _ value: inout Value?, else blank: Value, _ coder: inout Coder,
  fields: (inout Value, inout Coder) -> Void
) {
  var isThere = value != nil
  coder.field(&isThere)
  var fieldsOf = value ?? blank
  fields(&fieldsOf, &coder)
  if !isThere && fieldsOf != blank { coder.fail() }
  value = isThere ? fieldsOf : nil
}

extension SensorReadings {
  /// Visits every field, to write it down or to read it.
  public mutating func layout(_ coder: inout some FrameCoder) {
    encoder.layout(&coder)
    loadCell.layout(&coder)
    pressure.layout(&coder)
  }
}

extension SensorReading {
  fileprivate mutating func layout(_ coder: inout some FrameCoder) {
    coder.field(&state)
    coder.field(&value)
  }
}

extension TickHealth {
  fileprivate mutating func layout(_ coder: inout some FrameCoder) {
    coder.field(&ticks)
    coder.field(&missed)
    coder.field(&latenessMedian)
    coder.field(&lateness99)
    coder.field(&latenessMax)
    coder.field(&interlockSteps)
    coder.field(&interlockRefusals)
    coder.field(&interlockLapses)
    coder.field(&interlockHourSteps)
    coder.field(&interlockDaySteps)
    coder.field(&realTimePriority)
    coder.field(&memoryLocked)
  }
}
