internal import CKernelWorld
internal import ChildProcess
internal import Conformance
internal import Glibc
internal import Hardware
internal import KernelWorld
internal import Plant
internal import Quantities

/// The whole pump on real lines and a real bus, as a user runs it.
struct PumpCases {
  let guest: GuestBench

  func all(gpioOnly: Bool) -> [Case] { gpioOnly ? onLines : onLines + onBus }

  private var onLines: [Case] {
    [
      Case(
        "R-038 R-090 flex with a bolus, the system clock set by hours meanwhile: every step that the engine counts turned the motor once"
      ) {
        try flexWithBolus()
      },
      Case("R-074 kill -9 leaves enable off and the motor still, and the pump can be started again")
      {
        try killed()
      },
      Case("R-055 a hung tick thread lets the heartbeat die, and the gate cuts motor and silence") {
        try hungTick()
      },
      Case("R-075 what cannot be opened is one line: which line, who holds it, what to do") {
        try refusals()
      },
    ]
  }

  private var onBus: [Case] {
    [
      Case(
        "R-082 R-093 a file system that becomes read-only under a running pump: it doses on, and tells"
      ) {
        try readOnlyDisk()
      },
      Case("R-073 a sensor that hangs the bus holds up no tick") { try hungBus() },
      Case("R-071 a sensor that is unplugged fails, and is good again when it is back") {
        try unplugged()
      },
      Case("R-071 an adapter that is unplugged is found again") { try adapterUnplugged() },
    ]
  }

  private func flexWithBolus() throws {
    let before = try guest.edgesUntilNow(of: .step)
    let turned = try guest.motorSteps()
    let pump = try RunningPump(BenchTexts(bus: guest.bridge.path))
    // The next whole minute but at least 10 s away, so that the schedule changes on the way.
    let minute = (Int(time(nil)) + 70) / 60 % 1440
    try pump.program(BenchTexts.flex(changingAt: minute))
    // Nobody vouches for the clock of this machine.
    try expect(
      pump.status().text("mode"), is: "safe-basal", "mode before somebody says what UTC is")
    try pump.control("clock", "--set", "now")
    try expect(pump.status().text("mode"), is: "flex", "mode with a clock")
    try pump.control("bolus", "--dose", "1.5 ug", "--duration", "1 min")
    let slow = try pump.status().number("basal_nanograms_per_day")
    // By another clock the schedule would change at once, or not today.
    try setSystemClock(ahead: .hours(5))
    defer { try? setSystemClock(ahead: .hours(-5)) }
    try waitUntil("the bolus ends and the schedule changes", pause: .seconds(5)) {
      let status = try pump.status()
      let isOver = status.json.contains("\"extra_dose\":") == false
      return try isOver && status.number("basal_nanograms_per_day") == 2 * slow
    }
    try pump.control("stop")
    let status = try pump.status()
    let steps = Int(try status.number("steps"))
    try expect(status.number("interlock_steps"), is: Int64(steps), "the interlock's count")
    let after = try guest.edgesUntilNow(of: .step)
    try expect(after - before, is: Edges(rising: steps, falling: steps), "edges of the step line")
    try expect(guest.motorSteps() - turned, is: steps, "steps of the motor")
    // 60 s at 7.1 a second, and the 192 steps of the bolus, and a share for what came late.
    try expect(steps > 500, "only \(steps) steps")
    try expect(pump.end(), is: 0, "exit code")
    try expect(guest.value(of: .enable), is: false, "enable after the end")
    Suite.print("# \(steps) steps in flex with a bolus; engine, wire and motor agree")
  }

  private func setSystemClock(ahead: Nanoseconds) throws {
    var time = timespec()
    unsafe clock_gettime(CLOCK_REALTIME, &time)
    time.tv_sec += Int(ahead.count / 1_000_000_000)
    try expect(unsafe clock_settime(CLOCK_REALTIME, &time), is: 0, "setting the system clock")
  }

