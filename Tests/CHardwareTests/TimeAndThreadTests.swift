import CHardware
import Glibc
import Synchronization
import Testing

// One at a time: they count the same signals.
@Suite(.serialized) struct SleepTests {
  @Test func `The monotonic clock never goes back`() {
    var last = chw_monotonic_ns()
    for _ in 0..<100_000 {
      let now = chw_monotonic_ns()
      if now < last { Issue.record("\(now) after \(last)") }
      last = now
    }
  }

  /// The two clocks by which a thread may sleep.
  enum Clock: CaseIterable {
    case monotonic, boot

    var now: Int64 { self == .boot ? chw_boot_ns() : chw_monotonic_ns() }

    func sleep(until deadline: Int64) -> Int32 {
      self == .boot ? chw_sleep_until_boot_ns(deadline) : chw_sleep_until_ns(deadline)
    }
  }

  @Test(arguments: Clock.allCases, [Int64.min, -1, 0, 1])
  func `A deadline in the past returns at once`(clock: Clock, deadline: Int64) {
    let before = clock.now
    #expect(clock.sleep(until: deadline) == 0)
    #expect(clock.sleep(until: before) == 0)
    // Far more than it needs: a loaded machine may be slow, a sleep would be a minute.
    #expect(clock.now - before < 5 * second)
  }

  @Test(arguments: Clock.allCases) func `A sleep does not end before its deadline`(clock: Clock) {
    for length in [1, 999, 1_000_000, 3_333_333, 20_000_000] as [Int64] {
      let deadline = clock.now + length
      #expect(clock.sleep(until: deadline) == 0)
      #expect(clock.now >= deadline)
      // Nor long after it, as it would by a clock that reads less.
      #expect(clock.now - deadline < 5 * second)
    }
  }

  @Test(arguments: Clock.allCases) func `A sleep goes on after a signal`(clock: Clock) throws {
    signal(SIGUSR1) { _ in Interruptions.count.add(1, ordering: .relaxed) }
    let sleeper = Sleeper()
    let before = Interruptions.count.load(ordering: .relaxed)
    let thread = try TestThread {
      // The threads that tests run on block signals, and a new thread inherits that.
      var signals = sigset_t()
      unsafe sigemptyset(&signals)
      unsafe sigaddset(&signals, SIGUSR1)
      unsafe pthread_sigmask(SIG_UNBLOCK, &signals, nil)
      let deadline = clock.now + 50 * millisecond
      sleeper.id.store(UInt(pthread_self()), ordering: .releasing)
      sleeper.error.store(clock.sleep(until: deadline), ordering: .relaxed)
      sleeper.early.store(clock.now < deadline, ordering: .relaxed)
      while !sleeper.mayEnd.load(ordering: .acquiring) {}
    }
    while sleeper.id.load(ordering: .acquiring) == 0 {}
    for _ in 0..<5 {
      _ = chw_sleep_until_ns(chw_monotonic_ns() + 5 * millisecond)
      pthread_kill(pthread_t(sleeper.id.load(ordering: .acquiring)), SIGUSR1)
    }
    sleeper.mayEnd.store(true, ordering: .releasing)
    thread.join()
    let error = sleeper.error.load(ordering: .relaxed)
    let early = sleeper.early.load(ordering: .relaxed)
    let interruptions = Interruptions.count.load(ordering: .relaxed)
    #expect(interruptions > before)
    #expect(error == 0)
    #expect(!early)
  }

  private enum Interruptions {
    static let count = Atomic(0)
  }

  private final class Sleeper: Sendable {
    let id = Atomic<UInt>(0)
    let error = Atomic<Int32>(1)
    let early = Atomic(true)
    let mayEnd = Atomic(false)
  }
}

@Suite struct ThreadTests {
  /// What a thread saw of itself.
  private struct Observation {
    var policy: Int32 = -1
    var priority: Int32 = -1
    var timerSlack = ""
    var name = ""

    static func ofThisThread() -> Observation {
      var seen = Observation()
      var parameters = sched_param()
      unsafe pthread_getschedparam(pthread_self(), &seen.policy, &parameters)
      seen.priority = parameters.sched_priority
      seen.timerSlack = firstLine(of: "/proc/\(threadNumber())/timerslack_ns")
      seen.name = firstLine(of: "/proc/thread-self/comm")
      return seen
    }
  }

  private final class Observer: Sendable {
    private let seen = Mutex(Observation())
    func look() { seen.withLock { $0 = .ofThisThread() } }
    var result: Observation { seen.withLock { $0 } }
  }

  @Test func `A thread of priority 0 runs with the ordinary policy and its own name`() throws {
    let observer = Observer()
    let thread = try TestThread(priority: 0, name: "ordinary") { observer.look() }
    thread.join()
    #expect(thread.refusal == 0)
    #expect(observer.result.policy == SCHED_OTHER)
    #expect(observer.result.name == "ordinary")
  }

  @Test
  func `A thread of priority 50 is real-time, or the refusal is told and its timers are exact`()
    throws
  {
    let observer = Observer()
    let thread = try TestThread(priority: 50, name: "tick") { observer.look() }
    thread.join()
    let seen = observer.result
    if thread.refusal == 0 {
      #expect(seen.policy == SCHED_FIFO)
      #expect(seen.priority == 50)
    } else {
      print("SCHED_FIFO was refused here with errno \(thread.refusal)")
      #expect(seen.policy == SCHED_OTHER)
      // Empty where the kernel does not tell.
      #expect(seen.timerSlack == "1" || seen.timerSlack.isEmpty)
    }
    #expect(seen.name == "tick")
  }

