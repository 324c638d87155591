import Plant
import SeededNumbers
import Testing

/// What comes to the tip, and when. 1 uL of 1000 ng/mL holds 1 ng.
@Suite struct LineTruthTests {
  /// Pushes `count` steps of 0.5 uL.
  private func push(
    _ line: inout LineTruth, _ count: Int, of concentration: Double
  ) -> [Double] {
    (0..<count).map { _ in line.push(microlitres: 0.5, concentration: concentration) }
  }

  @Test("a boundary arrives exactly when the line's volume has followed it")
  func boundary() {
    var line = LineTruth(microlitres: 4, concentration: 2_000)
    #expect(line.nanograms == 8)
    #expect(push(&line, 8, of: 500) == Array(repeating: 1, count: 8))
    #expect(line.tipConcentration == 500)
    #expect(line.nanograms == 2)
    #expect(push(&line, 2, of: 500) == [0.25, 0.25])
    #expect(line.slugs == [Liquid(microlitres: 4, concentration: 500)])
    #expect(line.nanogramsIn == 10.5)
    #expect(line.nanogramsOut == 8.5)
  }

  @Test("no step of a volume that is no binary fraction makes the boundary late")
  func roundedSteps() {
    var line = LineTruth(microlitres: 450, concentration: 2_000_000)
    for _ in 0..<4_499 { line.push(microlitres: 0.1, concentration: 500_000) }
    #expect(line.tipConcentration == 2_000_000)
    line.push(microlitres: 0.1, concentration: 500_000)
    #expect(line.tipConcentration == 500_000)
    #expect(line.slugs.count == 1)
    #expect(abs(line.nanogramsOut - 900_000) < 1e-3)
  }

