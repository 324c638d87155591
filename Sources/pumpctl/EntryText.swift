internal import Documents
internal import DosingCore
internal import Journal
internal import ProgrammerLink
internal import Quantities

/// Entries of a journal in words.
struct EntryText {
  /// The rig of the start to which the entries belong; nil where it is not known.
  var rig: Rig?
  var keys = KeyNames()

  /// One line: UTC with milliseconds, tick, kind, what happened.
  func line(_ entry: Entry) -> String {
    let utc = UTCTime(nanoseconds: entry.utc).text(decimals: 3)
    let kind = EntryKind(entry.content).rawValue
    return "\(utc) \(Self.pad("\(entry.tick)", to: 10)) \(Self.pad(kind, to: 16)) "
      + words(entry.content)
  }

  func words(_ content: Entry.Content) -> String {
    switch content {
    case .started(let started): started.words(on: rig)
    case .ended: "in order"
    case .requested(let requested): requested.words(keys)
    case .ticksMissed(let count): "\(Self.count(count, "tick")) did not run: a deficit"
    case .steps(let ticks): steps(Int64(ticks.count))
    case .stepRefused(let refusal): refusal.words
    case .leaseGranted(let commit, let end): "up to step \(end), by commit \(commit)"
    case .committed(let committed): committed.words
    case .alarms(let bits):
      bits == 0 ? "none" : FaultCode.on(in: bits).map(\.words).joined(separator: "; ")
    case .fault(let change): change.words
    case .basalChanged(let mode): DeliveryMode(rawValue: mode)?.words ?? "mode \(mode)"
    case .extraDoseEnded(let end): end.words
    case .requestTakenBack:
      "a request was taken back, since it could not be written down or a stop came first"
    case .requestActed: "what was asked acts from here on"
    case .suspended(let length):
      "the machine slept for \(Nanoseconds(length).durationText): a deficit"
    case .outputsFailed(let bits):
      bits == 0 ? "every line can be driven" : "a line cannot be driven"
    case .journalBegun(let begun): begun.words
    case .storageTold(let bits):
      bits == 0
        ? "every place is as it was"
        : StorageTroubles(bits: bits).codes.joined(separator: ", ")
    case .clockTrusted(let late):
      "somebody vouches for the therapy clock; \(Nanoseconds(late).durationText) were added"
    case .clockVouched(let utc): utc.words
    case .eventsLost(let count): "\(Self.count(count, "event")) were not written down"
    case .signed(let head): head.words
    case .requestsCounted(let counted): counted.words(keys)
    case .rigCommitted(let record):
      "rig \(hexadecimal(sha256(of: record)).prefix(16)) runs from the next start on, given its file"
    case .sampled(let readings): readings.words
    case .keyChanged(let change): change.words(keys)
    case .framesRefused(let counts):
      Doubt.counted(counts).map { "\($0.1) \($0.0)" }.joined(separator: ", ")
    case .orderRefused(let order): order.words(keys)
    case .linkCounted(let counted):
      counted.map { "\($0.count) \($0.what.code)" }.joined(separator: ", ")
    }
  }

  private func steps(_ count: Int64) -> String {
    guard let rig else { return Self.count(count, "step") }
    // To the nearest nanolitre.
    let nanolitres = (rig.volume(ofSteps: count).picolitres + 500) / 1000
    return "\(Self.count(count, "step")), +\(decimalText(nanolitres, per: 1000)) uL"
  }

  fileprivate static func count(_ number: Int64, _ word: String) -> String {
    "\(number) \(word)\(number == 1 ? "" : "s")"
  }

  private static func pad(_ text: String, to width: Int) -> String {
    text + String(repeating: " ", count: max(0, width - text.count))
  }
}

extension Started {
  fileprivate func words(on rig: Rig?) -> String {
    var parts = [isPlanned ? "planned" : "UNPLANNED", "after commit \(commits)"]
    if isSimulated { parts.insert("SIMULATED", at: 0) }
    if ticksNotRunning > 0 {
      let time = rig.map { decimalText(ticksNotRunning * $0.tick.count, per: 1_000_000_000) + " s" }
      parts.append("did not run for \(time ?? EntryText.count(ticksNotRunning, "tick"))")
    }
    if stepsInDoubt > 0 { parts.append("\(EntryText.count(stepsInDoubt, "step")) in doubt") }
    if discardedExtraDose { parts.append("the rest of an extra dose is given up") }
    return parts.joined(separator: ", ")
  }
}