  @Test func `A name longer than the kernel keeps is cut`() throws {
    let observer = Observer()
    try TestThread(name: "a-name-of-20-letters") { observer.look() }.join()
    #expect(observer.result.name == "a-name-of-20-le")
  }

  @Test(arguments: [-1, 100] as [Int32]) func `A priority outside 0 to 99 starts nothing`(
    priority: Int32
  ) {
    var refusal: Int32 = 7
    var thread: OpaquePointer?
    #expect(unsafe chw_thread_start({ _ in }, nil, priority, "none", &refusal, &thread) == -EINVAL)
    #expect(unsafe thread == nil)
    #expect(refusal == 0)
  }

  @Test func `A thread can use a stack of 1 MiB`() throws {
    let observer = StackObserver()
    try TestThread { observer.depth.store(descend(to: 1 << 20), ordering: .releasing) }.join()
    let depth = observer.depth.load(ordering: .acquiring)
    #expect(depth >= 1 << 20)
  }

  @Test func `Only a thread that asks for real time finds its stack there`() throws {
    let faults = [Int32(0), 1].map { priority in
      let observer = StackObserver()
      var refusal: Int32 = 0
      var thread: OpaquePointer?
      let started = unsafe chw_thread_start(
        { argument in
          let observer = unsafe Unmanaged<StackObserver>.fromOpaque(argument!).takeUnretainedValue()
          let before = pageFaults()
          observer.depth.store(descend(to: 1 << 19), ordering: .releasing)
          observer.faults.store(pageFaults() - before, ordering: .releasing)
        }, unsafe Unmanaged.passUnretained(observer).toOpaque(), priority, "stack", &refusal,
        &thread)
      #expect(started == 0)
      unsafe #expect(chw_thread_join(thread!) == 0)
      return observer.faults.load(ordering: .acquiring)
    }
    // Half a MiB is 128 pages.
    #expect(faults[0] >= 100 && faults[1] < 50, "\(faults)")
  }

  private final class StackObserver: Sendable {
    let depth = Atomic<UInt>(0)
    let faults = Atomic<Int>(0)
  }

  @Test func `After memory was locked, or refused, threads still start`() async {
    await #expect(processExitsWith: .success) {
      let error = chw_lock_memory()
      precondition(error == 0 || error == -EPERM || error == -ENOMEM, "\(error)")
      var refusal: Int32 = 0
      for _ in 0..<4 {
        var thread: OpaquePointer?
        let started = unsafe chw_thread_start({ _ in }, nil, 0, "after", &refusal, &thread)
        precondition(started == 0)
        unsafe precondition(chw_thread_join(thread!) == 0)
      }
      var ordinary = pthread_t()
      precondition(unsafe pthread_create(&ordinary, nil, { _ in nil }, nil) == 0)
      precondition(pthread_join(ordinary, nil) == 0)
    }
  }
}

/// How many pages the calling thread has waited for that were not there.
private func pageFaults() -> Int {
  // RUSAGE_THREAD, which the Swift library does not know.
  let ofThisThread = __rusage_who_t(1)
  var usage = rusage()
  return unsafe getrusage(ofThisThread, &usage) == 0 ? usage.ru_minflt : -1
}

/// The kernel's number of the calling thread. Only under this number does it tell the timer slack.
private func threadNumber() -> Substring {
  var bytes = [CChar](repeating: 0, count: 64)
  // Reads as "process/task/thread".
  guard unsafe readlink("/proc/thread-self", &bytes, bytes.count) > 0 else { return "" }
  let path = String(decoding: bytes.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
  return path.split(separator: "/").last ?? ""
}

/// Empty where the file cannot be read.
private func firstLine(of path: String) -> String {
  guard let file = unsafe fopen(path, "r") else { return "" }
  defer { unsafe fclose(file) }
  var bytes = [CChar](repeating: 0, count: 64)
  guard unsafe fgets(&bytes, Int32(bytes.count), file) != nil else { return "" }
  let line = bytes.prefix { $0 != 0 && $0 != CChar(UInt8(ascii: "\n")) }
  return String(decoding: line.map(UInt8.init(bitPattern:)), as: UTF8.self)
}

/// Goes down the stack of the calling thread, a frame a time; returns how many bytes deep it came.
@inline(never) private func descend(to depth: UInt, from top: UInt) -> UInt {
  var frame: (UInt64, UInt64, UInt64, UInt64) = (0, 0, 0, 0)
  let here = unsafe withUnsafeMutablePointer(to: &frame) { UInt(bitPattern: $0) }
  // Wraps where a sanitizer keeps frames elsewhere: then nothing is shown, and nothing fails.
  if top &- here >= depth { return top &- here }
  return descend(to: depth, from: top) + UInt(frame.0)
}

private func descend(to depth: UInt) -> UInt {
  var top = 0
  let address = unsafe withUnsafeMutablePointer(to: &top) { UInt(bitPattern: $0) }
  return descend(to: depth, from: address)
}
