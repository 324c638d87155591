public import Quantities

/// Body of `FrameKind.answer`: what the tick decided.
public struct AnswerBody: FrameBody, Sendable {
  public var answer: Answer
  /// The tick in which it was decided, and its length, so that a refusal can say how long to wait.
  public var decidedAt: Tick
  public var tickPeriod: Nanoseconds
  /// It will be remembered whatever happens. Only a stop is told before it is.
  public var isDurable: Bool
  /// Warnings about a program.
  public var findings: Findings

  public init(
    _ answer: Answer = .accepted, decidedAt: Tick = Tick(0), tickPeriod: Nanoseconds = .zero,
    isDurable: Bool = true, findings: Findings = Findings()
  ) {
    self.answer = answer
    self.decidedAt = decidedAt
    self.tickPeriod = tickPeriod
    self.isDurable = isDurable
    self.findings = findings
  }

  public mutating func layout(_ coder: inout some FrameCoder) {
    var (reason, limit, value, allowedAt) = (RefusalReason?.none, Int64(0), Int64(0), Int64(-1))
    if case .refused(let refusal) = answer {
      (reason, limit, value) = (refusal.reason, refusal.limit, refusal.value)
      allowedAt = refusal.allowedAt?.number ?? -1
    }
    coder.field("reason", orNone: &reason)
    coder.field("limit", &limit)
    coder.field("value", &value)
    coder.field("allowed_at", &allowedAt, unit: "tick, -1 for none")
    // What is not there has one layout.
    let hasNumbers = limit != 0 || value != 0 || allowedAt != -1
    if allowedAt < -1 || (reason == nil && hasNumbers) { coder.fail() }
    coder.field("decided_at", &decidedAt.number, unit: "tick")
    coder.field("tick_period", &tickPeriod)
    coder.field("is_durable", &isDurable)
    findings.layout(&coder)
    answer = .accepted
    guard let reason else { return }
    answer = .refused(
      Refusal(
        reason, limit: limit, value: value, allowedAt: allowedAt < 0 ? nil : Tick(allowedAt)))
  }
}

/// Body of `FrameKind.findings`: why a program was not even given to the tick.
extension Findings: FrameBody {
  public mutating func layout(_ coder: inout some FrameCoder) {
    var (read, length) = (Findings(), count)
    coder.begin("findings", .list(countBytes: 1, atMost: Findings.capacity))
    coder.field(count: &length, atMost: Findings.capacity)
    for index in 0..<length {
      var finding = index < count ? self[index] : Finding(.tickOutOfRange)
      finding.layout(&coder)
      read.append(finding)
    }
    coder.end()
    self = read
  }
}

extension Finding {
  fileprivate mutating func layout(_ coder: inout some FrameCoder) {
    coder.field("rule", &rule)
    coder.field("pattern", &pattern)
    coder.field("step", &step)
    coder.field("value", &value)
    coder.field("bound", &bound)
  }
}

/// Body of `FrameKind.rejected`.
public struct RejectedBody: FrameBody, Sendable {
  public var fault: FrameFault

  public init(_ fault: FrameFault = .notAFrame) { self.fault = fault }

  public mutating func layout(_ coder: inout some FrameCoder) { coder.field("fault", &fault) }
}
