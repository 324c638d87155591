import DosingCore
import Foundation
import Quantities
import Testing

@testable import Engine

/// What is heard and seen, held against what the alarm standard allows. The ranges are written here once more, from
/// where `AlarmSignals.md` says that they are.
@Suite struct AlarmPatternTests {
  private struct Wanted {
    let sound: AlarmSignal.Sound
    let pulses: Int
    /// Of a pulse, between two pulses of a group, and from the end of a burst to the next, in ms.
    let pulse: ClosedRange<Int64>
    let spacing: ClosedRange<Int64>
    let again: ClosedRange<Int64>
  }

  private static let sounds = [
    Wanted(sound: .high, pulses: 10, pulse: 75...200, spacing: 50...125, again: 2_500...15_000),
    Wanted(sound: .medium, pulses: 3, pulse: 125...250, spacing: 125...250, again: 2_500...30_000),
    Wanted(sound: .low, pulses: 2, pulse: 125...250, spacing: 125...250, again: 15_000...3_600_000),
  ]

  private static func milliseconds(_ times: [Nanoseconds]) -> [Int64] {
    times.map { $0.count / 1_000_000 }
  }

  @Test("R-142 Each burst has the pulses, spaces and pauses that the alarm standard allows")
  func bursts() throws {
    for wanted in Self.sounds {
      let pattern = try #require(AlarmPattern.sound(wanted.sound))
      let stretches = Self.milliseconds(pattern.stretches)
      let pulses = stride(from: 0, to: stretches.count, by: 2).map { stretches[$0] }
      let pauses = stride(from: 1, to: stretches.count, by: 2).map { stretches[$0] }
      #expect(pulses.count == wanted.pulses && Set(pulses).count == 1)
      #expect(pulses.allSatisfy { wanted.pulse.contains($0) })
      let again = try #require(pauses.last)
      #expect(wanted.again.contains(again))
      var between = Array(pauses.dropLast())
      if wanted.sound == .high {
        // Five and five: three, then two after a longer space, and the halves well apart.
        #expect(between[..<4] == between[5...] && (350...1_300).contains(between[4]))
        let longer = 2 * between[0] + pulses[0]
        #expect(between[2] == longer && between[7] == longer)
        between = [0, 1, 3, 5, 6, 8].map { between[$0] }
      }
      #expect(between.allSatisfy { wanted.spacing.contains($0) }, "\(wanted.sound): \(between)")
    }
  }

  @Test("R-142 What is more urgent is heard more often, and a reminder every 10 min")
  func urgency() throws {
    let periods = try [AlarmSignal.Sound.high, .medium, .low, .reminder].map {
      try #require(AlarmPattern.sound($0)).period
    }
    #expect(periods == periods.sorted() && Set(periods.map(\.count)).count == 4)
    #expect(periods[3] == .minutes(10))
    #expect(AlarmPattern.sound(.none) == nil)
  }

  @Test("R-142 Each flash has the frequency and the share of light that the alarm standard allows")
  func flashes() throws {
    for (priority, hertz) in [(AlarmPriority.high, 1.4...2.8), (.medium, 0.4...0.8)] {
      let pattern = try #require(AlarmPattern.light(priority))
      #expect(pattern.stretches.count == 2)
      #expect(hertz.contains(1e9 / Double(pattern.period.count)))
      #expect((20...60).contains(pattern.stretches[0].count * 100 / pattern.period.count))
    }
    let low = try #require(AlarmPattern.light(.low))
    #expect((0..<100).allSatisfy { low.level(after: .seconds(71 * $0)).isOn })
    #expect(AlarmPattern.light(nil) == nil)
  }

  @Test("R-142 A pattern is at each time what its stretches say, over and over again")
  func levels() {
    let pattern = AlarmPattern([3, 2, 1, 4].map { Nanoseconds($0) })
    let wanted = "###..#....###..#....###"
    for (time, mark) in wanted.enumerated() {
      let (isOn, changesIn) = pattern.level(after: Nanoseconds(Int64(time)))
      #expect(isOn == (mark == "#"), "\(time)")
      let rest = wanted.dropFirst(time)
      let same = Int64(rest.prefix { $0 == mark }.count)
      if time < 20 { #expect(changesIn == Nanoseconds(same), "\(time)") }
    }
  }

  @Test("R-142 The page of signals has these numbers")
  func page() throws {
    let url = URL(filePath: #filePath).deletingLastPathComponent()
      .appending(path: "../../Sources/DosingCore/DosingCore.docc/AlarmSignals.md")
    let page = String(decoding: try Data(contentsOf: url), as: UTF8.self)
    for sound in AlarmSignal.Sound.allCases {
      guard let pattern = AlarmPattern.sound(sound) else { continue }
      let times = Self.milliseconds(pattern.stretches)
      let pauses = stride(from: 1, to: times.count - 1, by: 2).map { "\(times[$0])" }
      let row =
        "| \(sound) | \(times.count / 2) of \(times[0]) ms | \(pauses.joined(separator: ", ")) ms | "
        + "\(Double(pattern.period.count) / 1e9) s |"
      #expect(page.contains(row), "\(row)")
    }
    for priority in AlarmPriority.allCases.dropFirst() {
      let pattern = try #require(AlarmPattern.light(priority))
      let row = "| \(priority) | \(1e9 / Double(pattern.period.count)) Hz |"
      #expect(page.contains(row), "\(row)")
    }
  }
}
