internal import DosingCore
public import Quantities

/// The end of an extra dose: what was asked for, and what of it was given up. Masses are rounded down.
public struct DoseEnd: Equatable, Sendable {
  /// The raw value of the `ExtraDose.Kind`; 0 in entries of the first layout, which told no amounts.
  public var kind: UInt8 = 0
  public var dose = Mass.zero
  public var cancelled = Mass.zero

  public init() {}

  public init(kind: UInt8, dose: Mass, cancelled: Mass) {
    (self.kind, self.dose, self.cancelled) = (kind, dose, cancelled)
  }

  mutating func layout(_ coder: inout some FrameCoder) {
    coder.field(&kind)
    coder.field(&dose)
    coder.field(&cancelled)
  }
}
