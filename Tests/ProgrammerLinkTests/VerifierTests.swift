import DosingCore
import ProgrammerLink
import Quantities
import Testing

@Suite struct VerifierTests {
  // MARK: Who may

  /// The table of DESIGN section 9 once more, in other words than the code's.
  private static let signedBy: [FrameKind: [Role]] = [
    .commit: [.clinician, .technician], .bolus: [.clinician],
    .cancelBolus: [.clinician],
    .patientBolus: [.clinician, .patient], .stop: [.clinician, .technician],
    .resume: [.clinician, .technician], .acknowledge: [.clinician],
    .silence: [.clinician, .technician, .patient], .revoke: [.clinician],
  ]

  private static let proposedBy: [ChangeKind: [Role]] = [
    .program: [.clinician], .clock: [.clinician], .rig: [.clinician, .technician],
    .new: [.clinician], .clear: [.clinician, .technician],
    .supply: [.clinician, .technician],
  ]

  @Test("R-100 R-108 Each role may propose what the row of the change says, and nothing else")
  func proposals() {
    for role in Role.allCases {
      for kind in ChangeKind.allCases {
        var bench = LinkBench()
        let frame = bench.frame(.propose, ProposedChange.blank(kind), by: bench.key(role))
        let may = Self.proposedBy[kind]?.contains(role) ?? false
        #expect(bench.doubt(frame) == (may ? nil : .wrongRole), "\(role) and \(kind)")
      }
      // A kind that there is not.
      var bench = LinkBench()
      let unknown = bench.frame(.propose, BolusBody(), by: bench.key(role))
      #expect(bench.doubt(unknown) == .wrongRole)
    }
  }

  @Test(
    "R-100 R-108 R-109 Each role may sign what its row says, and nothing else",
    arguments: Role.allCases)
  func roles(role: Role) {
    for kind in FrameKind.allCases where kind != .propose && !kind.isOfRecordsOnly {
      var bench = LinkBench()
      let doubt = bench.doubt(bench.frame(kind, by: bench.key(role)))
      let may = Self.signedBy[kind]?.contains(role) ?? false
      #expect(doubt == (may ? nil : .wrongRole), "\(role) and \(kind)")
    }
  }

  private enum Who: CaseIterable {
    case stranger, reader, stopper, owner, root
    case relayedStopper, relayedOwner, relayedRoot

    var sender: LinkSender {
      switch self {
      case .stranger: ProgrammerLinkTests.sender(user: 1000, groups: [1000])
      case .reader: ProgrammerLinkTests.sender(user: 1000, groups: [1000, 50])
      case .stopper: ProgrammerLinkTests.sender(user: 1000, groups: [1000, 60])
      case .owner: ProgrammerLinkTests.sender(user: 900, groups: [900])
      case .root: ProgrammerLinkTests.sender(user: 0, groups: [0])
      case .relayedStopper:
        ProgrammerLinkTests.sender(user: 1000, groups: [1000, 60], isRelayed: true)
      case .relayedOwner: ProgrammerLinkTests.sender(user: 900, groups: [900], isRelayed: true)
      case .relayedRoot: ProgrammerLinkTests.sender(user: 0, groups: [0], isRelayed: true)
      }
    }

    var mayRead: Bool { ![.stranger, .stopper, .relayedStopper].contains(self) }
  }

  @Test("R-106 R-107 R-109 Without a signature each user may what his row says, and nothing else")
  func users() {
    for who in Who.allCases {
      for kind in FrameKind.allCases where !kind.isOfRecordsOnly {
        let may =
          switch kind {
          case .askStatus, .askKeys, .askRecords: who.mayRead
          case .relayed: true
          case .stop: [.stopper, .owner, .root].contains(who)
          case .enroll, .revoke: who == .root
          default: false
          }
        var bench = LinkBench()
        let doubt = bench.doubt(unsigned(kind), from: who.sender)
        #expect(doubt == (may ? nil : .unsigned), "\(who) and \(kind)")
      }
    }
  }

