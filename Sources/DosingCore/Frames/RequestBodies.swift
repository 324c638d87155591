public import Quantities

/// Body of `FrameKind.bolus`: dose in ng, duration in ns.
public struct BolusBody: FrameBody, Sendable {
  public var dose: Mass
  public var duration: Nanoseconds

  public init(dose: Mass = .zero, duration: Nanoseconds = .zero) {
    self.dose = dose
    self.duration = duration
  }

  public mutating func layout(_ coder: inout some FrameCoder) {
    coder.field("dose", &dose)
    coder.field("duration", &duration)
  }
}

/// What is said of a pump without history: what was given in the last 24 h, and in the last hour of them, in pL.
public struct NewBody: FrameBody, Sendable {
  public var deliveredIn24h: Volume
  public var deliveredIn1h: Volume

  public init(deliveredIn24h: Volume = .zero, deliveredIn1h: Volume = .zero) {
    self.deliveredIn24h = deliveredIn24h
    self.deliveredIn1h = deliveredIn1h
  }

  public mutating func layout(_ coder: inout some FrameCoder) {
    coder.field("delivered_in_24h", &deliveredIn24h)
    coder.field("delivered_in_1h", &deliveredIn1h)
  }
}

extension NewBody {
  /// Reads the body of a frame whose header has been read, of whichever version. Version 4 did not ask for
  /// the hour: it may all have been in it.
  public static func read(_ frame: Span<UInt8>, _ header: FrameHeader) throws(FrameFault) -> NewBody
  {
    if header.version == 4 {
      var first = NewBodyOfVersion4()
      try readBody(frame, into: &first)
      return NewBody(deliveredIn24h: first.deliveredIn24h, deliveredIn1h: first.deliveredIn24h)
    }
    var new = NewBody()
    try readBody(frame, into: &new)
    return new
  }
}

private struct NewBodyOfVersion4: FrameBody {
  var deliveredIn24h = Volume.zero

  mutating func layout(_ coder: inout some FrameCoder) {
    coder.field("delivered_in_24h", &deliveredIn24h)
  }
}

/// What is proposed of a clock: the offset in minutes; UTC in ns since 1970.
extension ClockChange: FrameBody {
  public mutating func layout(_ coder: inout some FrameCoder) {
    coder.field("utc_offset", utcOffset: &utcOffset)
    optional("stated", &stated, else: StatedUTC(utc: 0, tick: Tick(0)), &coder) { stated, coder in
      coder.field("utc", &stated.utc, unit: "ns since 1970")
      coder.field("tick", &stated.tick)
    }
  }
}

/// What is proposed as a program.
extension Prescription: FrameBody {
  public mutating func layout(_ coder: inout some FrameCoder) {
    coder.field("patient", &patient)
    coder.field("drug", &drug)
    coder.field("concentration", &concentration)
    coder.field("mode", &mode)
    coder.field("pattern_count", count: &patternCount, atMost: Limits.patternsMax)
    for weekday in 0..<7 { coder.field("week", &week[weekday], unit: "pattern, from Monday on") }
    for pattern in 0..<Limits.patternsMax { patterns[pattern].layout(&coder) }
    let none = PatientBolus(dose: .zero, duration: .zero, lockout: .zero, maxIn24h: 0)
    optional("patient_bolus", &patientBolus, else: none, &coder) { bolus, coder in
      bolus.layout(&coder)
    }
    coder.field("max_dose_1h", &maxDose1h)
    coder.field("max_dose_24h", &maxDose24h)
    optional("safe_basal", &safeBasal, else: .zero, &coder) { rate, coder in
      coder.field("rate", &rate)
    }
  }

  /// Writes it into a record, as `DosingState.write(to:)` does.
  public mutating func write(to record: inout RecordWriter) { layout(&record) }

  /// A prescription to read a frame into.
  public static var blank: Prescription {
    Prescription(
      patient: .none, drug: .none, concentration: .zero, mode: .stopped, maxDose1h: .zero,
      maxDose24h: .zero)
  }
}

extension DayPattern {
  fileprivate mutating func layout(_ coder: inout some FrameCoder) {
    coder.begin("patterns", .plain)
    coder.field("step_count", count: &count, atMost: Limits.stepsPerDayMax)
    for index in 0..<Limits.stepsPerDayMax {
      coder.begin("steps", .plain)
      coder.field("minute", &steps[index].minute, unit: "min since 00:00")
      coder.field("rate", &steps[index].rate)
      coder.end()
    }
    coder.end()
  }
}

extension PatientBolus {
  fileprivate mutating func layout(_ coder: inout some FrameCoder) {
    coder.field("dose", &dose)
    coder.field("duration", &duration)
    coder.field("lockout", &lockout)
    coder.field("max_in_24h", count: &maxIn24h, atMost: Limits.patientBolusesIn24hMax)
  }
}