  private func killed() throws {
    let pump = try RunningPump(BenchTexts())
    try pump.program(BenchTexts.continuous)
    try waitUntil("the motor turns") {
      try guest.value(of: .enable) && pump.status().number("steps") > 5
    }
    pump.process.kill(SIGKILL)
    _ = pump.process.wait()
    try expect(guest.value(of: .enable), is: false, "enable afterwards")
    let before = try guest.edgesUntilNow(of: .step)
    usleep(500_000)
    try expect(guest.edgesUntilNow(of: .step), is: before, "edges afterwards")
    let again = try RunningPump(BenchTexts())
    try expect(again.status().number("steps"), is: 0, "steps of the new pump")
    try expect(again.end(), is: 0, "exit code")
  }

  private func readOnlyDisk() throws {
    let disk = try GuestDisk(options: "errors=remount-ro")
    let pump = try RunningPump(
      BenchTexts(), state: disk.folder + "/state", isNew: true,
      environment: ["RUNTIME_DIRECTORY=/run"])
    try pump.program(BenchTexts.continuous)
    try waitUntil("the motor turns") { try pump.status().number("steps") > 5 }
    try disk.failAsKernelDoes()
    try waitUntil("it is told") { try pump.status().json.contains("\"storage-failed\"") }
    try waitUntil("safe basal runs") { try pump.status().text("mode") == "safe-basal" }
    let before = try pump.status().number("steps")
    try waitUntil("the motor turns on") { try pump.status().number("steps") > before + 20 }
    let status = try pump.status()
    try expect(
      status.number("interlock_steps"), is: status.number("steps"), "the interlock's count")
    try pump.control("bolus", "--dose", "1.5 ug", "--duration", "1 min", code: 65)
    let made = try pump.status().number("steps")
    try expect(pump.end(), is: 0, "exit code")
    try expect(pump.log.contains("without writing everything down"), "it is not told: \(pump.log)")
    try disk.mountAgain()
    let again = try RunningPump(
      BenchTexts(), state: disk.folder + "/state", isNew: false,
      environment: ["RUNTIME_DIRECTORY=/run"])
    let known = try again.status()
    try expect(
      known.number("steps") + known.number("steps_in_doubt") >= made,
      "steps are forgotten: \(known.json)")
    try expect(again.end(), is: 0, "exit code")
    try disk.unmount()
  }

  private func hungTick() throws {
    let pump = try RunningPump(BenchTexts())
    try pump.program(BenchTexts.continuous)
    try waitUntil("the motor turns") { try pump.status().number("steps") > 5 }
    let tick = try pump.thread("tick")
    try expect(ckw_stop_thread(tick), is: 0, "freezing the tick thread")
    let edge = try guest.lastHeartbeat()
    try expect(
      guest.gate.timeoutNanoseconds, is: min(3 * heartbeat.count, 500_000_000), "the stated time")
    try waitUntil("the gate closes") { !guest.gate.isOpen(at: RealTime.now.count, lastEdge: edge) }
    try expect(guest.lastHeartbeat(), is: edge, "the last heartbeat")
    // Nobody decides any more, and still it can be stopped: the answer is that the outcome is unknown.
    let turned = try guest.motorSteps()
    try pump.control("stop", code: 69)
    try expect(ckw_continue_thread(tick), is: 0, "letting the tick thread go on")
    try waitUntil("the heartbeat is back") { try guest.lastHeartbeat() != edge }
    try expect(guest.motorSteps(), is: turned, "steps after the stop")
    try waitUntil("the stop is decided") { try pump.status().json.contains("\"stopped\"") }
    try expect(pump.status().number("ticks_missed") > 10, "no tick was missed")
    try expect(pump.end(), is: 0, "exit code")
  }