extension Requested {
  fileprivate func words(_ keys: KeyNames) -> String {
    let answer =
      reason == 0
      ? "accepted" : "refused, \(RefusalReason(rawValue: reason)?.code ?? "reason \(reason)")"
    let who = seal.map { keys.words($0.key) } ?? "unsigned"
    return "\(Order(frame: frame).words): \(answer); \(who), \(userWords(user)), process \(process)"
  }
}

extension RefusedOrder {
  var requested: Requested {
    var requested = Requested()
    (requested.user, requested.process, requested.frame) = (user, process, frame)
    return requested
  }

  fileprivate func words(_ keys: KeyNames) -> String {
    let who = requested.seal.map { keys.words($0.key) } ?? "unsigned"
    return "\(Order(frame: frame).words): not asked of the engine, \(why.code); \(who), "
      + "\(userWords(user)), process \(process)"
  }
}

extension LinkCount {
  /// Stable, for programs.
  var code: String {
    if let fault { return fault.code }
    if let doubt = Doubt(rawValue: UInt8(clamping: rawValue)), rawValue < 0x100 {
      return doubt.code
    }
    return switch self {
    case .findings: "findings"
    case .equalStop: "equal-stop"
    case .unwrittenOrder: "unwritten-order"
    default: "count-\(rawValue)"
    }
  }
}

extension Committed {
  fileprivate var words: String {
    let steps = account.map { ", \($0.steps) steps made" } ?? ""
    let doubt = stepsInDoubt > 0 ? ", \(stepsInDoubt) in doubt" : ""
    return "\(commit)\(steps)\(doubt), lease up to step \(leaseEnd)"
  }
}

extension DoseEnd {
  fileprivate var words: String {
    guard let kind = ExtraDose.Kind(rawValue: kind) else { return "the extra dose is over" }
    let part = cancelled > .zero ? ", \(cancelled.shown(decimals: 3)) of it were not given" : ""
    return "the \(kind.words) of \(dose.shown(decimals: 3)) is over\(part)"
  }
}

extension SignedHead {
  fileprivate var words: String {
    "\(isEnd ? "the end, " : "")up to event \(event), by the pump's key \(key.text)"
  }
}

extension RequestsCounted {
  fileprivate func words(_ keys: KeyNames) -> String {
    let who = key.raw != 0 ? keys.words(key) : userWords(user)
    return "and \(count) more in this hour that were refused or changed nothing, of \(who)"
  }
}

extension SensorReadings {
  /// As in `encoder 93 deg, load cell 20.1 g`.
  var words: String {
    let parts = [
      encoder.text("encoder") { "\($0 * 360 / 4096) deg" },
      loadCell.text("load cell") { "\(decimalText($0, per: 1000)) g" },
      pressure.text("line") { "\(decimalText($0, per: 1000)) kPa" },
    ].compactMap(\.self)
    return parts.isEmpty ? "none" : parts.joined(separator: ", ")
  }
}

extension FaultChange {
  fileprivate var words: String {
    guard let code = FaultCode(rawValue: code) else { return "alarm \(self.code)" }
    guard let priority = AlarmPriority(rawValue: priority) else { return "\(code.code) ended" }
    return "\(priority.code.uppercased()) \(code.words)"
  }
}

extension KeyChange {
  fileprivate func words(_ keys: KeyNames) -> String {
    let by = byKey.raw != 0 ? keys.words(byKey) : "user \(byUser)"
    return "\(key.isRevoked ? "revoked" : "enrolled") \(key.role.code) \(key.name.text), "
      + "key \(key.id.text), by \(by)"
  }
}

extension JournalBegun {
  fileprivate var words: String {
    let cause =
      switch Cause(rawValue: cause) {
      case .missing: "there was no journal"
      case .damaged: "the one before was damaged and put aside"
      case .unreadable: "the one before could not be read and was put aside"
      case .foreign: "the one before was of another pump and was put aside"
      case .removed: "the one before was taken away while the pump ran"
      case nil: "cause \(cause)"
      }
    return after > 0 ? "\(cause); goes on after event \(after)" : cause
  }
}

extension StorageTroubles {
  /// Stable, for programs and people.
  var codes: [String] {
    [(StorageTroubles.copyFails, "copy-fails"), (.lost, "lost")]
      .filter { overlaps($0.0) }.map(\.1)
  }
}
