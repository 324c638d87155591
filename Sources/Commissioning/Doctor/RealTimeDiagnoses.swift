internal import Documents
internal import Glibc
internal import Hardware

// Whether the tick thread may run at its priority, and never waits for a page.

extension Diagnosis {
  /// - Parameters:
  ///   - refusal: the errno with which SCHED_FIFO was refused to a thread; 0 where it was granted.
  ///   - isNeeded: whether a motor depends on it. A simulated rig may well be late.
  static func realTime(
    priority: Int32, refusal: Int32, grants: ProcessGrants, isNeeded: Bool
  ) -> Self {
    let name = "real-time"
    let limit = grants.realTimePriority.soft
    let told =
      "RLIMIT_RTPRIO is \(limit == ProcessGrants.Limit.unlimited ? "unlimited" : "\(limit)")"
    if priority == 0 {
      return .warning(
        name, "--priority 0 asks for the ordinary policy, and ticks may be late; \(told)",
        remedy: "leave --priority out, which is 80")
    }
    let isPermitted = limit >= UInt64(priority) || grants.has(.systemNice)
    if refusal == 0 {
      let how = limit >= UInt64(priority) ? "" : ", and this user is privileged"
      return .ok(name, "SCHED_FIFO \(priority) is granted; \(told)\(how)")
    }
    let reason = unsafe String(cString: strerror(refusal))
    let found = "SCHED_FIFO \(priority) is refused (\(reason)), and ticks may be late; \(told)"
    // Permitted and refused all the same: the control group has no share of real time.
    let remedy =
      isPermitted
      ? "the kernel has CONFIG_RT_GROUP_SCHED: start pumpd in the root control group"
      : "LimitRTPRIO=\(priority) in the unit of pumpd, or '@GROUP - rtprio \(priority)' in "
        + "/etc/security/limits.d and a new login"
    return isNeeded
      ? .error(name, found, remedy: remedy, code: .noPermission)
      : .warning(name, found, remedy: remedy)
  }

  /// By the limits alone: what is tried here would stay locked.
  ///
  /// - Parameter isNeeded: as above.
  static func memoryLock(_ grants: ProcessGrants, isNeeded: Bool) -> Self {
    let name = "memory lock"
    let (soft, hard) = (grants.lockedBytes.soft, grants.lockedBytes.hard)
    let told = "RLIMIT_MEMLOCK is \(size(soft))"
    if soft >= RealTime.lockedBytesMin { return .ok(name, told) }
    if hard >= RealTime.lockedBytesMin {
      return .ok(name, "\(told), and pumpd may raise it to \(size(hard))")
    }
    if grants.has(.systemResource) {
      return .ok(name, "\(told), and pumpd may raise it (CAP_SYS_RESOURCE)")
    }
    let found =
      "\(told), and pumpd needs \(size(RealTime.lockedBytesMin)); its ticks may wait for pages"
    let remedy =
      "LimitMEMLOCK=infinity in the unit of pumpd, or '@GROUP - memlock unlimited' in "
      + "/etc/security/limits.d and a new login"
    return isNeeded
      ? .error(name, found, remedy: remedy, code: .noPermission)
      : .warning(name, found, remedy: remedy)
  }

  private static func size(_ bytes: UInt64) -> String {
    if bytes == ProcessGrants.Limit.unlimited { return "unlimited" }
    for (shift, unit) in [(30, "GiB"), (20, "MiB"), (10, "KiB")] where bytes >> shift > 0 {
      return "\(bytes >> shift) \(unit)"
    }
    return "\(bytes) bytes"
  }
}

/// The errno with which SCHED_FIFO is refused to a thread of this process; 0 where it is granted.
func tryRealTime(priority: Int32) -> Int32 {
  do {
    let thread = try RealTimeThread(name: "doctor", priority: priority) {}
    thread.join()
    return thread.refusal
  } catch {
    return EAGAIN
  }
}
