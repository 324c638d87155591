public import DosingCore

/// What the link only counts, by a number that is stable: it stands in every journal.
public struct LinkCount: RawRepresentable, Hashable, Sendable {
  public let rawValue: UInt16

  public init(rawValue: UInt16) { self.rawValue = rawValue }

  /// Frames that were not believed, by the raw value of the `Doubt`.
  public static func doubt(_ raw: UInt8) -> Self { Self(rawValue: UInt16(raw)) }

  /// Messages that were no frame, and frames that could not be answered.
  public static func fault(_ fault: FrameFault) -> Self {
    Self(rawValue: 0x100 + UInt16(fault.rawValue))
  }

  /// A program that does not fit, told by its findings.
  public static let findings = Self(rawValue: 0x200)
  /// A stop of a pump that stood by a stop of the same sender.
  public static let equalStop = Self(rawValue: 0x201)
  /// A signed order that was refused and found no room in the journal.
  public static let unwrittenOrder = Self(rawValue: 0x202)

  /// Whether it counts what was refused.
  public var isRefusal: Bool { rawValue < 0x200 }

  /// Nil for what is no fault, or one that a newer version knows.
  public var fault: FrameFault? {
    (0x100..<0x200).contains(rawValue) ? FrameFault(rawValue: UInt8(rawValue - 0x100)) : nil
  }
}

/// So often since the last entry.
public struct CountedLink: Equatable, Sendable {
  public var what: LinkCount
  public var count: Int64

  public init(_ what: LinkCount, _ count: Int64) { (self.what, self.count) = (what, count) }
}

/// An order that was signed by a key of the pump and not even asked of the engine.
public struct RefusedOrder: Sendable {
  public var user: UInt32 = 0
  public var process: Int32 = 0
  /// Why.
  public var why = LinkCount.findings
  /// The whole frame, as it came.
  public var frame: [UInt8] = []

  public init() {}
}

/// When a patient's key asked, on CLOCK_BOOTTIME of one boot.
public struct PatientPace: Equatable, Sendable {
  public var bootID: [UInt8]
  public var asked: [Int64]

  public init(bootID: [UInt8], asked: [Int64]) { (self.bootID, self.asked) = (bootID, asked) }

  /// The same as another boot sees it, in which no time is known to have passed since the newest.
  ///
  /// - Parameter now: CLOCK_BOOTTIME of that boot.
  public func asked(inBoot bootID: [UInt8], at now: Int64) -> [Int64] {
    guard bootID != self.bootID, let newest = asked.max() else { return asked }
    return asked.map { now - (newest - $0) }
  }
}
