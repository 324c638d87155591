/// A bench as 64-bit words, in which it is kept in a file: what head, reservoir and line have come to.
struct BenchRecord: Equatable {
  /// Another number wherever the words below mean something else.
  static let layout: UInt64 = 1

  var words: [UInt64] = []

  init(words: [UInt64]) { self.words = words }

  init(_ head: PumpHeadTruth) {
    add(head.geometry.microlitresPerRevolution)
    add(head.geometry.stepsPerRevolution)
    for count in [head.motorSteps, head.wetSteps, head.pulsesWithoutMotion] { add(count) }
    add(head.nanogramsPushed)
    add(head.reservoir)
    add(head.line == nil ? 0 : 1)
    if let line = head.line { add(line) }
  }

  /// Nil where the words are no bench.
  ///
  /// - Parameter gate: that of the bench, which is a circuit and remembers nothing.
  func head(gate: HeartbeatGate) -> PumpHeadTruth? {
    var reader = Reader(words: words[...])
    guard let volume = reader.number(), let stepsPerRevolution = reader.count(),
      let motorSteps = reader.count(), let wetSteps = reader.count(),
      let pulsesWithoutMotion = reader.count(), let pushed = reader.number(),
      let reservoir = reader.reservoir(), let hasLine = reader.count()
    else { return nil }
    let line = hasLine == 0 ? nil : reader.line()
    guard (hasLine == 0) == (line == nil), reader.words.isEmpty else { return nil }
    return PumpHeadTruth(
      geometry: HeadGeometry(
        microlitresPerRevolution: volume, stepsPerRevolution: stepsPerRevolution),
      reservoir: reservoir, line: line, gate: gate,
      turned: (motorSteps, wetSteps, pulsesWithoutMotion), nanogramsPushed: pushed)
  }

  private mutating func add(_ number: Double) { words.append(number.bitPattern) }
  private mutating func add(_ count: Int) { words.append(UInt64(bitPattern: Int64(count))) }

  private mutating func add(_ liquid: Liquid) {
    add(liquid.microlitres)
    add(liquid.concentration)
  }

  private mutating func add(_ liquids: [Liquid]) {
    add(liquids.count)
    for liquid in liquids { add(liquid) }
  }

  private mutating func add(_ reservoir: ReservoirTruth) {
    add(reservoir.capacityMicrolitres)
    add(reservoir.contents)
    for number in [
      reservoir.dryNanograms, reservoir.leakMicrolitresPerDay,
      reservoir.evaporationMicrolitresPerDay, reservoir.leakedMicrolitres,
      reservoir.leakedNanograms, reservoir.evaporatedMicrolitres,
    ] { add(number) }
    add(reservoir.elsewhere)
  }

  private mutating func add(_ line: LineTruth) {
    for number in [
      line.microlitres, line.spread, line.nanogramsIn, line.nanogramsOut, line.nanogramsRemoved,
    ] { add(number) }
    add(line.slugs)
    add(line.departed)
  }

  private struct Reader {
    var words: ArraySlice<UInt64>

    mutating func count() -> Int? { words.popFirst().map { Int(Int64(bitPattern: $0)) } }

    /// Every number of a bench is finite.
    mutating func number() -> Double? {
      words.popFirst().map { Double(bitPattern: $0) }.flatMap { $0.isFinite ? $0 : nil }
    }

    mutating func numbers(_ count: Int) -> [Double]? {
      let numbers = (0..<count).compactMap { _ in number() }
      return numbers.count == count ? numbers : nil
    }

    mutating func liquid() -> Liquid? {
      guard let numbers = numbers(2), numbers.allSatisfy({ $0 >= 0 }) else { return nil }
      return Liquid(microlitres: numbers[0], concentration: numbers[1])
    }

    mutating func liquids() -> [Liquid]? {
      guard let count = count(), (1...words.count).contains(count) else { return nil }
      let liquids = (0..<count).compactMap { _ in liquid() }
      return liquids.count == count ? liquids : nil
    }

    mutating func reservoir() -> ReservoirTruth? {
      guard let capacity = number(), let contents = liquid(), let numbers = numbers(6),
        let elsewhere = liquid()
      else { return nil }
      return ReservoirTruth(
        capacityMicrolitres: capacity, contents: contents, dryNanograms: numbers[0],
        perDay: (leak: numbers[1], evaporation: numbers[2]),
        lost: (
          leakedMicrolitres: numbers[3], leakedNanograms: numbers[4],
          evaporatedMicrolitres: numbers[5], elsewhere: elsewhere
        ))
    }

    mutating func line() -> LineTruth? {
      guard let numbers = numbers(5), let slugs = liquids(), let departed = liquids() else {
        return nil
      }
      return LineTruth(
        microlitres: numbers[0], spread: numbers[1], slugs: slugs, departed: departed,
        masses: (cameIn: numbers[2], leftTip: numbers[3], wasRemoved: numbers[4]))
    }
  }
}