  private func hungBus() throws {
    let pump = try RunningPump(BenchTexts(bus: guest.bridge.path))
    try waitUntil("the sensors are there") { try pump.status().state("encoder_counts") == "good" }
    let before = try guest.heartbeats()
    let asked = guest.bus.transfers(to: Address.encoder)
    guest.bus.beginTrouble(.hanging(nanoseconds: 1_000_000_000))
    try waitUntil("the encoder is not believed any more") {
      try ["stale", "failed"].contains(pump.status().state("encoder_counts"))
    }
    // The beat comes every tenth of a second, or once in a hanging transfer.
    try waitUntil("20 heartbeats while the bus hangs") { try guest.heartbeats() - before >= 20 }
    let hung = guest.bus.transfers(to: Address.encoder) - asked
    try expect(hung < 15, "\(hung) transfers hung during 20 heartbeats: the tick waited for them")
    guest.bus.endTrouble()
    try waitUntil("the sensors are good again") {
      try pump.status().state("encoder_counts") == "good"
    }
    try expect(pump.end(), is: 0, "exit code")
  }

  private func unplugged() throws {
    let pump = try RunningPump(BenchTexts(bus: guest.bridge.path))
    let sensors = ["encoder_counts", "load_cell_milligrams", "pressure_pascals"]
    for (sensor, address) in zip(sensors, [Address.encoder, Address.loadCell, Address.pressure]) {
      try waitUntil("\(sensor) is good") { try pump.status().state(sensor) == "good" }
      guest.bus.unplug(address)
      try waitUntil("\(sensor) fails") { try pump.status().state(sensor) == "failed" }
      for other in sensors where other != sensor {
        try waitUntil("\(other) stays good") { try pump.status().state(other) == "good" }
      }
      guest.bus.plug(address)
      try waitUntil("\(sensor) is good again") { try pump.status().state(sensor) == "good" }
    }
    try expect(pump.end(), is: 0, "exit code")
  }

  private func adapterUnplugged() throws {
    let pump = try RunningPump(BenchTexts(bus: guest.bridge.path))
    try waitUntil("the encoder is good") { try pump.status().state("encoder_counts") == "good" }
    try guest.bridge.unplug()
    try waitUntil("the encoder fails") { try pump.status().state("encoder_counts") == "failed" }
    // The kernel cannot give the number of a bus to another before everybody has let go of it.
    try waitUntil("the pump lets go of the dead bus") { pump.log.contains("there is none") }
    try guest.bridge.plug()
    try waitUntil("the encoder is good again") {
      try pump.status().state("encoder_counts") == "good"
    }
    try expect(pump.end(), is: 0, "exit code")
  }

  private func refusals() throws {
    let pump = try RunningPump(BenchTexts())
    try refused(BenchTexts(), code: 69, ["gpio.", "is held by 'pumpd'"])
    try expect(pump.end(), is: 0, "exit code")
    try refused(
      BenchTexts(chip: "pinctrl-none"), code: 69,
      ["no chip has the label 'pinctrl-none'", BenchTexts.chip])
    try refused(BenchTexts(step: "NO-SUCH-LINE"), code: 69, ["gpio.step", "NO-SUCH-LINE"])
    try refused(BenchTexts(), user: 65534, code: 77, ["no permission", "group gpio", "udev"])
  }

  private func refused(
    _ texts: BenchTexts, user: Int = 0, code: Int32, _ words: [String]
  ) throws {
    let folder = TextFile.newFolder()
    _ = unsafe chmod(folder, 0o777)
    TextFile.write(texts.rig, to: folder + "/rig.yaml")
    let child = try Child(
      "/bin/hil",
      [
        "drop", "\(user)", RunningPump.pumpd, "--rig", folder + "/rig.yaml", "--state",
        folder + "/state",
      ], output: "/dev/null", errors: folder + "/log")
    try expect(child.wait(), is: code, "exit code with \(TextFile.read(folder + "/log"))")
    let last = TextFile.read(folder + "/log").split(separator: "\n").last ?? ""
    for word in words { try expect(last.contains(word), "'\(word)' is not in: \(last)") }
  }
}
