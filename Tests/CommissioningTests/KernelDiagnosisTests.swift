import Testing

@testable import Commissioning

extension KernelFacts {
  fileprivate static func only(
    _ version: String = "", realTime: String? = nil, model: String? = nil,
    commandLine: String? = nil, clockSource: String? = nil, governors: [String] = []
  ) -> Self {
    Self(
      version: version, realTime: realTime, model: model, commandLine: commandLine,
      clockSource: clockSource, governors: governors)
  }
}

private let dynamic = "#1 SMP PREEMPT_DYNAMIC Debian 6.12.1-1"

@Suite struct KernelDiagnosisTests {
  @Test(
    "kernels that let a real-time thread in",
    arguments: [
      KernelFacts.only("#1 SMP PREEMPT_RT Debian 6.12.1-1"),
      .only("#1 SMP PREEMPT_DYNAMIC", realTime: "1"),
      .only("#1 SMP PREEMPT Thu Jan 1 00:00:00 UTC 2026"),
      .only(dynamic, model: "none voluntary (full) lazy"),
      .only(dynamic, model: "none voluntary full (lazy)"),
      .only(dynamic, commandLine: "root=/dev/sda1 preempt=none quiet preempt=full"),
    ])
  func preempts(_ kernel: KernelFacts) {
    expect(.preemption(kernel), .ok, found: "PREEMPT")
  }

  @Test("the model that runs counts more than the one that was asked for at boot")
  func modelWasChanged() {
    let kernel = KernelFacts.only(
      dynamic, model: "none (voluntary) full lazy", commandLine: "preempt=full")
    expect(.preemption(kernel), .warning, found: "preempt=voluntary", remedy: "preempt=full")
  }

  @Test func modelIsNotKnown() {
    for kernel in [
      KernelFacts.only(dynamic, commandLine: "quiet nopreempt=full"), .only(dynamic, model: ")("),
    ] {
      expect(
        .preemption(kernel), .warning, found: "PREEMPT_DYNAMIC", "not said at boot",
        remedy: "preempt=full", "PREEMPT_RT")
    }
  }

  @Test func preemptsNothing() {
    expect(
      .preemption(.only("#1 SMP Debian 6.1.1-1", realTime: "0")), .warning,
      found: "no preemption", "late", remedy: "linux-image-rt")
  }

  @Test func clockSources() {
    for source in ["tsc", "arch_sys_counter"] {
      expect(.clockSource(.only(clockSource: source)), .ok, found: source)
    }
    expect(
      .clockSource(.only(clockSource: "hpet")), .warning, found: "hpet", "system call",
      remedy: "dmesg")
    for source in [nil, ""] {
      expect(.clockSource(.only(clockSource: source)), .warning, remedy: "/sys")
    }
  }

  @Test func governors() {
    expect(.governor(.only()), .ok, found: "does not change")
    expect(.governor(.only(governors: ["performance", "performance"])), .ok, found: "performance")
    expect(
      .governor(.only(governors: ["ondemand", "performance", "powersave"])), .warning,
      found: "ondemand, powersave on 2 of 3", remedy: "cpupower frequency-set -g performance")
  }

  @Test("this kernel says what it is")
  func own() {
    #expect(KernelFacts.own.version.hasPrefix("#"))
  }
}
