import Quantities
import SeededNumbers
import Testing

@testable import DosingCore

/// What people hear and see of alarms.
@Suite struct AlarmSignalTests {
  private static let rig = Rig.bench()
  private static func tick(_ time: Nanoseconds) -> Tick { Tick(rig.ticks(time)) }

  private static func board(_ codes: FaultCode...) -> FaultBoard {
    var board = FaultBoard()
    for code in codes { _ = board.raise(code, at: Tick(0)) }
    return board
  }

  @Test(
    "R-143 An audio pause is 2 min long where an alarm is high, else 10 min, and ends by itself")
  func pause() {
    for (codes, length) in [
      ([FaultCode.stopped], Nanoseconds.minutes(10)), ([.newClockUncertain], .minutes(10)),
      ([.stopped, .otherRig], .minutes(2)),
    ] {
      var board = FaultBoard()
      for code in codes { _ = board.raise(code, at: Tick(0)) }
      let before = board.signal
      board.pauseAudio(at: Self.tick(.seconds(30)), rig: Self.rig)
      let end = Self.tick(.seconds(30) + length)
      #expect(board.silentUntil == end && board.nextChange(rig: Self.rig) == end)
      _ = board.pass(to: Tick(end.number - 1), rig: Self.rig)
      #expect(board.signal == AlarmSignal(light: before.light, sound: .none))
      _ = board.pass(to: end, rig: Self.rig)
      #expect(board.signal == before && board.silentUntil == nil)
    }
  }

  @Test(
    "R-143 A pause hides no alarm that is new, whatever its priority, and none that becomes more urgent"
  )
  func pauseHidesNothingNew() {
    for code in FaultCode.allCases where code != .otherRig {
      var board = Self.board(.otherRig)
      board.pauseAudio(at: Tick(1), rig: Self.rig)
      #expect(board.signal.sound == .none)
      _ = board.raise(code, at: Tick(2))
      #expect(board.signal.sound == .high, "\(code)")
    }
    var board = Self.board(.stopped)
    board.pauseAudio(at: Tick(1), rig: Self.rig)
    // Again as it is: not new.
    _ = board.raise(.stopped, at: Tick(2))
    #expect(board.signal.sound == .none)
    _ = board.raise(.stopped, .high, at: Tick(3))
    #expect(board.signal.sound == .high)
  }

  @Test(
    "R-143 What ends leaves no pause behind for the next alarm, and a pause says of no other what it ended"
  )
  func pauseEndsWithAlarms() {
    var board = Self.board(.stopped, .suspended)
    board.pauseAudio(at: Tick(1), rig: Self.rig)
    _ = board.end(.suspended)
    #expect(board.signal == AlarmSignal(light: .medium, sound: .none))
    _ = board.end(.stopped)
    #expect(board.signal == AlarmSignal() && board.silentUntil == nil)
    _ = board.raise(.stopped, at: Tick(2))
    #expect(board.signal.sound == .medium)
  }

  @Test("R-143 Acknowledged alarms sound no more, a high one reminds, and the light tells of all")
  func acknowledged() {
    var board = Self.board(.stopped, .otherRig, .suspended)
    let ended = board.acknowledge()
    #expect(ended && !board.on[.suspended])
    #expect(board.signal == AlarmSignal(light: .high, sound: .reminder))
    let endedAgain = board.acknowledge()
    #expect(!endedAgain)
    _ = board.raise(.clockDiffers, at: Tick(9))
    #expect(board.signal == AlarmSignal(light: .high, sound: .medium))
    // The pause is as long as the most urgent that sounds asks for.
    board.pauseAudio(at: Tick(9), rig: Self.rig)
    #expect(board.silentUntil == Tick(9 + Self.rig.ticks(.minutes(10))))
    _ = board.end(.otherRig)
    _ = board.acknowledge()
    #expect(board.signal == AlarmSignal(light: .medium, sound: .none) && board.silentUntil == nil)
  }

  @Test("R-143 Silence is refused where nothing sounds, and acknowledging where all has been seen")
  func refused() throws {
    let pump = try Pump(.continuous(microgramsPerDay(300)))
    #expect(pump.ask(.silence).reason == .nothingSounds)
    #expect(pump.ask(.acknowledge).reason == .nothingToAcknowledge)
    #expect(pump.ask(.stop).isAccepted && pump.ask(.silence).isAccepted)
    #expect(pump.ask(.acknowledge).isAccepted)
    #expect(pump.ask(.silence).reason == .nothingSounds)
    #expect(pump.ask(.acknowledge).reason == .nothingToAcknowledge)
    // What has ended is nothing that somebody could see, or has seen when it comes again.
    #expect(pump.ask(.resume).isAccepted)
    #expect(pump.ask(.acknowledge).reason == .nothingToAcknowledge)
    #expect(pump.ask(.stop).isAccepted && pump.outputs.signal.sound == .medium)
  }

