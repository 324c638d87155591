internal import Documents
internal import DosingCore
internal import Foundation
internal import Quantities

/// Where a refill is, for programs.
struct RefillJSON: Encodable {
  let stage: String
  /// What the pump waits to be told.
  let next: String
  /// What the reservoir holds by count.
  let reservoirPicolitres: Int64
  let announcedNanogramsPerMillilitre: Int64
  let beforeNanogramsPerMillilitre: Int64
  /// The drug that is filled, where that is another one than there was; with no refill under way the one that
  /// there is, where another one is ordered.
  let otherDrug: String?
  let expectedPicolitres: Int64
  let aspiratedPicolitres: Int64
  let filledPicolitres: Int64
  /// What finishing would make of it; 0 before it is filled.
  let mixedNanogramsPerMillilitre: Int64

  init(_ status: Status) {
    let refill = status.refill
    (stage, next) = (refill.stage.code, refill.stage.next.code)
    reservoirPicolitres = status.reservoir.baseUnits
    announcedNanogramsPerMillilitre = refill.announced.baseUnits
    beforeNanogramsPerMillilitre = refill.before.baseUnits
    otherDrug = refill.otherDrug == .none ? nil : refill.otherDrug.text
    expectedPicolitres = refill.expected.baseUnits
    aspiratedPicolitres = refill.aspirated.baseUnits
    filledPicolitres = refill.filled.baseUnits
    mixedNanogramsPerMillilitre = refill.mixed.baseUnits
  }
}

/// What somebody said he did to reservoir or line; what a step does not say is 0. The lot of a begin is another
/// drug.
struct SupplyJSON: Encodable {
  let step: String
  let nanogramsPerMillilitre: Int64
  let picolitres: Int64
  let lot: String
  let overrides: Bool

  init(_ change: SupplyChange) {
    step = change.step.code
    nanogramsPerMillilitre = change.concentration.baseUnits
    picolitres = change.volume.baseUnits
    (lot, overrides) = (change.lot.text, change.overrides)
  }
}

/// A part of the line, for programs; the first is at the tip.
struct LinePartJSON: Encodable {
  /// 0: no drug.
  let nanogramsPerMillilitre: Int64
  let picolitres: Int64
  let uncertainPicolitres: Int64
  /// When the tip gives the next one; nil for the last, and where nothing runs.
  let leavesTick: Int64?

  init(_ part: ShownLine.Part) {
    nanogramsPerMillilitre = part.concentration.baseUnits
    (picolitres, uncertainPicolitres) = (part.volume.baseUnits, part.uncertain.baseUnits)
    leavesTick = part.leaves?.number
  }
}

/// A prime or a purge that runs, for programs.
struct PrimeJSON: Encodable {
  let kind: String
  let leftPicolitres: Int64
  let endsTick: Int64

  init(_ prime: ShownPrime) {
    (kind, leftPicolitres, endsTick) = (prime.kind.code, prime.left.baseUnits, prime.ends.number)
  }
}

/// What the reservoir may hold, by count, by weight and by both, and in how many seconds it comes to its marks;
/// nil for not within a year, and where nothing runs.
struct ForecastJSON: Encodable {
  struct Span: Encodable {
    let earliestS: Int64?
    let expectedS: Int64?
    let latestS: Int64?

    init(_ span: Forecast.Span) {
      func seconds(_ time: Nanoseconds) -> Int64? {
        Forecast.known(time).map { $0.count / 1_000_000_000 }
      }
      (earliestS, expectedS) = (seconds(span.earliest), seconds(span.expected))
      latestS = seconds(span.latest)
    }
  }

  struct Interval: Encodable {
    let leastPicolitres: Int64
    let mostPicolitres: Int64

    init(_ interval: VolumeInterval) {
      (leastPicolitres, mostPicolitres) = (interval.least.baseUnits, interval.most.baseUnits)
    }
  }

  let leastPicolitres: Int64
  let mostPicolitres: Int64
  let counted: Interval
  let weighed: Interval?
  let low: Span
  let empty: Span

  init(_ forecast: Forecast) {
    let reservoir = forecast.reservoir
    leastPicolitres = reservoir.held.least.baseUnits
    mostPicolitres = reservoir.held.most.baseUnits
    (counted, weighed) = (Interval(reservoir.counted), reservoir.weighed.map { Interval($0) })
    (low, empty) = (Span(forecast.low), Span(forecast.empty))
  }
}

extension Encodable {
  /// One line, keys in alphabetical order and in snake case.
  var jsonLine: String {
    get throws(Failure) {
      let encoder = JSONEncoder()
      encoder.keyEncodingStrategy = .convertToSnakeCase
      encoder.outputFormatting = [.sortedKeys]
      do {
        return String(decoding: try encoder.encode(self), as: UTF8.self)
      } catch {
        throw Failure(.internalError, "it cannot be written as JSON: \(error)")
      }
    }
  }
}

/// Prints a value as one line, or ends the program where that is not possible.
func printLine(_ value: some Encodable) {
  do {
    try StandardOutput.print([try value.jsonLine])
  } catch {
    end(error.code, error.message)
  }
}
