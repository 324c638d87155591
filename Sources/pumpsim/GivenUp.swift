internal import DosingCore
internal import Quantities
internal import Simulation

/// What a pump has given up in its present life.
struct GivenUp {
  /// What its account had given up when it began.
  private let before: Int128
  /// When it was asked for last: it seldom changes from one step to the next.
  private var newest = (units: Int128(0), mass: Mass.zero)

  init(before: Int128 = 0) { self.before = before }

  /// Rounded up.
  mutating func mass(_ pump: SimulatedPump, _ book: RunBook) -> Mass {
    let units = pump.account.deficit - before
    if units != newest.units { newest = (units, book.mass(units, rounded: .up)) }
    return newest.mass
  }
}
