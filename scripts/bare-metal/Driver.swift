// Runs a core script through the dosing core and tells what came of it. The same file is compiled
// for the host and for the bare microcontroller; nothing here knows which of the two it is on.

import DosingCore
import Quantities

/// 64-bit FNV-1a of everything that is laid out into it.
private struct Digest: FrameCoder {
  private(set) var value: UInt64 = 0xcbf2_9ce4_8422_2325
  private(set) var failed = false

  mutating func field(_ value: inout UInt8) {
    self.value = (self.value ^ UInt64(value)) &* 0x100_0000_01b3
  }

  mutating func fail() { failed = true }

  mutating func fold(_ body: some FrameBody) {
    var body = body
    body.layout(&self)
  }

  mutating func fold(_ number: some FixedWidthInteger) {
    var number = number
    field(&number)
  }

  mutating func fold(_ decision: Decision, at tick: Tick) {
    var decision = decision
    fold(tick.number)
    field(&decision.steps)
    field(&decision.basalChanged)
    field(&decision.extraDoseEnded)
    field(&decision.faultsChanged)
    field(&decision.wasLate)
  }

  mutating func fold(_ account: Account) {
    fold(account.steps)
    fold(account.prescribed)
    fold(account.pending)
    for reason in 0..<Account.Deficit.count { fold(account.deficit(at: reason)) }
  }
}

/// Why a script was not run to its end.
private enum ScriptFault: UInt8, Error {
  case truncatedOrMalformed = 1
  case rigUnusable = 2
  case eventsOutOfOrder = 3
  case eventBehindTheEnd = 4
}

private struct Outcome {
  var ticks: Int64
  var steps: Int64
  var digest: UInt64
}

/// The pump, where a firmware has it: in memory of its own, so that the stack is what the core takes of it.
private nonisolated(unsafe) var pump: DosingState?
/// What is asked of it, likewise.
private nonisolated(unsafe) var asked = Request.stop

private func run(_ script: Span<UInt8>) throws(ScriptFault) -> Outcome {
  var reader: ScriptReader
  do { reader = try ScriptReader(script) } catch { throw .truncatedOrMalformed }
  var findings = Findings()
  reader.header.rig.check(into: &findings)
  guard findings.errors == 0 else { throw .rigUnusable }
  begin(reader.header)
  return try unsafe run(&reader, in: script, &pump!)
}

@inline(never)
private func begin(_ header: ScriptHeader) {
  unsafe pump = DosingState(rig: header.rig, clock: header.clock)
}

private func run(
  _ reader: inout ScriptReader, in script: Span<UInt8>, _ state: inout DosingState
) throws(ScriptFault) -> Outcome {
  let header = reader.header
  var digest = Digest()
  var event = try nextEvent(&reader, in: script)
  for number in 0..<header.ticks.count {
    let tick = Tick(number)
    while let (due, frame) = event, due <= tick {
      guard due == tick else { throw .eventsOutOfOrder }
      ask(&state, for: script.extracting(frame), at: tick, &digest)
      event = try nextEvent(&reader, in: script)
    }
    let decision = state.step(tick)
    if decision != Decision() { digest.fold(decision, at: tick) }
  }
  guard event == nil else { throw .eventBehindTheEnd }
  digest.fold(state.account)
  return Outcome(ticks: header.ticks.count, steps: state.account.steps, digest: digest.value)
}

private func nextEvent(
  _ reader: inout ScriptReader, in script: Span<UInt8>
) throws(ScriptFault) -> (tick: Tick, frame: Range<Int>)? {
  do { return try reader.next(in: script) } catch { throw .truncatedOrMalformed }
}

/// Gives a request to the core as a pump does, and folds the body of the frame that would answer it.
@inline(never)
private func ask(
  _ state: inout DosingState, for frame: Span<UInt8>, at tick: Tick, _ digest: inout Digest
) {
  var findings = Findings()
  do throws(FrameFault) {
    if let answer = try decide(&state, on: frame, at: tick, &findings) {
      fold(answer, decidedAt: tick, tickPeriod: state.rig.tick, findings, &digest)
    } else {
      digest.fold(findings)
    }
  } catch {
    digest.fold(RejectedBody(error))
  }
}

/// Nil where the frame holds a change that is not valid.
@inline(never)
private func decide(
  _ state: inout DosingState, on frame: Span<UInt8>, at tick: Tick, _ findings: inout Findings
) throws(FrameFault) -> Answer? {
  guard try unsafe asked.read(frame, on: state.rig, findings: &findings) else { return nil }
  return unsafe state.decide(asked, at: tick)
}

@inline(never)
private func fold(
  _ answer: Answer, decidedAt tick: Tick, tickPeriod: Nanoseconds, _ findings: Findings,
  _ digest: inout Digest
) {
  digest.fold(AnswerBody(answer, decidedAt: tick, tickPeriod: tickPeriod, findings: findings))
}

// MARK: What C calls

/// Runs the script and writes one line, `ticks steps digest`, that ends with a zero byte.
///
/// - Parameter line: room for 64 bytes.
/// - Returns: 0, or the raw value of a `ScriptFault`; then there is no line.
@c(run_script)
public func runScript(
  _ script: UnsafePointer<UInt8>, _ count: Int, _ line: UnsafeMutablePointer<UInt8>
) -> UInt8 {
  let bytes = unsafe UnsafeBufferPointer(start: script, count: count)
  var text = Line()
  do throws(ScriptFault) {
    let outcome = try unsafe run(bytes.span)
    text.append(UInt64(outcome.ticks), base: 10, places: 1)
    text.append(UInt8(ascii: " "))
    text.append(UInt64(outcome.steps), base: 10, places: 1)
    text.append(UInt8(ascii: " "))
    text.append(outcome.digest, base: 16, places: 16)
  } catch {
    return error.rawValue
  }
  for index in text.bytes.indices { unsafe line[index] = text.bytes[index] }
  return 0
}

/// Bytes of the core's whole state on this machine.
@c(dosing_state_size)
public func dosingStateSize() -> Int { MemoryLayout<DosingState>.size }

/// A short text in fixed memory, with zeros behind it.
private struct Line {
  var bytes = InlineArray<64, UInt8>(repeating: 0)
  private var count = 0

  mutating func append(_ byte: UInt8) {
    bytes[count] = byte
    count += 1
  }

  mutating func append(_ number: UInt64, base: UInt64, places: Int) {
    var (divisor, digits) = (UInt64(1), 1)
    while digits < places || number / divisor >= base {
      divisor *= base
      digits += 1
    }
    while divisor > 0 {
      let digit = UInt8(truncatingIfNeeded: number / divisor % base)
      append(digit < 10 ? UInt8(ascii: "0") + digit : UInt8(ascii: "a") + digit - 10)
      divisor /= base
    }
  }
}
