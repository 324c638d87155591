internal import DosingCore
internal import Quantities

// How entries are kept: a number for the kind, and a body whose layout is read and written by one
// function each.

extension Entry.Content {
  /// Stable: it stands in every journal.
  public var kind: UInt8 {
    switch self {
    case .started: 1
    case .ended: 2
    case .requested: 3
    case .ticksMissed: 4
    case .steps: 5
    case .stepRefused: 6
    case .leaseGranted: 7
    case .committed: 8
    case .alarms: 9
    case .basalChanged: 10
    case .extraDoseEnded: 11
    case .requestTakenBack: 12
    case .clockTrusted: 13
    case .eventsLost: 14
    case .sampled: 15
    case .keyChanged: 16
    case .framesRefused: 17
    case .fault: 18
    case .requestActed: 19
    case .suspended: 20
    case .outputsFailed: 21
    case .clockVouched: 22
    case .journalBegun: 23
    case .storageTold: 24
    case .signed: 25
    case .requestsCounted: 26
    case .rigCommitted: 27
    case .orderRefused: 28
    case .linkCounted: 29
    }
  }

  /// The number of the layout in which a body is written.
  var layout: UInt16 {
    switch self {
    case .committed: 3
    case .stepRefused, .extraDoseEnded: 2
    default: 1
    }
  }

  var body: [UInt8] {
    var (writer, content) = (ByteWriter(), self)
    content.layout(&writer)
    return writer.bytes
  }

  /// Nil where the body is not one of that kind, or kind or layout is not known.
  init?(kind: UInt8, layout: UInt16, body: [UInt8]) {
    guard var content = Self.blank(kind), layout >= 1, layout <= content.layout else { return nil }
    var reader = ByteReader(body)
    if layout == content.layout {
      content.layout(&reader)
    } else {
      content.layoutEarlier(&reader, layout)
    }
    guard reader.isComplete else { return nil }
    self = content
  }

  private static func blank(_ kind: UInt8) -> Self? {
    switch kind {
    case 1: .started(Started())
    case 2: .ended
    case 3: .requested(Requested())
    case 4: .ticksMissed(0)
    case 5: .steps([])
    case 6: .stepRefused(.notYet)
    case 7: .leaseGranted(commit: 0, end: 0)
    case 8: .committed(Committed())
    case 9: .alarms(0)
    case 10: .basalChanged(0)
    case 11: .extraDoseEnded(DoseEnd())
    case 12: .requestTakenBack
    case 13: .clockTrusted(late: 0)
    case 14: .eventsLost(0)
    case 15: .sampled(SensorReadings())
    case 16: .keyChanged(KeyChange())
    case 17: .framesRefused([])
    case 18: .fault(FaultChange())
    case 19: .requestActed
    case 20: .suspended(0)
    case 21: .outputsFailed(0)
    case 22: .clockVouched(TickFacts.VouchedUTC(.nobody, atTickZero: 0))
    case 23: .journalBegun(JournalBegun())
    case 24: .storageTold(0)
    case 25: .signed(SignedHead())
    case 26: .requestsCounted(RequestsCounted())
    case 27: .rigCommitted([])
    case 28: .orderRefused(RefusedOrder())
    case 29: .linkCounted([])
    default: nil
    }
  }

  private mutating func layout(_ coder: inout some FrameCoder) {
    switch self {
    case .ended, .requestTakenBack, .requestActed: break
    case .extraDoseEnded(var end):
      end.layout(&coder)
      self = .extraDoseEnded(end)
    case .started(var started):
      started.layout(&coder)
      self = .started(started)
    case .requested(var requested):
      requested.layout(&coder)
      self = .requested(requested)
    case .committed(var committed):
      committed.layout(&coder)
      self = .committed(committed)
    case .steps(var ticks):
      coder.field(ticks: &ticks)
      self = .steps(ticks)
    case .ticksMissed(var count):
      coder.field(&count)
      self = .ticksMissed(count)
    case .eventsLost(var count):
      coder.field(&count)
      self = .eventsLost(count)
    case .clockTrusted(var late):
      coder.field(&late)
      self = .clockTrusted(late: late)
    case .leaseGranted(var commit, var end):
      coder.field(&commit)
      coder.field(&end)
      self = .leaseGranted(commit: commit, end: end)
    case .stepRefused(var refusal):
      refusal.layout(&coder)
      self = .stepRefused(refusal)
    case .basalChanged(var mode):
      coder.field(&mode)
      self = .basalChanged(mode)
    case .alarms(var bits):
      coder.field(&bits)
      self = .alarms(bits)
    case .fault(var change):
      coder.field(&change.code)
      coder.field(&change.priority)
      coder.field(magnitude: &change.raised)
      self = .fault(change)
    case .suspended(var length):
      coder.field(&length)
      self = .suspended(length)
    case .outputsFailed(var bits):
      coder.field(&bits)
      self = .outputsFailed(bits)
    case .journalBegun(var begun):
      coder.field(&begun.cause)
      coder.field(magnitude: &begun.after)
      self = .journalBegun(begun)
    case .storageTold(var bits):
      coder.field(&bits)
      self = .storageTold(bits)
    case .rigCommitted(var record):
      coder.field(bytes: &record, atMost: RecordWriter.capacity)
      self = .rigCommitted(record)
    case .sampled(var readings):
      readings.layout(&coder)
      self = .sampled(readings)
    case .keyChanged(var change):
      change.key.layout(&coder)
      coder.field(&change.byKey.raw)
      coder.field(&change.byUser)
      self = .keyChanged(change)
    case .framesRefused(var counts):
      coder.field(counts: &counts)
      self = .framesRefused(counts)
    case .clockVouched(var utc):
      coder.field(&utc.source)
      coder.field(&utc.atTickZero)
      coder.field(&utc.wasOff)
      self = .clockVouched(utc)
    case .signed(var head):
      head.layout(&coder)
      self = .signed(head)
    case .requestsCounted(var counted):
      coder.field(&counted.key.raw)
      coder.field(&counted.user)
      coder.field(magnitude: &counted.count)
      self = .requestsCounted(counted)
    case .orderRefused(var order):
      order.layout(&coder)
      self = .orderRefused(order)
    case .linkCounted(var counted):
      coder.field(counted: &counted)
      self = .linkCounted(counted)
    }
  }
}

