internal import Documents
internal import DosingCore
internal import Glibc
internal import Journal
internal import ProgrammerLink

/// A look at the whole log of a pump as evidence: whether every link of its chain holds, and whether the pump
/// vouches for it.
struct LogVerification {
  let reader: JournalReader
  let signing: SigningOptions

  /// What is worth a line where nothing speaks against it.
  ///
  /// - Throws: what does: `badData`, or `noPermission` for the key of another pump.
  func lines() throws(Failure) -> [String] {
    let key = try trustedKey()
    let report = try reader.verify(
      HeadVerifier(key: key.id) { key.signed($0, $1) })
    if let broken = report.firstBroken {
      throw reader.failure(
        .badData,
        "event \(broken) is broken: it was altered, left out or put in; "
          + "\(report.events + report.kept) events before it are linked")
    }
    let signatures = report.signatures ?? SignatureReport()
    if let fault = signatures.fault { throw failure(fault, key) }
    let elsewhere = try reader.commitElsewhere()
    if elsewhere > reader.head.commit {
      throw reader.failure(
        .badData,
        "it ends with commit \(reader.head.commit), and the safe-basal copies know of commit "
          + "\(elsewhere): its end was cut, or an older one was put back")
    }
    return linked(report) + signed(signatures, key)
  }

  // MARK: Whose key

  /// The key that this user trusts; else the one that the pump or its directory shows, which is said.
  private func trustedKey() throws(Failure) -> VerifyingKey {
    let serial = reader.head.serial
    if let label = Label(utf8: serial.utf8), let known = try signing.knownPumps.key(of: label) {
      return known
    }
    guard let shown = try reader.pumpKey() else {
      throw reader.failure(
        .noPermission,
        "the key of pump \(serial) is not known here, so its signatures cannot be checked; see "
          + "pumpctl key trust, or give --pumps")
    }
    complain(
      "pumpctl: the key of pump \(serial) is not known here; its log is held against the key that "
        + "\(shown.place) shows, for which nobody vouches; see pumpctl key trust")
    return shown.key
  }

  // MARK: Words

  private func linked(_ report: ChainReport) -> [String] {
    let kept = report.kept > 0 ? ["\(report.kept) older events kept"] : []
    return ["\(report.events) events linked, from \(report.first)"] + kept
  }

  private func signed(_ report: SignatureReport, _ key: VerifyingKey) -> [String] {
    guard let newest = report.newest else { return [] }
    let utc = UTCTime(nanoseconds: newest.utc).text(decimals: 3)
    var lines = [
      "signed up to event \(newest.head.event) by the pump's key \(key.id.text) at \(utc), "
        + Self.age(of: newest.utc)
    ]
    if report.others > 0 { lines.append("\(report.others) signatures before are of other keys") }
    let ended = reader.head.isSettled
    lines.append(
      ended
        ? "the pump ended in order with it"
        : "\(report.behind) events behind it are not signed yet, and nothing says whether there were more"
    )
    return lines
  }

  private static func age(of utc: Int64) -> String {
    var now = timespec()
    _ = unsafe clock_gettime(CLOCK_REALTIME, &now)
    let hours = (Int64(now.tv_sec) - utc / 1_000_000_000) / 3_600
    return hours < 1 ? "less than an hour ago" : "\(hours) h ago"
  }

  private func failure(_ fault: SignatureReport.Fault, _ key: VerifyingKey) -> Failure {
    switch fault {
    case .unsigned:
      reader.failure(
        .badData,
        "no event is signed: an earlier version wrote it, or its signatures were taken out")
    case .rewritten(let event):
      reader.failure(
        .badData,
        "it was rewritten: the pump's signature in event \(event) does not fit what stands before it"
      )
    case .otherKey(let other, let event):
      reader.failure(
        .noPermission,
        "event \(event) is signed by key \(other.text), not by \(key.id.text), which is trusted; "
          + "it is of another pump, or the pump has a new key: see pumpctl key trust")
    case .beginIsCut(let signed):
      reader.failure(
        .badData,
        "its beginning was cut: it was signed from event \(signed) on, with other older ones")
    case .endIsCut:
      reader.failure(
        .badData,
        "its end was cut: the pump ended in order, and the signature of its end is not the last event"
      )
    case .tailIsUnsigned:
      reader.failure(
        .badData, "it goes on for hours behind the newest signature: some were taken out")
    }
  }
}
