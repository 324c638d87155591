import DosingCore
import Quantities
import Testing

extension Rig {
  /// A head of 50 uL and 3,200 steps a revolution, on ticks of 100 ms.
  static func bench(
    microlitres: Int64 = 20_000, line: RigLine = .usual, weighing: Weighing? = nil
  ) -> Rig {
    Rig(
      tick: .milliseconds(100),
      pump: PumpHead(
        volumePerRevolution: Volume(picolitres: 50_000_000), stepsPerRevolution: 3200,
        minRate: FlowRate(picolitresPerDay: 48_000_000),
        maxRate: FlowRate(picolitresPerDay: 12_000_000_000),
        keepOpenRate: FlowRate(picolitresPerDay: 6_000_000)),
      reservoir: Reservoir(
        volume: Volume(picolitres: microlitres * 1_000_000),
        low: Volume(picolitres: 3_000_000_000), empty: Volume(picolitres: 1_000_000_000)),
      line: line, maxVolume1h: nil, maxVolume24h: nil, weighing: weighing)
  }
}

extension Therapy {
  /// Constant basal of 500 ug/mL, which is its safe basal, too.
  static func constant(
    microgramsPerDay: Int64, maxDose1h: Mass, maxDose24h: Mass, on rig: Rig
  ) throws -> Therapy {
    var order = Prescription(
      patient: Label(utf8: "BENCH-01".utf8) ?? .none, drug: Label(utf8: "baclofen".utf8) ?? .none,
      concentration: Concentration(nanogramsPerMillilitre: 500_000), mode: .continuous,
      maxDose1h: maxDose1h, maxDose24h: maxDose24h)
    order.setContinuous(DoseRate(nanogramsPerDay: microgramsPerDay * 1_000))
    order.safeBasal = DoseRate(nanogramsPerDay: microgramsPerDay * 1_000)
    var findings = Findings()
    return try #require(Therapy(order, on: rig, findings: &findings))
  }
}
