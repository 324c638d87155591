internal import Documents
internal import DosingCore
internal import FoundationEssentials
internal import Journal
internal import ProgrammerLink
internal import Quantities

/// An entry for programs: exact integers in base units, and stable codes. What only some kinds have
/// stands under the name of the kind.
struct EntryJSON: Encodable {
  let id: Int64
  let utc: String
  let monotonicNanoseconds: Int64
  let tick: Int64
  let kind: String

  private(set) var started: StartJSON?
  private(set) var request: RequestJSON?
  private(set) var ticksMissed: Int64?
  private(set) var steps: StepsJSON?
  private(set) var stepRefusal: String?
  private(set) var doseEnd: DoseEndJSON?
  private(set) var lease: LeaseJSON?
  private(set) var commit: CommitJSON?
  private(set) var alarms: [String]?
  private(set) var fault: FaultJSON?
  private(set) var suspendedNanoseconds: Int64?
  private(set) var outputsFailed: UInt8?
  private(set) var journal: JournalBegunJSON?
  /// Of the places where things are kept.
  private(set) var storageTroubles: [String]?
  private(set) var mode: String?
  private(set) var clockLateNanoseconds: Int64?
  private(set) var utcVouched: VouchedJSON?
  private(set) var eventsLost: Int64?
  private(set) var sample: SampleJSON?
  private(set) var key: KeyChangeJSON?
  /// By doubt, as many as were refused since the last such entry.
  private(set) var framesRefused: [String: Int64]?
  private(set) var signature: SignatureJSON?
  private(set) var requestsCounted: RequestsCountedJSON?
  /// SHA-256 of the record of the rig on which the next start may run.
  private(set) var rigSha256: String?
  private(set) var orderRefused: RefusedOrderJSON?
  /// By code, since the last such entry.
  private(set) var counted: [String: Int64]?

  /// - Parameter text: what is known of rig and keys.
  init(_ numbered: NumberedEntry, in text: EntryText) {
    let entry = numbered.entry
    id = numbered.id
    utc = UTCTime(nanoseconds: entry.utc).text(decimals: 9)
    monotonicNanoseconds = entry.monotonic
    tick = entry.tick
    kind = EntryKind(entry.content).rawValue
    switch entry.content {
    case .ended, .requestTakenBack, .requestActed: break
    case .extraDoseEnded(let end): doseEnd = DoseEndJSON(end)
    case .started(let started): self.started = StartJSON(started)
    case .requested(let requested): request = RequestJSON(requested, text.keys)
    case .ticksMissed(let count): ticksMissed = count
    case .steps(let ticks): steps = StepsJSON(ticks, on: text.rig)
    case .stepRefused(let refusal): stepRefusal = refusal.code
    case .leaseGranted(let commit, let end): lease = LeaseJSON(commit: commit, end: end)
    case .committed(let committed): commit = CommitJSON(committed)
    case .alarms(let bits): alarms = FaultCode.on(in: bits).map(\.code)
    case .fault(let change): fault = FaultJSON(change)
    case .suspended(let length): suspendedNanoseconds = length
    case .outputsFailed(let bits): outputsFailed = bits
    case .journalBegun(let begun): journal = JournalBegunJSON(begun)
    case .storageTold(let bits): storageTroubles = StorageTroubles(bits: bits).codes
    case .basalChanged(let mode): self.mode = DeliveryMode(rawValue: mode)?.code
    case .clockTrusted(let late): clockLateNanoseconds = late
    case .clockVouched(let utc): utcVouched = VouchedJSON(utc)
    case .eventsLost(let count): eventsLost = count
    case .rigCommitted(let record): rigSha256 = hexadecimal(sha256(of: record))
    case .sampled(let readings): sample = SampleJSON(readings)
    case .keyChanged(let change): key = KeyChangeJSON(change)
    case .signed(let head): signature = SignatureJSON(head)
    case .requestsCounted(let counted): requestsCounted = RequestsCountedJSON(counted)
    case .framesRefused(let counts):
      framesRefused = Dictionary(
        uniqueKeysWithValues: Doubt.counted(counts).map { ($0.0.asKey, $0.1) })
    case .orderRefused(let order): orderRefused = RefusedOrderJSON(order, text.keys)
    case .linkCounted(let counts):
      counted = Dictionary(counts.map { ($0.what.code.asKey, $0.count) }) { $0 + $1 }
    }
  }

  private static let encoder: JSONEncoder = {
    let encoder = JSONEncoder()
    encoder.keyEncodingStrategy = .convertToSnakeCase
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    return encoder
  }()

  /// One line, keys in alphabetical order and in snake case.
  var text: String {
    get throws(Failure) {
      do {
        return String(decoding: try Self.encoder.encode(self), as: UTF8.self)
      } catch {
        throw Failure(.internalError, "entry \(id) cannot be written as JSON: \(error)")
      }
    }
  }
}

