import DosingCore
import Engine
import Hardware
import Quantities
import Testing

@Suite struct HeartbeatTests {
  private let dosing = Rig.fast(tickMilliseconds: 10)

  @Test("R-052 the heartbeat beats once in ten complete ticks of 10 ms")
  func beatsWithTheTicks() throws {
    let rig = try TestRig(dosing)
    let loop = try TestLoop(rig)
    #expect(rig.heartbeatEdges == 0)
    for number in 0..<1_000 {
      loop.tick()
      #expect(rig.heartbeatEdges == Int64(number / 10 + 1))
    }
  }

  @Test("R-052 requests and time alone do not beat")
  func requestsDoNotBeat() throws {
    let rig = try TestRig(dosing)
    let loop = try TestLoop(rig, program: .continuous(dosing.aStep(every: 2)))
    loop.run(100)
    let before = rig.heartbeatEdges
    for request in [Request.stop, .resume, .patientBolus, .stop, .resume] {
      loop.skip(100)
      loop.ask(request)
      #expect(rig.heartbeatEdges == before)
    }
    loop.tick()
    #expect(rig.heartbeatEdges == before + 1)
  }

  @Test("R-052 a pause without ticks is a pause without beats, and none is made up")
  func pausesAreNotMadeUp() throws {
    let rig = try TestRig(dosing)
    let loop = try TestLoop(rig)
    loop.run(100)
    #expect(rig.heartbeatEdges == 10)
    loop.skip(10_000)
    #expect(rig.heartbeatEdges == 10)
    loop.tick()
    #expect(rig.heartbeatEdges == 11)
    loop.run(9)
    #expect(rig.heartbeatEdges == 11)
  }

  @Test("R-150 while it is halted no step is made and nothing beats, whatever the tick does")
  func haltedDoesNotBeat() throws {
    let rig = try TestRig(dosing)
    let loop = try TestLoop(rig, program: .continuous(dosing.aStep(every: 2)))
    loop.run(100)
    let (steps, beats) = (rig.hardware.drive.counts.steps, rig.heartbeatEdges)
    #expect(steps > 40 && beats == 10)
    rig.hardware.setHalted(true)
    loop.run(1_000)
    #expect(rig.hardware.drive.counts.steps == steps && rig.heartbeatEdges == beats)
    rig.hardware.setHalted(false)
    loop.run(100)
    #expect(rig.hardware.drive.counts.steps > steps + 40 && rig.heartbeatEdges > beats + 8)
  }

  @Test("R-052 an engine that contradicts itself ends, and with it the beat")
  func trapEndsTheBeat() async {
    await #expect(processExitsWith: .failure) {
      let rig = try TestRig(.fast(tickMilliseconds: 10))
      var loop = rig.loop()
      _ = loop.tick(5)
      // Time that runs backwards is a contradiction, so this does not return.
      _ = loop.tick(4)
    }
  }
}