  @Test("R-107 Root resumes without a key after an unsigned stop alone, and never through a relay")
  func unsignedResume() {
    for origin in [StopOrigin.none, .signed, .unsigned] {
      for who in Who.allCases {
        var bench = LinkBench()
        bench.verifier.stopOrigin = origin
        let may = origin == .unsigned && who == .root
        #expect(
          (bench.doubt(unsigned(.resume), from: who.sender) == nil) == may, "\(origin) \(who)")
      }
    }
  }

  @Test("R-106 Without a group that may stop, root and the pump's own user still may")
  func noStopGroup() {
    let groups = LinkGroups(owner: 900, status: 50, stop: nil)
    #expect(groups.mayStop(Peer(process: 1, user: 0, groups: [])))
    #expect(groups.mayStop(Peer(process: 1, user: 900, groups: [])))
    #expect(!groups.mayStop(Peer(process: 1, user: 1000, groups: [50, 60])))
  }

  // MARK: What is signed

  @Test("R-100 One bit changed anywhere in a signed frame, and it is not believed")
  func flippedBits() throws {
    var bench = LinkBench()
    let bolus = bench.frame(
      .bolus, BolusBody(dose: Mass(nanograms: 10_000), duration: .minutes(10)),
      by: bench.clinician)
    let program = bench.frame(.propose, ProposedChange.blank(.program), by: bench.clinician)
    var frames = [bolus, program]
    // Of every kind, so that none is believed by another way.
    for (kind, roles) in Self.signedBy {
      frames.append(bench.frame(kind, by: bench.key(roles[0])))
    }
    for frame in frames {
      // Each bit of one, and of the others at least one of each byte.
      let step = frame == bolus ? 1 : 7
      for bit in stride(from: 0, to: frame.count * 8, by: step) {
        var altered = frame
        altered[bit / 8] ^= 1 << UInt8(bit % 8)
        #expect(bench.doubt(altered) != nil, "bit \(bit)")
      }
    }
    // None of these used up its number: the frame itself is still good, once.
    #expect(bench.doubt(bolus) == nil)
  }

  @Test("R-100 A frame that is cut anywhere, with the length made right, is not believed")
  func truncated() {
    var bench = LinkBench()
    let frame = bench.frame(
      .bolus, BolusBody(dose: Mass(nanograms: 10_000), duration: .minutes(10)),
      by: bench.clinician)
    for length in 16..<frame.count {
      var short = Array(frame.prefix(length))
      short[8] = UInt8(length & 0xff)
      #expect(bench.doubt(short) != nil, "\(length) bytes")
    }
  }

  @Test("R-100 The signature of one command does not pass under another, nor another's key")
  func transplanted() throws {
    var bench = LinkBench()
    let stop = bench.frame(.stop, by: bench.clinician)
    let resume = bench.frame(.resume, by: bench.clinician)
    #expect(bench.doubt(Array(stop.dropLast(64)) + resume.suffix(64)) == .badSignature)
    // Signed by the patient in the clinician's name, and by somebody unknown.
    #expect(
      bench.doubt(bench.frame(.bolus, by: bench.patient, bench.seal(bench.clinician)))
        == .badSignature)
    #expect(bench.doubt(bench.frame(.bolus, by: SigningKey())) == .unknownKey)
    #expect(bench.doubt(unsigned(.bolus)) == .unsigned)
  }

  // MARK: That it is fresh

  @Test("R-101 A frame is believed once; gaps are allowed and kill all lower numbers")
  func replayed() {
    var bench = LinkBench()
    let first = bench.frame(.stop, by: bench.clinician, bench.seal(bench.clinician, number: 5))
    let second = bench.frame(.stop, by: bench.clinician, bench.seal(bench.clinician, number: 9))
    let between = bench.frame(.stop, by: bench.clinician, bench.seal(bench.clinician, number: 7))
    #expect(bench.doubt(first) == nil)
    #expect(bench.doubt(first) == .replayed)
    #expect(bench.doubt(second) == nil)
    for late in [first, second, between] { #expect(bench.doubt(late) == .replayed) }
    // The numbers of keys do not meet.
    #expect(bench.doubt(bench.frame(.stop, by: bench.technician)) == nil)
    let negative = bench.frame(.stop, by: bench.clinician, bench.seal(bench.clinician, number: 0))
    #expect(bench.doubt(negative) == .replayed)
  }

  @Test("R-101 R-102 Nothing of an earlier start is believed, whether its number is known or not")
  func replayedAcrossRestart() {
    var bench = LinkBench(nonce: 1)
    let used = bench.frame(.stop, by: bench.clinician, bench.seal(bench.clinician, number: 3))
    let unused = bench.frame(.resume, by: bench.clinician, bench.seal(bench.clinician, number: 4))
    #expect(bench.doubt(used) == nil)
    bench.restart(nonce: 2)
    _ = bench.verifier.challenge(at: bench.now)
    #expect(bench.doubt(used) == .stale)
    #expect(bench.doubt(unused) == .stale)
    // The number itself is remembered: with a fresh challenge it is still used up.
    let again = bench.frame(.stop, by: bench.clinician, bench.seal(bench.clinician, number: 3))
    #expect(bench.doubt(again) == .replayed)
  }

  @Test("R-102 A challenge has 60 s of powered time, to the nanosecond")
  func stale() {
    for (age, isFresh) in [
      (Nanoseconds.seconds(59), true), (.seconds(60), true), (.seconds(60) + Nanoseconds(1), false),
      (.hours(1), false),
    ] {
      var bench = LinkBench()
      let frame = bench.frame(.stop, by: bench.clinician)
      bench.pass(age)
      // Asking for others keeps no old one alive.
      _ = bench.verifier.challenge(at: bench.now)
      #expect(bench.doubt(frame) == (isFresh ? nil : .stale), "\(age)")
    }
  }

  @Test(
    "R-102 A challenge that the pump did not give is not believed, not even one that it will give")
  func invented() {
    var bench = LinkBench()
    for session in [0, 2, 3, 64, 65, UInt64.max] as [UInt64] {
      var seal = bench.seal(bench.clinician)
      seal.challenge.session = session
      #expect(bench.doubt(bench.frame(.stop, by: bench.clinician, seal)) == .stale, "\(session)")
    }
    var seal = bench.seal(bench.clinician)
    seal.challenge.nonce &+= 1
    #expect(bench.doubt(bench.frame(.stop, by: bench.clinician, seal)) == .stale)
  }

  @Test("R-102 No flood of questions takes a challenge away before its time")
  func flood() {
    var bench = LinkBench()
    let frame = bench.frame(.stop, by: bench.clinician)
    for _ in 0..<600 {
      for _ in 0..<50 { _ = bench.verifier.challenge(at: bench.now) }
      bench.pass(.milliseconds(100))
    }
    #expect(bench.doubt(frame) == nil)
  }

  @Test("R-102 However many challenges were given since, one that is too old does not come back")
  func oldChallengeStaysOld() {
    for given in [58, 59, 60, 61, 62, 63, 64, 65, 66, 127, 128, 129, 192] {
      var bench = LinkBench()
      let frame = bench.frame(.stop, by: bench.clinician)
      for _ in 0..<given {
        bench.pass(.seconds(1))
        _ = bench.verifier.challenge(at: bench.now)
      }
      #expect(bench.doubt(frame) == (given <= 60 ? nil : .stale), "\(given)")
    }
  }

  @Test("R-102 A command for another pump is not believed, though the key is known to both")
  func foreign() {
    var bench = LinkBench()
    var seal = bench.seal(bench.clinician)
    seal.serial = label("BP-0002")
    #expect(bench.doubt(bench.frame(.stop, by: bench.clinician, seal)) == .foreign)
  }

  // MARK: Keys

  @Test("R-109 A key that was revoked is believed no more, and cannot be enrolled again")
  func revoked() throws {
    var bench = LinkBench()
    let frame = bench.frame(.stop, by: bench.technician)
    _ = try bench.verifier.keys.revoke(bench.technician.id)
    #expect(bench.doubt(frame) == .revokedKey)
    let body = EnrollBody(
      role: .clinician, name: label("again"), publicKey: bench.technician.verifying.bytes)
    #expect(throws: FrameFault.keyIsKnown) { try bench.verifier.keys.enroll(body) }
    #expect(throws: FrameFault.noSuchKey) { try bench.verifier.keys.revoke(KeyID(1)) }
    #expect(bench.doubt(bench.frame(.stop, by: bench.clinician)) == nil)
  }

  @Test("R-109 A pump knows so many keys and no more, and takes nothing for a key that is none")
  func enrolling() throws {
    var table = KeyTable()
    for index in 0..<KeyRecord.countMax {
      let key = SigningKey()
      let body = EnrollBody(
        role: .patient, name: label("key \(index)"), publicKey: key.verifying.bytes)
      #expect(try table.enroll(body).id == key.id)
    }
    let more = EnrollBody(
      role: .patient, name: label("more"), publicKey: SigningKey().verifying.bytes)
    #expect(throws: FrameFault.tooManyKeys) { try table.enroll(more) }
    #expect(table.records.count == KeyRecord.countMax)
  }

  @Test("R-108 A patient's key is heard five times in ten minutes, whatever comes of it")
  func patientPace() {
    var bench = LinkBench()
    for _ in 0..<5 {
      #expect(bench.doubt(bench.frame(.patientBolus, by: bench.patient)) == nil)
      bench.pass(.seconds(10))
    }
    #expect(bench.doubt(bench.frame(.patientBolus, by: bench.patient)) == .tooOften)
    // The clinician is not bound by it.
    #expect(bench.doubt(bench.frame(.patientBolus, by: bench.clinician)) == nil)
    bench.pass(.minutes(9))
    #expect(bench.doubt(bench.frame(.patientBolus, by: bench.patient)) == .tooOften)
    bench.pass(.seconds(10))
    #expect(bench.doubt(bench.frame(.patientBolus, by: bench.patient)) == nil)
  }

  // MARK: What is said about it

  @Test("R-103 Whatever was not believed is counted under its doubt")
  func counted() {
    var bench = LinkBench()
    let stop = bench.frame(.stop, by: bench.clinician)
    _ = bench.doubt(stop)
    for _ in 0..<3 { _ = bench.doubt(stop) }
    _ = bench.doubt(unsigned(.bolus))
    _ = bench.doubt(bench.frame(.bolus, by: bench.patient))
    var wanted = [Int64](repeating: 0, count: Doubt.allCases.count)
    wanted[Int(Doubt.replayed.rawValue)] = 3
    wanted[Int(Doubt.unsigned.rawValue)] = 1
    wanted[Int(Doubt.wrongRole.rawValue)] = 1
    #expect(bench.verifier.doubts == wanted)
  }
}
