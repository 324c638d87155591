/// A sum of many small amounts that loses nothing worth naming on the way: millions of steps of some
/// nanolitres each, out of millilitres.
///
/// The compensated summation of Kahan, as Neumaier has it.
struct RunningSum: Equatable, Sendable {
  private var sum: Double
  private var compensation = 0.0

  init(_ value: Double = 0) { sum = value }

  var value: Double { sum + compensation }

  mutating func add(_ amount: Double) {
    let next = sum + amount
    compensation += abs(sum) >= abs(amount) ? (sum - next) + amount : (amount - next) + sum
    sum = next
  }
}
