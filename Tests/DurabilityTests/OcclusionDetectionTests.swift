import DosingCore
import Foundation
import Plant
import Quantities
import Simulation
import Testing

/// How long it takes until a line that is blocked is told: by the engine's own loop, and a sensor of the pressure with
/// its ordinary faults.
@Suite struct OcclusionDetectionTests {
  /// 10 ms, and up to 24 mL/d.
  private static var rig: Rig {
    var rig = Rig.bench()
    rig.tick = .milliseconds(10)
    rig.pump.maxRate = FlowRate(picolitresPerDay: 24_000_000_000)
    return Rig(
      tick: rig.tick, pump: rig.pump, reservoir: rig.reservoir, maxVolume1h: nil, maxVolume24h: nil,
      occlusion: OcclusionLimits(threshold: Pressure(pascals: 70_000)))
  }

  private static func pump(microlitresPerDay: Int64, seed: UInt64) throws -> SimulatedPump {
    let pump = try SimulatedPump(
      rig, clock: WeekTime(sinceMonday: .zero),
      head: SimulatedPump.newHead(
        of: rig, filledWith: Concentration(nanogramsPerMillilitre: 500_000)),
      pressure: BenchPressure(PressureSensorTruth(faults: .nominal, seed: seed)))
    let therapy = try Therapy.constant(
      microgramsPerDay: microlitresPerDay / 2, maxDose1h: Mass(nanograms: 2_000_000),
      maxDose24h: Mass(nanograms: 20_000_000), on: rig)
    #expect(pump.ask(.program(therapy)).answer.isAccepted)
    return pump
  }

  /// Until it is so: false where it never is in so long.
  private static func run(
    _ pump: SimulatedPump, atMost time: Nanoseconds, until isSo: () -> Bool = { false }
  ) -> Bool {
    let end = pump.next + rig.ticks(time)
    while pump.next < end, !isSo() {
      if pump.run(until: end) != nil { pump.observe { _ in } }
    }
    return isSo()
  }

  private static func page() throws -> String {
    let url = URL(filePath: #filePath).deletingLastPathComponent()
      .appending(path: "../../Sources/DosingCore/DosingCore.docc/Occlusion.md")
    return String(decoding: try Data(contentsOf: url), as: UTF8.self)
  }

  @Test(
    "R-141 How long it takes until an occlusion is told is what the page says, at each flow",
    arguments: [("0.048 mL/d", 48), ("0.15 mL/d", 150), ("1 mL/d", 1_000), ("24 mL/d", 24_000)])
  func table(flow: String, microlitresPerDay: Int64) throws {
    var worst = (nanolitres: 0, seconds: Int64(0))
    for phase in stride(from: 0, to: 64, by: 5) {
      let pump = try Self.pump(microlitresPerDay: microlitresPerDay, seed: UInt64(phase))
      let steps = 200 + phase
      #expect(Self.run(pump, atMost: .days(1)) { pump.head.motorSteps >= steps })
      #expect(pump.board.highest == nil)
      let (begin, made) = (pump.next, pump.head.motorSteps)
      pump.byHand { $0.pressure.blockedShare = 1 }
      #expect(Self.run(pump, atMost: .days(1)) { pump.board.on[.occluded] })
      let time = (pump.next - begin) * Self.rig.tick.count
      // A step is 15.625 nL.
      worst.nanolitres = max(worst.nanolitres, (pump.head.motorSteps - made) * 125 / 8)
      worst.seconds = max(worst.seconds, (time + 999_999_999) / 1_000_000_000)
    }
    let row = "| \(flow) | \(worst.nanolitres) nL | \(worst.seconds) s |"
    #expect(try Self.page().contains(row), "\(row)")
  }

  @Test(
    "R-141 An ordinary sensor tells nothing, slow, common and fast, through boluses",
    arguments: [(48, 10), (150, 10), (1_000, 5), (8_000, 2)] as [(Int64, Int64)])
  func falseAlarms(microlitresPerDay: Int64, days: Int64) throws {
    let pump = try Self.pump(microlitresPerDay: microlitresPerDay, seed: UInt64(days))
    var told: Set<FaultCode> = []
    for day in 0..<days {
      _ = Self.run(pump, atMost: .hours(18 + day % 4)) {
        for code in FaultCode.allCases where pump.board.on[code] { told.insert(code) }
        return false
      }
      _ = pump.ask(.bolus(dose: Mass(nanograms: 30_000), duration: .minutes(10)))
      _ = Self.run(pump, atMost: .hours(5))
    }
    #expect(told.isEmpty || told == [.reservoirLow], "\(told)")
  }

  @Test(
    "R-141 What was pressed into the line comes when it opens, once, and the bench has lost nothing"
  )
  func opens() throws {
    let pump = try Self.pump(microlitresPerDay: 150, seed: 3)
    _ = Self.run(pump, atMost: .hours(2))
    let before = pump.head.nanogramsAtTip
    pump.byHand { $0.pressure.blockedShare = 1 }
    #expect(Self.run(pump, atMost: .hours(2)) { pump.board.on[.occluded] })
    #expect(pump.head.nanogramsAtTip == before)
    let held = pump.head.nanogramsHeld
    // Between 93 steps and 170 of 7.8125 ng.
    #expect(held > 93 * 7.8 && held < 170 * 7.9)
    pump.byHand { $0.pressure.blockedShare = 0 }
    #expect(Self.run(pump, atMost: .hours(2)) { !pump.board.on[.occluded] })
    #expect(pump.head.nanogramsHeld == 0)
    #expect(abs(pump.head.nanogramsAtTip - before - held - 64 * 7.8125) < 3 * 7.8125)
    #expect(pump.mode == .continuous && pump.board.on[.wasOccluded])
  }
}
