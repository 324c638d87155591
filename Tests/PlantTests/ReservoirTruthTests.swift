import Plant
import SeededNumbers
import Testing

@Suite struct ReservoirTruthTests {
  private let day: Int64 = 86_400_000_000_000

  /// 20.5 mL, full of 2000 ug/mL.
  private var full: ReservoirTruth {
    ReservoirTruth(capacityMicrolitres: 20_500, concentration: 2_000_000)
  }

  @Test("what stays behind mixes with what is filled in")
  func residue() {
    var reservoir = full
    let syringe = reservoir.aspirate(microlitres: 20_000)
    #expect(syringe == Liquid(microlitres: 20_000, concentration: 2_000_000))
    #expect(syringe.nanograms == 40_000_000)
    #expect(reservoir.fill(microlitres: 20_000, concentration: 500_000) == 20_000)
    // (0.5 mL x 2000 ug/mL + 20 mL x 500 ug/mL) / 20.5 mL = 11000 / 20.5
    #expect(abs(reservoir.concentration / 1_000 - 536.585_365_853_658_5) < 1e-9)
    #expect(abs(reservoir.nanograms - 11_000_000) < 1e-6)
    #expect(reservoir.microlitres == 20_500)
  }

  @Test("nobody draws more than is there, and what does not fit stays in the syringe")
  func bounds() {
    var reservoir = full
    #expect(reservoir.fill(microlitres: 3, concentration: 500_000) == 0)
    #expect(reservoir.concentration == 2_000_000)
    #expect(reservoir.aspirate(microlitres: 30_000).microlitres == 20_500)
    #expect(reservoir.aspirate(microlitres: 1) == Liquid(microlitres: 0, concentration: 2_000_000))
    #expect(reservoir.nanograms == 0)
    #expect(reservoir.fill(microlitres: 25_000, concentration: 500_000) == 20_500)
    #expect(reservoir.contents == Liquid(microlitres: 20_500, concentration: 500_000))
  }

  @Test("of a fill into another place nothing arrives")
  func elsewhere() {
    var reservoir = full
    reservoir.aspirate(microlitres: 20_000)
    reservoir.fillElsewhere(microlitres: 20_000, concentration: 500_000)
    #expect(reservoir.contents == Liquid(microlitres: 500, concentration: 2_000_000))
    #expect(reservoir.elsewhere == Liquid(microlitres: 20_000, concentration: 500_000))
  }

  @Test("the head takes all that it asks for, or nothing")
  func head() {
    var reservoir = ReservoirTruth(
      capacityMicrolitres: 100, microlitres: 2.5, concentration: 1_000)
    #expect(reservoir.take(microlitres: 1) == Liquid(microlitres: 1, concentration: 1_000))
    #expect(reservoir.take(microlitres: 1).microlitres == 1)
    #expect(reservoir.take(microlitres: 1) == .none)
    #expect(reservoir.microlitres == 0.5)
    reservoir.takeBack(Liquid(microlitres: 1.5, concentration: 3_000))
    #expect(reservoir.contents == Liquid(microlitres: 2, concentration: 2_500))
  }

  @Test("a leak takes the drug along, evaporation leaves it")
  func losses() {
    var reservoir = ReservoirTruth(capacityMicrolitres: 1_000, concentration: 1_000)
    reservoir.leakMicrolitresPerDay = 100
    reservoir.pass(nanoseconds: day)
    #expect(reservoir.contents == Liquid(microlitres: 900, concentration: 1_000))
    #expect(reservoir.leakedMicrolitres == 100)
    #expect(abs(reservoir.leakedNanograms - 100) < 1e-9)

    reservoir.leakMicrolitresPerDay = 0
    reservoir.evaporationMicrolitresPerDay = 50
    reservoir.pass(nanoseconds: 9 * day)
    #expect(reservoir.microlitres == 450)
    #expect(reservoir.evaporatedMicrolitres == 450)
    #expect(abs(reservoir.concentration - 2_000) < 1e-9)

    // Both at the same rate: the mass falls as the root of the volume, from 900 to 450 ng.
    reservoir.leakMicrolitresPerDay = 50
    reservoir.pass(nanoseconds: 27 * day / 8)
    #expect(abs(reservoir.microlitres - 112.5) < 1e-9)
    #expect(abs(reservoir.nanograms - 450) < 1e-9)
  }

  @Test("how time is cut makes no difference")
  func anyGrid() {
    var (coarse, fine) = (full, full)
    for seconds in [Int64(1), 86_400] {
      var reservoir = full
      (reservoir.leakMicrolitresPerDay, reservoir.evaporationMicrolitresPerDay) = (300, 40)
      for _ in 0..<(86_400 / seconds) { reservoir.pass(nanoseconds: seconds * 1_000_000_000) }
      if seconds == 1 { fine = reservoir } else { coarse = reservoir }
    }
    #expect(abs(fine.microlitres - 20_160) < 1e-6)
    #expect(abs(fine.microlitres - coarse.microlitres) < 1e-6)
    #expect(abs(fine.concentration / coarse.concentration - 1) < 1e-10)
  }

  @Test("what dries up leaves its drug, and the next filling dissolves it")
  func dry() {
    var reservoir = ReservoirTruth(
      capacityMicrolitres: 1_000, microlitres: 10, concentration: 1_000)
    reservoir.evaporationMicrolitresPerDay = 20
    reservoir.pass(nanoseconds: day)
    #expect(reservoir.microlitres == 0)
    #expect(reservoir.nanograms == 10)
    #expect(reservoir.take(microlitres: 1) == .none)
    reservoir.fill(microlitres: 100, concentration: 500)
    #expect(abs(reservoir.concentration - 600) < 1e-9)
    #expect(abs(reservoir.nanograms - 60) < 1e-9)
  }

  @Test("nothing is made and nothing is lost, whatever is done", arguments: 0..<40)
  func conservation(seed: UInt64) {
    var numbers = SplitMix64(seed: seed)
    var reservoir = full
    var (massIn, massOut) = (reservoir.nanograms, 0.0)
    var (volumeIn, volumeOut) = (reservoir.microlitres, 0.0)
    for _ in 0..<300 {
      var drawn = Liquid.none
      switch Int.random(in: 0..<10, using: &numbers) {
      case 0: drawn = reservoir.aspirate(microlitres: .random(in: 0...20_000, using: &numbers))
      case 1:
        let concentration = numbers.pick([50_000.0, 500_000, 2_000_000])
        let arrived = reservoir.fill(
          microlitres: .random(in: 0...20_000, using: &numbers), concentration: concentration)
        volumeIn += arrived
        massIn += arrived * concentration / 1_000
      case 2: reservoir.leakMicrolitresPerDay = numbers.pick([0, 3, 700])
      case 3: reservoir.evaporationMicrolitresPerDay = numbers.pick([0, 5, 900])
      case 4: reservoir.pass(nanoseconds: numbers.number(1...day))
      default: drawn = reservoir.take(microlitres: .random(in: 0...30, using: &numbers))
      }
      volumeOut += drawn.microlitres
      massOut += drawn.nanograms
    }
    let mass = massOut + reservoir.leakedNanograms + reservoir.nanograms
    #expect(abs(massIn - mass) <= 1e-9 * massIn)
    let volume =
      volumeOut + reservoir.leakedMicrolitres + reservoir.evaporatedMicrolitres
      + reservoir.microlitres
    #expect(abs(volumeIn - volume) <= 1e-9 * volumeIn)
  }
}
