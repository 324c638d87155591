internal import Quantities

/// What is proposed as a rig, in four parts: the pump, which is all that the first versions said, its line,
/// its load cell, and its sensor of the pressure.
extension Rig: FrameBody {
  /// A rig to read a record into; usual in its second part, and without sensors.
  public static var blank: Rig {
    Rig(
      tick: .zero,
      pump: PumpHead(
        volumePerRevolution: .zero, stepsPerRevolution: 0, minRate: .zero, maxRate: .zero,
        keepOpenRate: .zero),
      reservoir: Reservoir(volume: .zero, low: .zero, empty: .zero), maxVolume1h: .zero,
      maxVolume24h: .zero)
  }

  public mutating func layout(_ coder: inout some FrameCoder) {
    layoutPump(&coder)
    layoutLine(&coder)
    layoutWeighing(&coder)
    layoutOcclusion(&coder)
  }

  public mutating func layoutPump(_ coder: inout some FrameCoder) {
    coder.field("tick", &tick)
    coder.field("volume_per_revolution", &pump.volumePerRevolution)
    coder.field("steps_per_revolution", magnitude: &pump.stepsPerRevolution, unit: "steps")
    coder.field("min_rate", &pump.minRate)
    coder.field("max_rate", &pump.maxRate)
    coder.field("keep_open_rate", &pump.keepOpenRate)
    coder.field("reservoir", &reservoir.volume)
    coder.field("reservoir_low", &reservoir.low)
    coder.field("reservoir_empty", &reservoir.empty)
    coder.field("max_volume_1h", &maxVolume1h)
    coder.field("max_volume_24h", &maxVolume24h)
  }

  public mutating func layoutLine(_ coder: inout some FrameCoder) {
    coder.field("accuracy", magnitude: &pump.accuracyPermille, unit: "thousandths")
    coder.field("reservoir_residue", &reservoir.residue)
    coder.field("pump_tubing", &line.pumpTubing)
    coder.field("catheter", &line.catheter)
    coder.field("line_mixing", magnitude: &line.mixingPermille, unit: "thousandths")
    coder.field("line_tolerance", magnitude: &line.tolerancePermille, unit: "thousandths")
    optional("prime_rate", &line.primeRate, else: .zero, &coder) { rate, coder in
      coder.field("rate", &rate)
    }
    coder.field("max_prime_dose", &maxPrimeDose)
  }

  public mutating func layoutWeighing(_ coder: inout some FrameCoder) {
    let none = Weighing(errorMilligrams: 0, driftMilligramsPerDay: 0)
    optional("load_cell", &weighing, else: none, &coder) { cell, coder in
      coder.field("error", magnitude: &cell.errorMilligrams, unit: "mg")
      coder.field("drift_per_day", magnitude: &cell.driftMilligramsPerDay, unit: "mg")
    }
  }

  public mutating func layoutOcclusion(_ coder: inout some FrameCoder) {
    let none = OcclusionLimits(threshold: .zero, rise: .zero)
    optional("pressure", &occlusion, else: none, &coder) { limits, coder in
      coder.field("occlusion", &limits.threshold)
      coder.field("rise", &limits.rise)
    }
  }

  /// Whether its second part is the one of a rig that says nothing of it.
  public var hasUsualLine: Bool {
    let usual = Rig.blank
    return line == usual.line && pump.accuracyPermille == usual.pump.accuracyPermille
      && reservoir.residue == usual.reservoir.residue && maxPrimeDose == usual.maxPrimeDose
  }
}