extension Entry.Content {
  /// An earlier layout of what has another one now.
  private mutating func layoutEarlier(_ coder: inout some FrameCoder, _ number: UInt16) {
    switch self {
    case .committed(var committed):
      committed.layout(&coder) { account, coder in
        if number == 1 {
          account.layoutFirst(&coder, unitsInUnit: 1)
        } else {
          account.layout(&coder, tellsDelivered: false)
        }
      }
      self = .committed(committed)
    case .stepRefused:
      // A refusal by a window did not say what the interlock had counted.
      var raw: UInt8 = 0
      coder.field(&raw)
      if raw > 1 { coder.fail() }
      self = .stepRefused(raw == 0 ? .notYet : .window(hourSteps: 0, daySteps: 0))
    // It said no more than that one was over.
    case .extraDoseEnded: break
    default: coder.fail()
    }
  }
}

extension StepRefusal {
  fileprivate mutating func layout(_ coder: inout some FrameCoder) {
    var (kind, hour, day) = numbers
    coder.field(&kind)
    coder.field(magnitude: &hour)
    coder.field(magnitude: &day)
    guard let known = Self(kind: kind, hourSteps: hour, daySteps: day) else { return coder.fail() }
    self = known
  }
}

extension FrameCoder {
  /// Ticks in order: the first whole, each other as its distance from the one before.
  fileprivate mutating func field(ticks: inout [Int64]) {
    var count = UInt32(clamping: ticks.count)
    field(&count)
    var (read, before): ([Int64], Int64) = ([], 0)
    for index in 0..<Int(count) {
      if failed { return }
      var distance = (index < ticks.count ? ticks[index] : 0) &- before
      if index == 0 { field(&distance) } else { fieldShort(&distance) }
      before &+= distance
      read.append(before)
    }
    ticks = read
  }

  /// Numbers behind their count.
  fileprivate mutating func field(counts: inout [Int64]) {
    var length = UInt8(clamping: counts.count)
    field(&length)
    if counts.count != Int(length) { counts = Array(repeating: 0, count: Int(length)) }
    for index in counts.indices { field(magnitude: &counts[index]) }
  }

  fileprivate mutating func field(counted: inout [CountedLink]) {
    var length = UInt16(clamping: counted.count)
    field(&length)
    var read: [CountedLink] = []
    for index in 0..<Int(length) {
      if failed { return }
      let one = index < counted.count ? counted[index] : CountedLink(.findings, 0)
      var (code, count) = (one.what.rawValue, one.count)
      field(&code)
      field(magnitude: &count)
      read.append(CountedLink(LinkCount(rawValue: code), count))
    }
    counted = read
  }

  /// Most distances are small: one of 32 bits, or, behind its greatest value, one of 64.
  private mutating func fieldShort(_ distance: inout Int64) {
    var short = UInt32(clamping: distance)
    field(&short)
    if short == .max { field(&distance) } else { distance = Int64(short) }
  }
}

extension Started {
  fileprivate mutating func layout(_ coder: inout some FrameCoder) {
    coder.field(bytes: &state, atMost: RecordWriter.capacity)
    coder.field(bytes: &rig, atMost: 32)
    coder.field(bytes: &prescription, atMost: 32)
    coder.field(&commits)
    coder.field(&isPlanned)
    coder.field(&stepsInDoubt)
    coder.field(&ticksNotRunning)
    coder.field(&discardedExtraDose)
    coder.field(&isSimulated)
  }
}

extension Requested {
  fileprivate mutating func layout(_ coder: inout some FrameCoder) {
    coder.field(&id)
    coder.field(&user)
    coder.field(&process)
    coder.field(&reason)
    coder.field(bytes: &frame, atMost: FrameHeader.frameMax)
  }
}

extension RefusedOrder {
  fileprivate mutating func layout(_ coder: inout some FrameCoder) {
    var code = why.rawValue
    coder.field(&user)
    coder.field(&process)
    coder.field(&code)
    coder.field(bytes: &frame, atMost: FrameHeader.frameMax)
    why = LinkCount(rawValue: code)
  }
}

extension Committed {
  fileprivate mutating func layout(_ coder: inout some FrameCoder) {
    layout(&coder) { account, coder in account.layout(&coder) }
  }

  fileprivate mutating func layout<Coder: FrameCoder>(
    _ coder: inout Coder, field: (inout Account, inout Coder) -> Void
  ) {
    coder.field(&commit)
    coder.field(&leaseEnd)
    var hasAccount = account != nil
    coder.field(&hasAccount)
    var whole = account ?? Account(perStep: 1)
    field(&whole, &coder)
    account = hasAccount ? whole : nil
    coder.field(&stepsInDoubt)
  }
}
