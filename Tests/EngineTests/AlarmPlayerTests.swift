import CHardware
import DosingCore
import Hardware
import Quantities
import Testing

@testable import Engine

/// The annunciator's thread, its looks made by hand.
@Suite struct AlarmPlayerTests {
  private let rig: TestRig
  private let post = AlarmPost(at: .zero)
  private let player: AlarmPlayer

  init() throws {
    rig = try TestRig(.fast(tickMilliseconds: 20))
    player = AlarmPlayer(post, on: rig.hardware.annunciator)
  }

  /// Looks as the thread would until `end`; the times at which a line came on.
  private func rises(_ line: TestRig.Line, from start: Int64, until end: Int64) -> [Int64] {
    var (now, rises) = (Nanoseconds.milliseconds(start), [Int64]())
    while now < .milliseconds(end) {
      let before = rig.isActive(line)
      let next = player.play(at: now)
      if rig.isActive(line), !before { rises.append(now.count / 1_000_000) }
      #expect(next > now && next <= now + AlarmPlayer.period)
      now = next
    }
    return rises
  }

  private func fail(_ line: chw_line, times: Int32) {
    _ = unsafe chw_world_fail_line(rig.hardware.world, line, times)
  }

  @Test("R-142 The lines follow the patterns from the look on that sees the signal")
  func patterns() {
    #expect(rises(.buzzer, from: 0, until: 1_000) == [])
    post.tell(AlarmSignal(light: .medium, sound: .medium))
    #expect(
      rises(.buzzer, from: 1_000, until: 30_000) == [1_000, 1_400, 1_800, 21_000, 21_400, 21_800])
    post.tell(AlarmSignal(light: .high, sound: .high))
    #expect(
      rises(.buzzer, from: 30_000, until: 38_000)
        == [30_000, 30_250, 30_500, 31_000, 31_250, 32_150, 32_400, 32_650, 33_150, 33_400])
    #expect(rises(.lamp, from: 38_000, until: 40_000) == [38_000, 38_500, 39_000, 39_500])
    post.tell(AlarmSignal(light: .high, sound: .none))
    #expect(rises(.buzzer, from: 40_000, until: 50_000) == [])
    post.tell(AlarmSignal())
    #expect(rises(.lamp, from: 50_000, until: 60_000) == [] && !rig.isActive(.lamp))
  }

  @Test("R-142 A lamp that flashes otherwise does not begin the sound anew")
  func apart() {
    post.tell(AlarmSignal(light: .medium, sound: .medium))
    #expect(rises(.buzzer, from: 0, until: 5_000) == [0, 400, 800])
    post.tell(AlarmSignal(light: .high, sound: .medium))
    #expect(rises(.buzzer, from: 5_000, until: 20_500) == [20_000, 20_400])
  }

  @Test("R-142 A line that cannot be driven is told to the tick, and driven as soon as it can be")
  func failingLine() {
    fail(.CHW_LINE_LAMP, times: -1)
    post.tell(AlarmSignal(light: .low, sound: .none))
    _ = player.play(at: .seconds(1))
    #expect(post.failed(at: .seconds(1)) == .lamp)
    fail(.CHW_LINE_LAMP, times: 0)
    _ = player.play(at: .milliseconds(1_050))
    #expect(post.failed(at: .milliseconds(1_050)) == .none && rig.isActive(.lamp))
  }

  @Test("R-142 That a line is gone is told within 10 s, though nothing is to be heard")
  func quietLine() {
    _ = player.play(at: .seconds(1))
    fail(.CHW_LINE_BUZZER, times: -1)
    _ = player.play(at: .seconds(10))
    #expect(post.failed(at: .seconds(10)) == .none)
    _ = player.play(at: .seconds(11))
    #expect(post.failed(at: .seconds(11)) == .buzzer)
    fail(.CHW_LINE_BUZZER, times: 0)
    _ = player.play(at: .milliseconds(11_050))
    #expect(post.failed(at: .milliseconds(11_050)) == .none)
  }

  @Test("R-142 An annunciator that looks no more has failed, and is good again when it does")
  func standstill() {
    _ = player.play(at: .seconds(1))
    #expect(post.failed(at: .seconds(2)) == .none)
    #expect(post.failed(at: .milliseconds(2_001)) == .ofTheSignals)
    _ = player.play(at: .milliseconds(2_002))
    #expect(post.failed(at: .milliseconds(2_002)) == .none)
  }

  @Test("R-142 A signal that cannot be given is an alarm after 10 s, and ends when it can be")
  func outputFails() throws {
    let start = RealTime.sinceBoot
    let slow = try TestRig(.fast(tickMilliseconds: 20), virtualTime: false, epoch: start)
    let post = AlarmPost(at: .zero)
    var loop = TickLoop(
      core: DosingState(rig: slow.dosing, clock: WeekTime(weekday: 0, minute: 0)),
      drive: slow.hardware.drive, annunciator: slow.hardware.annunciator, alarms: post)
    // Nobody plays: it never looks.
    var number: Int64 = 0
    func run(for ticks: Int64, at now: Nanoseconds) {
      for _ in 0..<ticks {
        if let failed = loop.takeFailed(at: number) {
          var facts = TickFacts(tick: Tick(number))
          facts.failedOutputs = failed
          loop.learn(facts)
        }
        _ = loop.tick(number)
        loop.listen(at: now)
        number += 1
      }
    }
    run(for: 400, at: .seconds(5))
    #expect(!loop.core.board.on[.outputFails])
    run(for: 200, at: .seconds(5))
    #expect(loop.core.board.on[.outputFails])
    _ = post.look(at: .seconds(5))
    run(for: 53, at: .seconds(5))
    #expect(!loop.core.board.on[.outputFails])
  }
}
