public import DosingCore
public import Quantities

/// The keys that a pump knows, and how often those of patients asked.
public struct KeyTable: Sendable {
  /// Also those that were revoked: their IDs stay refused.
  public private(set) var records: [KeyRecord]
  /// When patients asked, on CLOCK_BOOTTIME: what `countPatient` looks back on.
  private var asked: [KeyID: [Nanoseconds]]

  /// Commands of a patient's key in any ten minutes; the prescribed lockout comes on top.
  static let patientCommandsMax = 5
  static let patientSpan = Nanoseconds.minutes(10)

  /// Keys that were revoked and are remembered, beside those that are believed.
  public static let revokedMax = 1_000

  /// - Parameter asked: when patients' keys asked before, on CLOCK_BOOTTIME.
  public init(_ records: [KeyRecord] = [], asked: [KeyID: [Nanoseconds]] = [:]) {
    (self.records, self.asked) = (records, asked)
  }

  /// Those that are believed.
  public var believed: [KeyRecord] { records.filter { !$0.isRevoked } }

  /// As many as a frame holds: those that are believed, and then of the others.
  public var shown: some Sequence<KeyRecord> {
    (believed + records.filter(\.isRevoked)).prefix(KeyRecord.countMax)
  }

  public subscript(id: KeyID) -> KeyRecord? { records.first { $0.id == id } }

  /// A key that is new to the pump.
  ///
  /// - Throws: why not; the table is as before.
  public mutating func enroll(_ body: EnrollBody) throws(FrameFault) -> KeyRecord {
    guard let key = VerifyingKey(bytes: body.publicKey) else { throw .malformedBody }
    if self[key.id] != nil { throw .keyIsKnown }
    // One that is revoked takes no place among those that are believed.
    let isFull =
      believed.count >= KeyRecord.countMax
      || records.count >= KeyRecord.countMax + Self.revokedMax
    if isFull { throw .tooManyKeys }
    let record = KeyRecord(
      id: key.id, role: body.role, name: body.name, publicKey: body.publicKey)
    records.append(record)
    return record
  }

  /// From here on nothing that it signs is believed.
  public mutating func revoke(_ id: KeyID) throws(FrameFault) -> KeyRecord {
    guard let index = index(of: id) else { throw .noSuchKey }
    records[index].isRevoked = true
    return records[index]
  }

  mutating func accept(_ number: Int64, of id: KeyID) {
    guard let index = index(of: id) else { return }
    records[index].newestNumber = number
  }

  /// When a patient's key asked, as far as that still counts.
  public func asked(by id: KeyID) -> [Nanoseconds]? { asked[id] }

  /// Counts a command of a patient's key. False where there were too many.
  mutating func countPatient(_ id: KeyID, at now: Nanoseconds) -> Bool {
    var times = asked[id, default: []].filter { now - $0 < Self.patientSpan }
    defer { asked[id] = times }
    guard times.count < Self.patientCommandsMax else { return false }
    times.append(now)
    return true
  }

  private func index(of id: KeyID) -> Int? { records.firstIndex { $0.id == id } }
}
