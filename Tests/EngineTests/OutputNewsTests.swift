import DosingCore
import Quantities
import Testing

@testable import Engine

/// Ticks of 10 ms: a hundred are a second.
@Suite struct OutputNewsTests {
  private static let all = OutputSet(bits: 4 | 8)

  @Test("R-146 A failure is told at once, one more too, and its end after a second without it")
  func told() {
    var news = OutputNews(Rig.fast(tickMilliseconds: 10))
    #expect(news.take(.none, at: 0) == nil)
    #expect(news.take(.buzzer, at: 1) == .buzzer)
    #expect(news.take(.buzzer, at: 2) == nil)
    // One more fails while another seems to be mended: both are told.
    #expect(news.take(.lamp, at: 3) == Self.all)
    #expect(news.take(.lamp, at: 4) == nil)
    #expect(news.take(.lamp, at: 103) == nil)
    #expect(news.take(.lamp, at: 104) == .lamp)
    #expect(news.take(.none, at: 105) == nil)
    // Not a second without it.
    #expect(news.take(.lamp, at: 204) == nil)
    #expect(news.take(.none, at: 205) == nil)
    #expect(news.take(.none, at: 304) == nil)
    #expect(news.take(.none, at: 305) == OutputSet.none)
    #expect(news.take(.none, at: 306) == nil && news.told == .none)
  }

  @Test("R-146 What fails in every other tick fails all the time")
  func flaps() {
    var news = OutputNews(Rig.fast(tickMilliseconds: 10))
    let told = (Int64(0)..<10_000).compactMap { news.take($0 % 2 == 0 ? .enable : .none, at: $0) }
    #expect(told == [.enable])
  }
}
