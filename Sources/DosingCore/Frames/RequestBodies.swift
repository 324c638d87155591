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
    coder.field(&dose)
    coder.field(&duration)
  }
}

/// Body of `FrameKind.new`: what was given in the last 24 h, and in the last hour of them, in pL.
public struct NewBody: FrameBody, Sendable {
  public var deliveredIn24h: Volume
  public var deliveredIn1h: Volume

  public init(deliveredIn24h: Volume = .zero, deliveredIn1h: Volume = .zero) {
    self.deliveredIn24h = deliveredIn24h
    self.deliveredIn1h = deliveredIn1h
  }

  public mutating func layout(_ coder: inout some FrameCoder) {
    coder.field(&deliveredIn24h)
    coder.field(&deliveredIn1h)
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

  mutating func layout(_ coder: inout some FrameCoder) { coder.field(&deliveredIn24h) }
}

/// Body of `FrameKind.clock`: the offset in minutes; UTC in ns since 1970.
extension ClockChange: FrameBody {
  public mutating func layout(_ coder: inout some FrameCoder) {
    coder.field(utcOffset: &utcOffset)
    optional(&stated, else: StatedUTC(utc: 0, tick: Tick(0)), &coder) { stated, coder in
      coder.field(&stated.utc)
      coder.field(&stated.tick)
    }
  }
}

/// Body of `FrameKind.program`.
extension Prescription: FrameBody {
  public mutating func layout(_ coder: inout some FrameCoder) {
    coder.field(&patient)
    coder.field(&drug)
    coder.field(&concentration)
    coder.field(&mode)
    coder.field(count: &patternCount, atMost: Limits.patternsMax)
    for weekday in 0..<7 { coder.field(&week[weekday]) }
    for pattern in 0..<Limits.patternsMax { patterns[pattern].layout(&coder) }
    let none = PatientBolus(dose: .zero, duration: .zero, lockout: .zero, maxIn24h: 0)
    optional(&patientBolus, else: none, &coder) { bolus, coder in bolus.layout(&coder) }
    coder.field(&maxDose1h)
    coder.field(&maxDose24h)
    optional(&safeBasal, else: .zero, &coder) { rate, coder in coder.field(&rate) }
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
    coder.field(count: &count, atMost: Limits.stepsPerDayMax)
    for index in 0..<Limits.stepsPerDayMax {
      coder.field(&steps[index].minute)
      coder.field(&steps[index].rate)
    }
  }
}

extension PatientBolus {
  fileprivate mutating func layout(_ coder: inout some FrameCoder) {
    coder.field(&dose)
    coder.field(&duration)
    coder.field(&lockout)
    coder.field(count: &maxIn24h, atMost: Limits.patientBolusesIn24hMax)
  }
}
