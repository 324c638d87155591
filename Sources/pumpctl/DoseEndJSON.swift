internal import Documents
internal import DosingCore
internal import Journal
internal import Quantities

/// The end of an extra dose for programs.
struct DoseEndJSON: Encodable {
  /// Nil, as the amounts are, in entries of an earlier version.
  let kind: String?
  let doseNanograms: Int64?
  let cancelledNanograms: Int64?

  init(_ end: DoseEnd) {
    kind = ExtraDose.Kind(rawValue: end.kind)?.code
    doseNanograms = kind == nil ? nil : end.dose.baseUnits
    cancelledNanograms = kind == nil ? nil : end.cancelled.baseUnits
  }
}
