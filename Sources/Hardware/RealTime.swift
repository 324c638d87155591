internal import CHardware
public import Quantities

/// The clocks of the machine, and what the operating system grants a real-time program.
public enum RealTime {
  /// CLOCK_MONOTONIC.
  public static var now: Nanoseconds { Nanoseconds(chw_monotonic_ns()) }

  /// CLOCK_BOOTTIME: time since the machine started, suspension included. The clock of a rig.
  public static var sinceBoot: Nanoseconds { Nanoseconds(chw_boot_ns()) }

  /// UTC as the system has it, since 1970.
  public static var utc: Nanoseconds { Nanoseconds(chw_utc_ns()) }

  /// Whether the kernel says that UTC is synchronised.
  public static var utcIsSynchronised: Bool { chw_utc_is_synchronised() }

  /// Sleeps until CLOCK_MONOTONIC reaches `deadline`: one system call.
  @inline(__always)
  public static func sleep(until deadline: Nanoseconds) {
    let error = chw_sleep_until_ns(deadline.count)
    precondition(error == 0, "an absolute sleep on CLOCK_MONOTONIC cannot fail")
  }

  /// Sleeps until CLOCK_BOOTTIME reaches `deadline`: one system call.
  @inline(__always)
  public static func sleep(untilBoot deadline: Nanoseconds) {
    let error = chw_sleep_until_boot_ns(deadline.count)
    precondition(error == 0, "an absolute sleep on CLOCK_BOOTTIME cannot fail")
  }

  /// What RLIMIT_MEMLOCK must be at least, or be raised to, before memory is locked.
  public static let lockedBytesMin = UInt64(CHW_LOCKED_BYTES_MIN)

  /// Locks all memory. Returns the errno of a refusal, 0 for success.
  public static func lockMemory() -> Int32 { -chw_lock_memory() }
}

/// A thread that may run under SCHED_FIFO.
@safe public struct RealTimeThread {
  private let thread: OpaquePointer
  /// The errno with which SCHED_FIFO was refused; 0 where it was granted or not asked for.
  public let refusal: Int32

  /// - Parameter priority: 1 to 99 for SCHED_FIFO, 0 for the ordinary policy.
  public init(
    name: String, priority: Int32, body: @escaping @Sendable () -> Void
  ) throws(HardwareError) {
    var refusal: Int32 = 0
    var started: OpaquePointer?
    let box = unsafe Unmanaged.passRetained(Box(body)).toOpaque()
    let error = unsafe name.withCString { name in
      unsafe chw_thread_start(
        { argument in
          guard let argument = unsafe argument else { return }
          unsafe Unmanaged<Box>.fromOpaque(argument).takeRetainedValue().body()
        }, box, priority, name, &refusal, &started)
    }
    guard error == 0, let thread = unsafe started else {
      unsafe Unmanaged<Box>.fromOpaque(box).release()
      throw .system
    }
    unsafe self.thread = thread
    self.refusal = refusal
  }

  /// Waits for the end of the thread. Once.
  public func join() { _ = unsafe chw_thread_join(thread) }

  /// What C can hold a reference to.
  private final class Box: Sendable {
    let body: @Sendable () -> Void
    init(_ body: @escaping @Sendable () -> Void) { self.body = body }
  }
}