  @Test("R-143 A signal is the same after its number")
  func code() {
    for light in [nil] + AlarmPriority.allCases.map(Optional.init) {
      for sound in AlarmSignal.Sound.allCases {
        let signal = AlarmSignal(light: light, sound: sound)
        #expect(AlarmSignal(code: signal.code) == signal)
      }
    }
  }

  /// What was done to a board, from which everything is told anew at each look: no state is kept.
  private struct Told {
    enum Event {
      case raised(FaultCode, AlarmPriority)
      case ended(FaultCode)
      case seen, paused
    }
    var events: [(tick: Int64, event: Event)] = []

    /// The alarms that are on in the end: priority, and whether anybody has seen it as it is.
    func on() -> [FaultCode: (priority: AlarmPriority, isSeen: Bool)] {
      var on: [FaultCode: (priority: AlarmPriority, isSeen: Bool)] = [:]
      for (_, event) in events {
        switch event {
        case .raised(let code, let priority):
          if let known = on[code], known.priority >= priority { continue }
          on[code] = (priority, false)
        case .ended(let code): on[code] = nil
        case .seen:
          for code in on.keys { on[code]?.isSeen = true }
          for row in FaultTableTests.rows where row.end == .acknowledge { on[row.code] = nil }
        case .paused: break
        }
      }
      return on
    }

    func sound(at now: Int64, minute: Int64) -> UInt8 {
      let on = on()
      let heard = on.values.filter { !$0.isSeen }.map(\.priority.rawValue).max()
      let loud = heard ?? (on.values.contains { $0.priority == .high } ? 4 : 0)
      // The newest pause, unless anything was raised or seen since, or nothing was left to sound.
      guard
        let place = events.lastIndex(where: { if case .paused = $0.event { true } else { false } })
      else { return loud }
      let then = Told(events: Array(events[..<place]))
      let loudest = then.on().values.filter { !$0.isSeen }.map(\.priority).max()
      guard let loudest, now < events[place].tick + (loudest == .high ? 2 : 10) * minute else {
        return loud
      }
      for index in place..<events.count {
        let before = Told(events: Array(events[..<index])).on()
        switch events[index].event {
        case .seen: return loud
        case .raised(let code, let priority):
          if before[code].map({ $0.priority < priority }) ?? true { return loud }
        case .ended, .paused:
          if Told(events: Array(events[...index])).on().isEmpty { return loud }
        }
      }
      return 0
    }
  }

  @Test(
    "R-143 Whatever is raised, ended, seen and paused in whatever order, what sounds is what history says"
  )
  func histories() {
    print("histories of alarms, seed 143")
    var chance = SplitMix64(seed: 143)
    let minute = Self.rig.ticks(.minutes(1))
    // None of them changes by time alone within the hour.
    let codes: [FaultCode] = [
      .otherRig, .newClockUncertain, .noDrugAtTip, .storageLost, .stopped, .encoderLost,
    ]
    for _ in 0..<400 {
      var (board, told, now) = (FaultBoard(), Told(), Int64(0))
      for _ in 0..<24 {
        now += chance.number(0...3 * minute)
        if now > 58 * minute { break }
        _ = board.pass(to: Tick(now), rig: Self.rig)
        switch chance.number(0...9) {
        case 0...3:
          let (code, isHigh) = (chance.pick(codes), chance.oneIn(4))
          let priority = isHigh ? .high : FaultRow(of: code).priority
          _ = board.raise(code, priority, at: Tick(now))
          told.events.append((now, .raised(code, priority)))
        case 4, 5:
          let code = chance.pick(codes)
          _ = board.end(code)
          told.events.append((now, .ended(code)))
        case 6:
          _ = board.acknowledge()
          told.events.append((now, .seen))
        default:
          // What does not sound cannot be paused.
          guard board.highestUnseen != nil else { continue }
          board.pauseAudio(at: Tick(now), rig: Self.rig)
          told.events.append((now, .paused))
        }
        let wanted = told.sound(at: now, minute: minute)
        #expect(board.signal.sound.rawValue == wanted, "\(told.events)")
        let light = told.on().values.map(\.priority).max()
        #expect(board.signal.light == light)
        guard board.signal.sound.rawValue == wanted else { return }
      }
    }
  }
}
