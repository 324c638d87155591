internal import ChildProcess
internal import Conformance
internal import Glibc
internal import Hardware
internal import KernelWorld
internal import Quantities

/// What only real lines can show: other holders, other chips, and the ends of processes.
struct GpiodCases {
  let guest: GuestBench

  private static let hil = "/bin/hil"

  var all: [Case] {
    refusals + ends + [
      Case("R-038 a pulse is high for as long as the slowest driver needs") {
        let rig = try guest.open()
        try rig.sealWide()
        rig.drive.completeTick()
        try guest.trace.catchUp()
        guest.trace.forgetHighTimes()
        for _ in 0..<100 {
          try expect(rig.drive.step(), is: .made, "a step")
          try expect(rig.drive.setEnabled(true), "enable could not be driven high")
          try expect(rig.drive.setEnabled(false), "enable could not be driven low")
        }
        try guest.trace.catchUp()
        // A line that is set and set back is high for as long as setting it takes on this machine.
        let step = guest.trace.history(of: guest.global(.step)).narrowestHighNanoseconds ?? 0
        let plain = guest.trace.history(of: guest.global(.enable)).narrowestHighNanoseconds ?? 0
        try expect(
          step >= plain + 2_000,
          "a pulse of \(step) ns where a line that is not held is at \(plain)")
      }
    ]
  }

  // MARK: What cannot be opened

  private var refusals: [Case] {
    [
      Case("R-075 a label that no chip has is missing") {
        try expect(problem(chip: "pinctrl-none"), is: RigProblem(.missing), "problem")
      },
      Case("R-075 a label that two chips have is ambiguous") {
        let other = try guest.secondChip()
        defer { try? other.remove() }
        let found = try problem(chip: BenchTexts.chip)
        try expect(found.error, is: .ambiguous, "error")
        try expect(found.device.hasPrefix("/dev/gpiochip"), "device \(found.device)")
      },
      Case("R-075 a name and an offset that the chip does not have are missing, and named") {
        let name = try problem { $0 == .buzzer ? .name("NO-SUCH-LINE") : BenchTexts.place(of: $0) }
        try expect(name.error, is: .missing, "error of the name")
        try expect(name.wire, is: .buzzer, "wire of the name")
        let offset = try problem { $0 == .lamp ? .offset(32) : BenchTexts.place(of: $0) }
        try expect(offset.error, is: .missing, "error of the offset")
        try expect(offset.wire, is: .lamp, "wire of the offset")
      },
      Case("R-075 one line for two wires is refused, although one goes by its name") {
        let found = try problem { $0 == .lamp ? .offset(17) : BenchTexts.place(of: $0) }
        try expect(found.error, is: .invalidArgument, "error")
        try expect(found.wire, is: .lamp, "wire")
      },
      Case("R-075 a line that is held is busy, and the holder is named") {
        let holder = try hold("--lamp", "24")
        defer { holder.kill(SIGKILL) }
        let found = try problem { BenchTexts.place(of: $0) }
        try expect(found.error, is: .busy, "error")
        try expect(found.wire, is: .buzzer, "wire")
        try expect(found.holder, is: "pumpd", "holder")
      },
      Case("R-075 a second rig in one process is refused") {
        let rig = try guest.open()
        try expect(problem { BenchTexts.place(of: $0) }.error, is: .busy, "error")
        try expect(rig.drive.setEnabled(true), "the first one's enable could not be driven")
        try expect(guest.value(of: .enable), is: true, "the first one's enable")
      },
      Case("R-075 a chip that goes away takes no step with it, and none is counted") {
        let rig = try guest.open()
        try rig.sealWide()
        rig.drive.completeTick()
        try expect(rig.drive.step(), is: .made, "a step")
        try guest.withoutChip {
          try expect(rig.drive.step(), is: .driveFailed, "a step without a chip")
          try expect(!rig.drive.setEnabled(true), "enable was driven without a chip")
        }
        try expect(rig.drive.counts.steps, is: 1, "steps")
      },
    ]
  }

  private func problem(
    chip: String = BenchTexts.chip, place: (Wire) -> LinePlace = { BenchTexts.place(of: $0) }
  ) throws -> RigProblem {
    let wiring = Wiring(chipLabel: chip, place: place)
    let error = try failure(of: "opening") {
      _ = try HardwareRig(.linux(wiring), heartbeat: heartbeat)
    }
    guard let problem = error as? RigProblem else { throw error }
    return problem
  }

  // MARK: How it ends

  private var ends: [Case] {
    [
      Case("R-074 closing drives every line low before it is given back") {
        var rig: HardwareRig? = try guest.open()
        for wire in [Wire.enable, .buzzer, .lamp] {
          try expect(rig?.set(wire, true), is: true, "driving \(wire)")
        }
        rig?.drive.completeTick()
        let before = try guest.drivenEdges()
        try expect(guest.value(of: .heartbeat), is: true, "the heartbeat after its first beat")
        rig = nil
        try expectDrivenLow(since: before, [.enable, .buzzer, .lamp, .heartbeat])
      }
    ]
      + ([.exit, .trap, .abort, .segmentation, .bus, .illegal] as [HoldCommand.End]).map { end in
        Case("R-074 a process that ends by \(end.rawValue) drives its lines low first") {
          let before = try guest.drivenEdges()
          let child = try hold("--end", end.rawValue)
          let code = child.wait()
          try expect(end == .exit ? code == 0 : code > 128, "it ended with \(code)")
          try expectDrivenLow(since: before)
        }
      } + [
        Case("R-074 after SIGKILL the kernel has the lines back, and enable is off") {
          let child = try hold()
          try expect(guest.value(of: .enable), is: true, "enable while it is held")
          child.kill(SIGKILL)
          _ = child.wait()
          for wire in Wire.allCases {
            try expect(guest.value(of: wire), is: false, "\(wire) afterwards")
          }
        }
      ]
  }

  /// The wires rose and fell: fell by being driven, since the kernel leaves no record
  /// where it takes a line back.
  private func expectDrivenLow(
    since before: [Wire: Edges], _ wires: [Wire] = [.enable, .buzzer, .lamp]
  ) throws {
    let after = try guest.drivenEdges()
    for wire in wires {
      let rose = (after[wire]?.rising ?? 0) - (before[wire]?.rising ?? 0)
      let fell = (after[wire]?.falling ?? 0) - (before[wire]?.falling ?? 0)
      try expect(fell >= 1 && rose <= fell, "\(wire) rose \(rose) times and fell \(fell) times")
      try expect(guest.value(of: wire), is: false, "\(wire) afterwards")
    }
  }

  /// A process that holds the lines, or ends as it is told.
  private func hold(_ arguments: String...) throws -> Child {
    let folder = TextFile.newFolder()
    let child = try Child(
      Self.hil, ["hold"] + arguments, output: folder + "/output", errors: folder + "/errors",
      environment: ["SWIFT_BACKTRACE=enable=no"])
    try waitUntil("the lines are held") { TextFile.read(folder + "/output") == "held\n" }
    return child
  }
}
