// How fast the kernel lets the tick thread run once its time has come.

/// What the kernel says about itself.
struct KernelFacts: Equatable {
  /// As `uname -v` prints it.
  var version: String
  /// /sys/kernel/realtime: `1` with PREEMPT_RT.
  var realTime: String?
  /// /sys/kernel/debug/sched/preempt, as in `none voluntary (full) lazy`; only root can read it.
  var model: String?
  /// /proc/cmdline.
  var commandLine: String?
  /// /sys/devices/system/clocksource/clocksource0/current_clocksource.
  var clockSource: String?
  /// The cpufreq governor of each processor that has one.
  var governors: [String]

  static var own: Self {
    let processors = "/sys/devices/system/cpu"
    return Self(
      version: SystemFile.text("/proc/sys/kernel/version") ?? "",
      realTime: SystemFile.text("/sys/kernel/realtime"),
      model: SystemFile.text("/sys/kernel/debug/sched/preempt"),
      commandLine: SystemFile.text("/proc/cmdline"),
      clockSource: SystemFile.text(
        "/sys/devices/system/clocksource/clocksource0/current_clocksource"),
      governors: SystemFile.names(in: processors).compactMap {
        SystemFile.text("\(processors)/\($0)/cpufreq/scaling_governor")
      })
  }

  /// The preemption model of a kernel that takes it at boot; nil where nothing tells.
  fileprivate var chosenModel: String? {
    if let model, let begin = model.firstIndex(of: "("), let end = model.firstIndex(of: ")"),
      begin < end
    {
      return String(model[model.index(after: begin)..<end])
    }
    let words = commandLine?.split(whereSeparator: \.isWhitespace) ?? []
    let key = "preempt="
    return words.last { $0.hasPrefix(key) }.map { String($0.dropFirst(key.count)) }
  }
}

extension Diagnosis {
  /// Whether the kernel breaks off what it does for a real-time thread.
  static func preemption(_ kernel: KernelFacts) -> Self {
    let name = "kernel"
    let words = kernel.version.split(whereSeparator: \.isWhitespace)
    if kernel.realTime == "1" || words.contains("PREEMPT_RT") {
      return .ok(name, "PREEMPT_RT: real-time threads break in at once")
    }
    if words.contains("PREEMPT") { return .ok(name, "PREEMPT: good for ticks of milliseconds") }
    let realTimeKernel = "a kernel with PREEMPT_RT (Debian: linux-image-rt-arm64 or -amd64)"
    guard words.contains("PREEMPT_DYNAMIC") else {
      return .warning(
        name, "no preemption: under load a tick may be late by tens of milliseconds",
        remedy: "take \(realTimeKernel)")
    }
    switch kernel.chosenModel {
    // `lazy` holds back for ordinary threads only; a real-time one breaks in at once.
    case .some(let model) where model == "full" || model == "lazy":
      return .ok(name, "PREEMPT_DYNAMIC, preempt=\(model): good for ticks of milliseconds")
    case .some(let model):
      return .warning(
        name, "PREEMPT_DYNAMIC, preempt=\(model): under load a tick may be late",
        remedy: "boot with preempt=full, or take \(realTimeKernel)")
    case nil:
      return .warning(
        name, "PREEMPT_DYNAMIC, and the model was not said at boot: under load a tick may be late",
        remedy: "boot with preempt=full, or take \(realTimeKernel)")
    }
  }

  /// Each tick reads the clock several times.
  static func clockSource(_ kernel: KernelFacts) -> Self {
    let name = "clock source"
    guard let source = kernel.clockSource, !source.isEmpty else {
      return .warning(
        name, "the kernel does not say which it uses", remedy: "see that /sys is mounted")
    }
    // Those that the vDSO reads: the two of real machines, and what virtual ones make of the first.
    let readWithoutCall = ["tsc", "arch_sys_counter", "kvm-clock", "hyperv_clocksource_tsc_page"]
    if readWithoutCall.contains(source) { return .ok(name, source) }
    return .warning(
      name, "\(source): reading the clock is a system call, several in each tick",
      remedy: "see in dmesg why the kernel left tsc or arch_sys_counter, and in the firmware's "
        + "settings")
  }

  /// A processor that runs slowly while it idles wakes up slowly.
  static func governor(_ kernel: KernelFacts) -> Self {
    let name = "cpu governor"
    let others = kernel.governors.filter { $0 != "performance" }
    if kernel.governors.isEmpty { return .ok(name, "the kernel does not change the frequency") }
    if others.isEmpty { return .ok(name, "performance") }
    let names = Set(others).sorted().joined(separator: ", ")
    return .warning(
      name,
      "\(names) on \(others.count) of \(kernel.governors.count) processors: ticks begin later, "
        + "by tens of microseconds",
      remedy: "cpupower frequency-set -g performance, or cpufreq.default_governor=performance "
        + "at boot")
  }
}
