import Glibc
import Hardware
import Testing

@testable import Commissioning
@testable import Documents

private let section = GPIOSection(
  chip: "pinctrl-rp1", step: .offset(17), direction: .offset(27), enable: .offset(22),
  heartbeat: .name("BEAT"), buzzer: .offset(24), lamp: .offset(25))
private let wiring = Wiring(chipLabel: "pinctrl-rp1") { wire in
  switch section[wire] {
  case .offset(let offset): .offset(Int32(offset))
  case .name(let name): .name(name)
  }
}
private let other = GPIOChip(
  device: "/dev/gpiochip1", label: "gpio-brcmstb", lines: 32, systemError: 0)
private let chip = GPIOChip(
  device: "/dev/gpiochip0", label: "pinctrl-rp1", lines: 54, systemError: 0)
private let closed = GPIOChip(
  device: "/dev/gpiochip2", label: "", lines: 0, systemError: EACCES)

/// A chip whose lines are free, but for these.
private func look(
  holders: [Int32: String] = [:], missing: Set<Int32> = [], beat: Int32 = 23
) -> LineLook {
  { _, place in
    let (offset, name) =
      switch place {
      case .offset(let offset): (offset, "")
      case .name(let name): (beat, name)
      }
    if missing.contains(offset) { return .failure(.missing) }
    return .success(
      GPIOChip.Line(
        offset: offset, isInUse: holders[offset] != nil, name: name, holder: holders[offset] ?? ""))
  }
}

private func lines(
  on chips: [GPIOChip] = [other, chip], pumpRuns: Bool = false, _ look: LineLook = look()
) -> [Diagnosis] {
  Diagnosis.lines(of: section, wiring: wiring, on: chips, pumpRuns: pumpRuns, look: look)
}

@Suite struct GPIODiagnosisTests {
  @Test("each chip is listed by its label, and one that may not be opened by its device")
  func chips() {
    let findings = Diagnosis.gpioChips([chip, closed], library: "libgpiod 2.2.1, API v2")
    #expect(findings.map(\.name) == ["gpio library", "gpio chips"])
    expect(findings[0], .ok, found: "2.2.1")
    expect(findings[1], .ok, found: "'pinctrl-rp1', 54 lines", "/dev/gpiochip2, not readable")
    expect(Diagnosis.gpioChips([], library: "")[1], .ok, found: "none")
  }

  @Test func allWiresAreFree() {
    let findings = lines()
    #expect(
      findings.map(\.name) == [
        "gpio.chip", "gpio.step", "gpio.dir", "gpio.enable", "gpio.heartbeat", "gpio.buzzer",
        "gpio.lamp",
      ])
    for finding in findings { expect(finding, .ok) }
    expect(findings[0], .ok, found: "/dev/gpiochip0", "54 lines")
    expect(findings[1], .ok, found: "line 17 is free")
    expect(findings[4], .ok, found: "line 23, 'BEAT', is free")
  }

  @Test("a chip that is not there is one error, which says which there are")
  func chipIsMissing() {
    for (chips, found) in [([other], "there are: gpio-brcmstb"), ([], "this machine has none")] {
      let findings = lines(on: chips)
      #expect(findings.count == 1)
      expect(
        findings[0], .error, found: "'pinctrl-rp1'", found, remedy: "label", code: .unavailable)
    }
  }

  @Test func chipIsAmbiguous() {
    let twin = GPIOChip(device: "/dev/gpiochip9", label: chip.label, lines: 54, systemError: 0)
    expect(
      lines(on: [chip, twin])[0], .error, found: "more than one", "/dev/gpiochip9",
      remedy: "another label", code: .unavailable)
  }

  @Test func chipMayNotBeOpened() {
    expect(
      lines(on: [other, closed])[0], .error, found: "/dev/gpiochip2", remedy: "group gpio",
      "udev", code: .noPermission)
    let broken = GPIOChip(device: "/dev/gpiochip3", label: "", lines: 0, systemError: EIO)
    expect(lines(on: [broken])[0], .error, found: "/dev/gpiochip3", code: .unavailable)
    // The rig's own can be read, and that is all that counts.
    expect(lines(on: [closed, chip])[0], .ok)
  }

  @Test func wireIsHeld() {
    let findings = lines(look(holders: [22: "spi0 CS1", 24: ""]))
    expect(
      findings[3], .error, found: "line 22 of /dev/gpiochip0", "held by 'spi0 CS1'",
      remedy: "take another line", code: .unavailable)
    expect(findings[5], .error, found: "held by 'somebody'", code: .unavailable)
    #expect(findings.errors == 2)
  }

  @Test("a pump that runs holds its lines, which is no error; another pump's lines are one")
  func wiresOfAPump() {
    let offsets: [Int32] = [17, 27, 22, 23, 24, 25]
    let held = Dictionary(uniqueKeysWithValues: offsets.map { ($0, "pumpd") })
    let own = lines(pumpRuns: true, look(holders: held))
    #expect(own.errors == 0)
    expect(own[1], .ok, found: "held by the pump that runs")
    let others = lines(pumpRuns: false, look(holders: held))
    #expect(others.errors == 6)
    expect(others[1], .error, found: "'pumpd'", remedy: "its --state", code: .unavailable)
    #expect(lines(pumpRuns: true, look(holders: [17: "gpioset"])).errors == 1)
  }

  @Test("whether any pump holds the lines; a user who may not look does not take it for no")
  func pumpHolds() {
    func holds(_ holder: String, _ chips: [GPIOChip]) -> Bool? {
      Diagnosis.pumpHolds(wiring, on: chips, look: look(holders: [25: holder]))
    }
    #expect(holds("pumpd", [chip]) == true)
    #expect(holds("gpioset", [chip]) == false)
    #expect(holds("pumpd", [other]) == false)
    #expect(holds("pumpd", [other, closed]) == nil)
  }

  @Test func wireIsMissing() {
    expect(
      lines(look(missing: [27]))[2], .error, found: "has no line 27", remedy: "gpioinfo",
      code: .unavailable)
  }

  @Test("a name and a number that are one line")
  func lineOfTwoWires() {
    let findings = lines(look(beat: 17))
    expect(
      findings[4], .error, found: "line 'BEAT'", "another wire", remedy: "its own",
      code: .unavailable)
    #expect(findings.errors == 1)
  }
}