  @Test("three slugs leave in their order, and a push that spans a boundary gives of both")
  func threeSlugs() {
    var line = LineTruth(microlitres: 10, concentration: 1_000)
    #expect(line.push(microlitres: 3, concentration: 2_000) == 3)
    #expect(line.push(microlitres: 4, concentration: 0) == 4)
    #expect(
      line.slugs == [
        Liquid(microlitres: 3, concentration: 1_000), Liquid(microlitres: 3, concentration: 2_000),
        Liquid(microlitres: 4, concentration: 0),
      ])
    // 3 uL of the first and 2 uL of the second.
    #expect(line.push(microlitres: 5, concentration: 4_000) == 7)
    // The last of the second, water, and nothing of the newest.
    #expect(line.push(microlitres: 2, concentration: 4_000) == 2)
    #expect(line.tipConcentration == 0)
    #expect(line.push(microlitres: 3, concentration: 4_000) == 0)
    #expect(line.tipConcentration == 4_000)
    // More than the line holds goes through it: 10 uL that were there and 5 uL of what comes.
    #expect(line.push(microlitres: 15, concentration: 1_000) == 45)
    #expect(line.nanograms == 10)
  }

  @Test("what is aspirated out of the catheter is gone, and the tubing keeps its drug")
  func emptyCatheter() {
    var line = LineTruth(microlitres: 10, concentration: 1_000)
    line.push(microlitres: 7, concentration: 2_000)
    // 3 uL of 1000 and 1 uL of 2000.
    let taken = line.emptyCatheter(microlitres: 4)
    #expect(taken == Liquid(microlitres: 4, concentration: 1_250))
    #expect(line.nanogramsRemoved == 5)
    #expect(line.nanograms == 12)
    #expect(line.tipConcentration == 0)
    #expect(line.dispersedTipConcentration == 0)
    #expect(line.push(microlitres: 4, concentration: 2_000) == 0)
    #expect(line.push(microlitres: 1, concentration: 2_000) == 2)
    // More than there is, is all of it.
    #expect(line.emptyCatheter(microlitres: 100).microlitres == 10)
    #expect(line.slugs == [Liquid(microlitres: 10, concentration: 0)])
  }

  @Test("a line that is replaced or primed holds one concentration, and the account goes on")
  func replaced() {
    var line = LineTruth(microlitres: 10, concentration: 1_000)
    line.push(microlitres: 5, concentration: 3_000)
    #expect(line.replaceAll(concentration: 500) == Liquid(microlitres: 10, concentration: 2_000))
    #expect(line.slugs == [Liquid(microlitres: 10, concentration: 500)])
    #expect(line.dispersedTipConcentration == 500)
    // 10 to begin with, 15 pushed, 5 in the new one.
    #expect(line.nanogramsIn == 30)
    #expect(line.nanogramsOut == 5)
    #expect(line.nanogramsRemoved == 20)
  }

  @Test(
    "a head that turns backwards draws out what it pushed in last, and the tip what left it last")
  func backwards() {
    var line = LineTruth(microlitres: 4, concentration: 1_000)
    line.push(microlitres: 3, concentration: 2_000)
    #expect(line.pull(microlitres: 2) == Liquid(microlitres: 2, concentration: 2_000))
    #expect(
      line.slugs == [
        Liquid(microlitres: 3, concentration: 1_000), Liquid(microlitres: 1, concentration: 2_000),
      ])
    #expect(line.nanogramsIn == 6)
    #expect(line.nanogramsOut == 1)
  }

  // MARK: Dispersion

  /// The standard normal distribution at half the width between 10 and 90 %, by a table: 1.28155.
  @Test(
    "the smoothed step is half way with the plug's boundary, and 10 and 90 % half a spread from it")
  func smoothedStep() {
    // The spread is 10 uL.
    var line = LineTruth(microlitres: 100, concentration: 1_000, spread: 0.1)
    #expect(line.dispersedTipConcentration == 1_000)
    line.push(microlitres: 80, concentration: 2_000)
    #expect(abs(line.dispersedTipConcentration - 1_000) < 0.01)
    line.push(microlitres: 15, concentration: 2_000)
    #expect(abs(line.dispersedTipConcentration - 1_100) < 1e-6)
    #expect(line.tipConcentration == 1_000)
    line.push(microlitres: 5, concentration: 2_000)
    #expect(abs(line.dispersedTipConcentration - 1_500) < 1e-6)
    line.push(microlitres: 5, concentration: 2_000)
    #expect(abs(line.dispersedTipConcentration - 1_900) < 1e-6)
    line.push(microlitres: 100, concentration: 2_000)
    #expect(line.dispersedTipConcentration == 2_000)
  }

  @Test("without spread the dispersed answer is the plug's")
  func noSpread() {
    var line = LineTruth(microlitres: 1, concentration: 1_000, spread: 0)
    line.push(microlitres: 0.75, concentration: 7_000)
    #expect(line.dispersedTipConcentration == 1_000)
    line.push(microlitres: 0.5, concentration: 7_000)
    #expect(line.dispersedTipConcentration == 7_000)
  }

  @Test(
    "a short slug between two others gives the same mass by both answers", arguments: [0.05, 0.2])
  func massOfBoth(spread: Double) {
    var line = LineTruth(microlitres: 100, concentration: 0, spread: spread)
    var dispersed = 0.0
    for number in 0..<40_000 {
      let concentration = (2_000..<3_000).contains(number) ? 5_000.0 : 0
      // The middle of the step, so that the sum is the integral.
      line.push(microlitres: 0.005, concentration: concentration)
      dispersed += line.dispersedTipConcentration * 0.01 / 1_000
      line.push(microlitres: 0.005, concentration: concentration)
    }
    // 10 uL of 5000 ng/mL.
    #expect(abs(line.nanogramsOut - 50) < 1e-9)
    #expect(abs(dispersed - 50) < 1e-6)
  }

  // MARK: Conservation

  @Test("nothing is made and nothing is lost, whatever is done", arguments: 0..<40)
  func conservation(seed: UInt64) {
    var numbers = SplitMix64(seed: seed)
    var line = LineTruth(
      microlitres: .random(in: 50...800, using: &numbers), concentration: 2_000_000)
    var concentration = 500_000.0
    for _ in 0..<400 {
      switch Int.random(in: 0..<40, using: &numbers) {
      case 0: line.emptyCatheter(microlitres: .random(in: 0...300, using: &numbers))
      case 1: line.replaceAll(concentration: concentration)
      case 2...8:
        concentration = numbers.pick([0, 50_000, 500_000, 1_999_999.5, 2_000_000])
      case 9: line.pull(microlitres: .random(in: 0...20, using: &numbers))
      case 10: line.push(microlitres: 2 * line.microlitres, concentration: concentration)
      default:
        let step = Double.random(in: 0.001...0.5, using: &numbers)
        for _ in 0..<50 { line.push(microlitres: step, concentration: concentration) }
      }
    }
    let kept = line.nanogramsOut + line.nanogramsRemoved + line.nanograms
    #expect(abs(line.nanogramsIn - kept) <= 1e-9 * line.nanogramsIn)
    let held = line.slugs.reduce(0) { $0 + $1.microlitres }
    #expect(abs(held - line.microlitres) <= 1e-9 * line.microlitres)
  }
}
