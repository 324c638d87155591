internal import Documents
internal import DosingCore
internal import Journal
internal import Quantities

/// Numbers the motor steps of a journal as its account does.
///
/// The account is right: it stands in every commit and at every start. Steps that a killed process made
/// and nobody wrote down are only known by their number.
struct StepCount {
  /// Steps made since the pump was new.
  private(set) var made: Int64
  /// At the end of this tick it was what the account said.
  private(set) var agreedAt: Int64
  /// Steps whose tick is not known.
  private(set) var untimed: Int64 = 0
  /// Steps that were written down and that the account does not count: they are in doubt.
  private(set) var uncounted: Int64 = 0

  init(made: Int64, at tick: Int64) {
    self.made = made
    agreedAt = tick
  }

  /// One more, at a known tick. Returns its number.
  mutating func count() -> Int64 {
    made += 1
    return made
  }

  /// Follows the account at the end of a tick. Returns the numbers of the steps that no entry tells of.
  mutating func agree(with account: Int64, at tick: Int64) -> ClosedRange<Int64>? {
    defer { (made, agreedAt) = (account, tick) }
    if account < made { uncounted += made - account }
    guard account > made else { return nil }
    untimed += account - made
    return (made + 1)...account
  }
}

/// The volume of a number of steps, exactly where a step is a finite decimal.
struct StepVolume {
  private let picolitres: Int64
  private let steps: Int64

  init(_ pump: PumpHead) {
    let common = greatestCommonDivisor(
      pump.volumePerRevolution.picolitres, pump.stepsPerRevolution)
    picolitres = pump.volumePerRevolution.picolitres / common
    steps = pump.stepsPerRevolution / common
  }

  /// In nL; cut after 18 places where it never ends.
  func nanolitres(_ count: Int64) throws(Failure) -> String {
    let (product, isTooLarge) = count.multipliedReportingOverflow(by: picolitres)
    if isTooLarge {
      throw Failure(
        .badData, "\(count) steps are more than a pump can make; the journal is damaged")
    }
    return decimalText(product, per: steps * 1000)
  }
}

extension Entry {
  /// The account that stands in it: steps made since the pump was new, and those in doubt.
  func account(on rig: Rig) -> (steps: Int64, inDoubt: Int64)? {
    switch content {
    case .committed(let committed):
      return committed.account.map { ($0.steps, committed.stepsInDoubt) }
    case .started(let started):
      // The therapy is not looked at, and the account brings its own scale.
      guard let core = DosingState.restored(from: started.state.span, rig: rig, therapy: nil)
      else { return nil }
      return (core.account.steps, core.stepsInDoubt)
    default: return nil
    }
  }
}

extension JournalReader {
  /// Steps made before the oldest entry: what the first account says, less the steps up to there.
  func stepsBefore(_ first: Int64, on rig: Rig) throws(Failure) -> Int64 {
    var (id, counted) = (first - 1, Int64(0))
    while true {
      let page = try page(after: id)
      if page.isEmpty { return 0 }
      for numbered in page {
        id = numbered.id
        if case .steps(let ticks) = numbered.entry.content { counted += Int64(ticks.count) }
        if let account = numbered.entry.account(on: rig) { return account.steps - counted }
      }
    }
  }
}
