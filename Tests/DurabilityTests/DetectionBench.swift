import DosingCore
import Foundation
import Plant
import Quantities
import Simulation
import Testing

/// A pump whose basal runs on a bench with a sensor, on which something is broken to see how long it takes until it is
/// told: ticks of 10 ms, and up to 24 mL/d.
final class DetectionBench {
  static let tick = Nanoseconds.milliseconds(10)

  let pump: SimulatedPump

  /// - Parameter microlitresPerDay: of basal.
  init(
    microlitresPerDay: Int64, scale: BenchScale? = nil, encoder: BenchEncoder? = nil,
    pressure: BenchPressure? = nil
  ) throws {
    let head = Rig.bench()
    var fast = head.pump
    fast.maxRate = FlowRate(picolitresPerDay: 24_000_000_000)
    var rig = Rig(
      tick: Self.tick, pump: fast, reservoir: head.reservoir, maxVolume1h: nil, maxVolume24h: nil,
      occlusion: pressure.map { _ in OcclusionLimits(threshold: Pressure(pascals: 70_000)) })
    rig.weighing = scale.map { _ in Weighing() }
    pump = try SimulatedPump(
      rig, clock: WeekTime(sinceMonday: .zero),
      head: SimulatedPump.newHead(
        of: rig, filledWith: Concentration(nanogramsPerMillilitre: 500_000)),
      scale: scale, encoder: encoder, pressure: pressure)
    let therapy = try Therapy.constant(
      microgramsPerDay: microlitresPerDay / 2, maxDose1h: Mass(nanograms: 2_000_000),
      maxDose24h: Mass(nanograms: 20_000_000), on: rig)
    #expect(pump.ask(.program(therapy)).answer.isAccepted)
  }

  /// A sensor with its ordinary faults.
  enum Sensor { case loadCell, encoder, pressure }

  convenience init(
    microlitresPerDay: Int64, ordinary sensors: Set<Sensor>, seed: UInt64
  ) throws {
    func on<Bench>(_ sensor: Sensor, _ bench: @autoclosure () -> Bench) -> Bench? {
      sensors.contains(sensor) ? bench() : nil
    }
    try self.init(
      microlitresPerDay: microlitresPerDay,
      scale: on(.loadCell, BenchScale(LoadCellTruth(faults: .nominal, seed: seed))),
      encoder: on(.encoder, BenchEncoder(EncoderTruth(faults: .nominal, seed: seed))),
      pressure: on(.pressure, BenchPressure(PressureSensorTruth(faults: .nominal, seed: seed))))
  }

  /// Until it is so: false where it never is in so long.
  func run(atMost time: Nanoseconds, until isSo: () -> Bool = { false }) -> Bool {
    let end = pump.next + time.count / Self.tick.count
    while pump.next < end, !isSo() {
      if pump.run(until: end) != nil { pump.observe { _ in } }
    }
    return isSo()
  }

  /// Every alarm that is on at some time.
  func told(for time: Nanoseconds) -> Set<FaultCode> {
    var told: Set<FaultCode> = []
    _ = run(atMost: time) {
      for code in FaultCode.allCases where pump.board.on[code] { told.insert(code) }
      return false
    }
    return told
  }

  /// From one tick on until now.
  func time(since tick: Int64) -> Nanoseconds { Nanoseconds((pump.next - tick) * Self.tick.count) }

  /// A page of the core's documentation.
  static func page(_ name: String) throws -> String {
    let url = URL(filePath: #filePath).deletingLastPathComponent()
      .appending(path: "../../Sources/DosingCore/DosingCore.docc/\(name).md")
    return String(decoding: try Data(contentsOf: url), as: UTF8.self)
  }
}
