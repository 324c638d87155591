import ChildProcess
import DosingCore
import Foundation
import Journal
import ProgrammerLink
import Quantities
import SeededNumbers

/// Two clinicians who program the same pump through a relay that cheats, and an account of it that is
/// made from what they know and what the pump wrote down.
final class LinkStory {
  private struct Clinician {
    let key: SigningKey
    /// Proposals that the pump answered, by digest: the dose in force beside which it was shown, and its
    /// own; in ng/d, 0 for none.
    var shown: [String: (old: Int64, new: Int64)] = [:]
  }

  /// A command that a clinician signed, as the journal names it.
  struct Signed: Hashable {
    let key: String
    let command: String
  }

  /// What a clinician was told.
  enum Told { case accepted, refused, nothing }

  let pump: RunningPump
  let relay: CrookedRelay
  private let pumpKey: VerifyingKey
  private var clinicians: [Clinician] = []
  private var random: SplitMix64
  /// How often each was told that his command was accepted.
  private(set) var accepted: [Signed: Int] = [:]
  private(set) var refused = 0
  private(set) var unanswered = 0

  init(seed: UInt64) throws {
    pump = try RunningPump()
    relay = CrookedRelay(socket: pump.socket, seed: seed)
    random = SplitMix64(seed: seed &+ 1)
    pumpKey = try Self.key(of: pump.socket)
    for name in ["anna", "ben"] {
      let key = SigningKey()
      try pump.enroll(key, role: "clinician", name: name)
      clinicians.append(Clinician(key: key))
    }
  }

  private static func key(of socket: String) throws -> VerifyingKey {
    var client = try LinkClient(path: socket)
    guard case .keys(let keys) = try client.ask(.askKeys).reply,
      let key = VerifyingKey(bytes: keys.pumpKey)
    else { throw KillTestFailure(what: "no key of the pump") }
    return key
  }

  // MARK: The story

  func play(rounds: Int) {
    for _ in 0..<rounds {
      let who = Int(random.number(0...1))
      switch random.number(0...5) {
      case 0:
        order(who, "bolus", .bolus, BolusBody(dose: Mass(nanograms: 500), duration: .minutes(1)))
      case 1: order(who, "stop", .stop, EmptyBody())
      case 2: order(who, "resume", .resume, EmptyBody())
      case 3: propose(who)
      default:
        propose(who)
        // Now and then the other one comes between.
        if random.oneIn(3) { propose(1 - who) }
        if random.oneIn(4) { commit(1 - who) }
        commit(who)
      }
    }
  }

  private func programmer(_ who: Int) -> Programmer {
    let pumpKey = pumpKey
    return Programmer(LinkClient(stream: relay.connect()), key: clinicians[who].key) { _ in pumpKey
    }
  }

  private func propose(_ who: Int) {
    var programmer = programmer(who)
    let dose = 290_000 + random.number(0...20) * 1_000
    guard
      let reply = try? programmer.order(.propose, ProposedChange.program(Self.prescription(dose)))
    else { return }
    guard case .proposal(let proposal) = reply, case .program(let shown, _) = proposal.shown else {
      return
    }
    let old = shown.map { $0.patterns[0].steps[0].rate.nanogramsPerDay } ?? 0
    clinicians[who].shown[Self.text(proposal.digest)] = (old, dose)
    newest[who] = proposal.digest
  }

  private var newest: [Int: InlineArray<32, UInt8>] = [:]

  private func commit(_ who: Int) {
    guard let digest = newest[who] else { return }
    order(who, "commit", .commit, CommitBody(digest: digest))
  }

  private func order(_ who: Int, _ command: String, _ kind: FrameKind, _ body: some FrameBody) {
    var programmer = programmer(who)
    let signed = Signed(key: Self.text(clinicians[who].key.id), command: command)
    switch try? programmer.order(kind, body) {
    case .answer(let answer)?:
      guard case .accepted = answer.answer else {
        refused += 1
        return
      }
      accepted[signed, default: 0] += 1
    case .rejected?: refused += 1
    default: unanswered += 1
    }
  }

  // MARK: The account

  /// What is wrong with what the pump did, in sentences.
  func violations() throws -> [String] {
    let requests = try pump.entries("--kind", "request", "--last", "1000000")
      .compactMap { $0["request"] as? [String: Any] }
    var violations: [String] = []
    var numbers: Set<String> = []
    // What came to the relay, before it did anything with it.
    let sent = Set(relay.requests.map { Self.text(sha256(of: $0)) })
    var counted: [Signed: Int] = [:]
    var inForce: Int64 = 0
    for request in requests {
      guard let command = request["command"] as? String, let key = request["key"] as? String,
        let number = request["key_number"] as? Int64
      else {
        violations.append("a command that nobody signed: \(request)")
        continue
      }
      if !sent.contains(request["frame_digest"] as? String ?? "") {
        violations.append("\(command) was carried out by a frame that nobody sent")
      }
      if !numbers.insert("\(key) \(number)").inserted {
        violations.append("number \(number) of key \(key) was used twice")
      }
      guard request["accepted"] as? Bool == true else { continue }
      counted[Signed(key: key, command: command), default: 0] += 1
      guard command == "commit" else { continue }
      let digest = request["digest"] as? String ?? ""
      let shown = clinicians.first { Self.text($0.key.id) == key }?.shown[digest]
      guard let shown else {
        violations.append("\(key) committed \(digest), which was not shown to him")
        continue
      }
      if shown.old != inForce {
        violations.append("\(digest) was shown beside \(shown.old), and \(inForce) was in force")
      }
      inForce = shown.new
    }
    for (signed, count) in accepted where counted[signed, default: 0] < count {
      violations.append("\(signed) was told accepted \(count) times, carried out \(counted)")
    }
    let dose = try pump.number("basal_nanograms_per_day")
    let mode = try pump.word("mode")
    if mode == "continuous", dose != inForce {
      violations.append("\(inForce) was committed, and \(dose) runs")
    }
    return violations
  }

  /// How many commands the pump carried out.
  func carriedOut() throws -> Int {
    try pump.entries("--kind", "request", "--last", "1000000").count
  }

  private static func prescription(_ nanogramsPerDay: Int64) -> Prescription {
    func label(_ text: String) -> Label { Label(utf8: text.utf8) ?? .none }
    var order = Prescription(
      patient: label("BENCH-01"), drug: label("baclofen"),
      concentration: Concentration(baseUnits: 500_000), mode: .continuous,
      maxDose1h: Mass(nanograms: 60_000), maxDose24h: Mass(nanograms: 500_000))
    order.setContinuous(DoseRate(nanogramsPerDay: nanogramsPerDay))
    order.safeBasal = DoseRate(nanogramsPerDay: 200_000)
    return order
  }

  static func text(_ digest: InlineArray<32, UInt8>) -> String {
    digest.indices.map { String(format: "%02x", digest[$0]) }.joined()
  }

  private static func text(_ digest: [UInt8]) -> String {
    digest.map { String(format: "%02x", $0) }.joined()
  }

  static func text(_ id: KeyID) -> String { String(format: "%016lx", id.raw) }
}