extension String {
  /// A code as all other keys are written, which an encoder does not do to the keys of a dictionary.
  fileprivate var asKey: String { map { $0 == "-" ? "_" : "\($0)" }.joined() }
}

struct StartJSON: Encodable {
  let isPlanned: Bool
  let afterCommit: Int64
  let stepsInDoubt: Int64
  let ticksNotRunning: Int64
  let extraDoseGivenUp: Bool
  let simulated: Bool
  /// SHA-256 of the records; no prescription is null.
  let rigSHA256: String
  let prescriptionSHA256: String?

  enum CodingKeys: String, CodingKey {
    case isPlanned = "planned"
    case afterCommit, stepsInDoubt, ticksNotRunning, extraDoseGivenUp, simulated
    case rigSHA256 = "rig_sha256"
    case prescriptionSHA256 = "prescription_sha256"
  }

  init(_ started: Started) {
    isPlanned = started.isPlanned
    afterCommit = started.commits
    stepsInDoubt = started.stepsInDoubt
    ticksNotRunning = started.ticksNotRunning
    extraDoseGivenUp = started.discardedExtraDose
    simulated = started.isSimulated
    rigSHA256 = hexadecimal(started.rig)
    prescriptionSHA256 = started.prescription.isEmpty ? nil : hexadecimal(started.prescription)
  }
}

struct KeyChangeJSON: Encodable {
  let key: String
  let role: String
  let name: String
  let revoked: Bool
  /// Nil where a user did it without a key.
  let byKey: String?
  let byUser: UInt32?

  init(_ change: KeyChange) {
    key = change.key.id.text
    role = change.key.role.code
    name = change.key.name.text
    revoked = change.key.isRevoked
    let isSigned = change.byKey.raw != 0
    byKey = isSigned ? change.byKey.text : nil
    byUser = isSigned ? nil : change.byUser
  }
}

struct RequestJSON: Encodable {
  let number: Int64
  let command: String
  /// Who signed, and the number that the key used up; nil for nobody.
  let key: String?
  /// Nil where it is not known.
  let keyName: String?
  let keyNumber: Int64?
  /// SHA-256 of the whole frame, as it came.
  let frameDigest: String
  let user: UInt32
  let process: Int32
  let accepted: Bool
  /// A stable code; nil where it was accepted.
  let refusal: String?
  private(set) var doseNanograms: Int64?
  private(set) var durationNanoseconds: Int64?
  private(set) var deliveredPicolitres: Int64?
  private(set) var supply: SupplyJSON?
  private(set) var prescription: PrescriptionJSON?
  private(set) var digest: String?
  private(set) var clock: ClockChangeJSON?
  /// Of the record of a rig.
  private(set) var rigSha256: String?

  struct ClockChangeJSON: Encodable {
    let utcOffset: String
    let statedUtc: String?
  }

  struct PrescriptionJSON: Encodable {
    let patient: String
    let drug: String
    let concentrationNanogramsPerMillilitre: Int64
    let basal: String
  }

  init(_ requested: Requested, _ keys: KeyNames) {
    let order = Order(frame: requested.frame)
    number = requested.id
    command = order.code
    key = requested.seal?.key.text
    keyName = requested.seal.flatMap { keys[$0.key]?.text }
    keyNumber = requested.seal?.number
    frameDigest = hexadecimal(sha256(of: requested.frame))
    user = requested.user
    process = requested.process
    accepted = requested.reason == 0
    refusal =
      accepted ? nil : RefusalReason(rawValue: requested.reason)?.code ?? "\(requested.reason)"
    switch order {
    case .change(let change, _): take(change)
    case .bolus(let bolus):
      doseNanograms = bolus.dose.baseUnits
      durationNanoseconds = bolus.duration.count
    case .commit(let commit):
      digest = hexadecimal(commit.digest.array)
    case .plain, .unreadable: break
    }
  }

  private mutating func take(_ change: ProposedChange) {
    switch change {
    case .program(let ordered):
      prescription = PrescriptionJSON(
        patient: ordered.patient.text, drug: ordered.drug.text,
        concentrationNanogramsPerMillilitre: ordered.concentration.baseUnits,
        basal: ordered.mode.code)
    case .clock(let change):
      clock = ClockChangeJSON(
        utcOffset: change.utcOffset.utcOffsetText,
        statedUtc: change.stated.map { UTCTime(nanoseconds: $0.utc).text(decimals: 9) })
    case .rig(let rig): rigSha256 = hexadecimal(sha256(of: rig.recordBytes))
    case .new(let new): deliveredPicolitres = new.deliveredIn24h.baseUnits
    case .supply(let change): supply = SupplyJSON(change)
    case .clear: break
    }
  }
}

