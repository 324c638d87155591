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
    var (reason, limit, value, allowedAt) = (UInt8(0), Int64(0), Int64(0), Int64(-1))
    if case .refused(let refusal) = answer {
      (reason, limit, value) = (refusal.reason.rawValue, refusal.limit, refusal.value)
      allowedAt = refusal.allowedAt?.number ?? -1
    }
    coder.field(&reason)
    coder.field(&limit)
    coder.field(&value)
    coder.field(&allowedAt)
    // What is not there has one layout.
    let hasNumbers = limit != 0 || value != 0 || allowedAt != -1
    if allowedAt < -1 || (reason == 0 && hasNumbers) { coder.fail() }
    coder.field(&decidedAt.number)
    coder.field(&tickPeriod)
    coder.field(&isDurable)
    findings.layout(&coder)
    answer = .accepted
    guard reason != 0 else { return }
    guard let known = RefusalReason(rawValue: reason) else { return coder.fail() }
    answer = .refused(
      Refusal(
        known, limit: limit, value: value, allowedAt: allowedAt < 0 ? nil : Tick(allowedAt)))
  }
}

/// Body of `FrameKind.findings`: why a program was not even given to the tick.
extension Findings: FrameBody {
  public mutating func layout(_ coder: inout some FrameCoder) {
    var (read, length) = (Findings(), count)
    coder.field(count: &length, atMost: Findings.capacity)
    for index in 0..<length {
      var finding = index < count ? self[index] : Finding(.tickOutOfRange)
      finding.layout(&coder)
      read.append(finding)
    }
    self = read
  }
}

extension Finding {
  fileprivate mutating func layout(_ coder: inout some FrameCoder) {
    coder.field(&rule)
    coder.field(&pattern)
    coder.field(&step)
    coder.field(&value)
    coder.field(&bound)
  }
}

/// Body of `FrameKind.rejected`.
public struct RejectedBody: FrameBody, Sendable {
  public var fault: FrameFault

  public init(_ fault: FrameFault = .notAFrame) { self.fault = fault }

  public mutating func layout(_ coder: inout some FrameCoder) { coder.field(&fault) }
}
