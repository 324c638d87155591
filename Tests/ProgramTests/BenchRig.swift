import DosingCore
import Quantities

extension Rig {
  /// A head of 50 uL and 3200 steps a revolution: a step is 15.625 nL. A reservoir of 20 mL.
  static func bench(
    tick: Nanoseconds, maxRate: FlowRate = FlowRate(picolitresPerDay: 12_000_000_000),
    maxVolume1h: Volume? = nil, maxVolume24h: Volume? = nil, line: RigLine = .usual
  ) -> Rig {
    Rig(
      tick: tick,
      pump: PumpHead(
        volumePerRevolution: Volume(picolitres: 50_000_000), stepsPerRevolution: 3200,
        minRate: FlowRate(picolitresPerDay: 48_000_000), maxRate: maxRate,
        keepOpenRate: FlowRate(picolitresPerDay: 6_000_000)),
      reservoir: Reservoir(
        volume: Volume(picolitres: 20_000_000_000), low: Volume(picolitres: 3_000_000_000),
        empty: Volume(picolitres: 1_000_000_000)),
      line: line, maxVolume1h: maxVolume1h, maxVolume24h: maxVolume24h)
  }
}