/// An order that was signed and not asked of the engine.
struct RefusedOrderJSON: Encodable {
  let command: String
  /// A stable code.
  let why: String
  let key: String?
  let keyName: String?
  let keyNumber: Int64?
  let user: UInt32
  let process: Int32

  init(_ refused: RefusedOrder, _ keys: KeyNames) {
    let seal = refused.requested.seal
    command = Order(frame: refused.frame).code
    why = refused.why.code
    key = seal?.key.text
    keyName = seal.flatMap { keys[$0.key]?.text }
    keyNumber = seal?.number
    (user, process) = (refused.user, refused.process)
  }
}

struct StepsJSON: Encodable {
  let count: Int
  /// The tick of each step.
  let ticks: [Int64]
  /// Rounded down; nil where the rig is not known.
  let volumePicolitres: Int64?

  init(_ ticks: [Int64], on rig: Rig?) {
    count = ticks.count
    self.ticks = ticks
    volumePicolitres = rig.map { $0.volume(ofSteps: Int64(ticks.count)).picolitres }
  }
}

struct LeaseJSON: Encodable {
  let commit: Int64
  /// The count of steps that may not be passed.
  let end: Int64
}

struct CommitJSON: Encodable {
  let number: Int64
  let leaseEnd: Int64
  let stepsInDoubt: Int64
  /// Nil for a commit that a later one overtook before it was written.
  let account: AccountJSON?

  /// All but `steps` in units of account, as decimal digits: they may have 128 bits.
  struct AccountJSON: Encodable {
    let steps: Int64
    let unitsPerStep: String
    /// What the tip gave.
    let delivered: String
    let prescribed: String
    let pending: String
    let extra: String
    let deficit: String
  }

  init(_ committed: Committed) {
    number = committed.commit
    leaseEnd = committed.leaseEnd
    stepsInDoubt = committed.stepsInDoubt
    account = committed.account.map {
      AccountJSON(
        steps: $0.steps, unitsPerStep: "\($0.perStep)", delivered: "\($0.delivered)",
        prescribed: "\($0.prescribed)", pending: "\($0.pending)", extra: "\($0.extra)",
        deficit: "\($0.deficit)")
    }
  }
}

struct FaultJSON: Encodable {
  let code: String
  /// Nil where it has ended.
  let priority: String?
  let raisedTick: Int64

  init(_ change: FaultChange) {
    code = FaultCode(rawValue: change.code)?.code ?? "\(change.code)"
    priority = AlarmPriority(rawValue: change.priority)?.code
    raisedTick = change.raised
  }
}

struct SampleJSON: Encodable {
  let encoderCounts: StatusJSON.Sensor
  let loadCellMilligrams: StatusJSON.Sensor
  let pressurePascals: StatusJSON.Sensor

  init(_ readings: SensorReadings) {
    encoderCounts = StatusJSON.Sensor(readings.encoder)
    loadCellMilligrams = StatusJSON.Sensor(readings.loadCell)
    pressurePascals = StatusJSON.Sensor(readings.pressure)
  }
}

struct VouchedJSON: Encodable {
  let source: String
  let utcInTickZero: String?
  let wasOffNanoseconds: Int64

  init(_ utc: TickFacts.VouchedUTC) {
    source = utc.source.code
    utcInTickZero =
      utc.source == .nobody ? nil : UTCTime(nanoseconds: utc.atTickZero).text(decimals: 9)
    wasOffNanoseconds = utc.wasOff.count
  }
}

struct JournalBegunJSON: Encodable {
  let cause: String
  let afterEvent: Int64

  init(_ begun: JournalBegun) {
    cause = JournalBegun.Cause(rawValue: begun.cause).map { "\($0)" } ?? "\(begun.cause)"
    afterEvent = begun.after
  }
}

struct SignatureJSON: Encodable {
  let upToEvent: Int64
  /// The hash of the chain there.
  let hash: String
  let events: Int64
  let firstEvent: Int64
  let isEnd: Bool
  let key: String
  let signature: String

  init(_ head: SignedHead) {
    (upToEvent, hash) = (head.event, hexadecimal(head.hash))
    (events, firstEvent, isEnd) = (head.count, head.forgotten + 1, head.isEnd)
    (key, signature) = (head.key.text, hexadecimal(head.signature))
  }
}

struct RequestsCountedJSON: Encodable {
  /// Nil for a user without a key.
  let key: String?
  let user: UInt32?
  let count: Int64

  init(_ counted: RequestsCounted) {
    let isSigned = counted.key.raw != 0
    key = isSigned ? counted.key.text : nil
    user = isSigned ? nil : counted.user
    count = counted.count
  }
}
