/// How many steps a cut of power may take that no restart can learn of: those since the storage went bad, if
/// nothing became durable after that.
struct UnwrittenSteps {
  /// Where the motor was then, and the newest commit; nil where one has followed.
  private var since: (steps: Int64, commit: Int64)?

  /// - Parameters:
  ///   - steps: where the motor is.
  ///   - commit: the newest that is durable.
  mutating func note(storageIsBad: Bool, steps: Int64, commit: Int64) {
    if storageIsBad {
      since = since ?? (steps, commit)
    } else if let before = since, commit > before.commit {
      since = nil
    }
  }

  /// The power goes. Returns how many there are.
  mutating func take(steps: Int64) -> Int64 {
    defer { since = nil }
    return since.map { steps - $0.steps } ?? 0
  }
}
