import Quantities
import Testing

@testable import DosingCore
@testable import Journal

/// Values of this version for `Fixtures/layout-2`, with something else in every field.
enum GoldenValues {
  static func counted<let count: Int>(from first: UInt8) -> InlineArray<count, UInt8> {
    var bytes = InlineArray<count, UInt8>(repeating: 0)
    for index in bytes.indices { bytes[index] = first &+ UInt8(truncatingIfNeeded: index) }
    return bytes
  }

  private static func label(_ text: String) -> Label { Label(utf8: text.utf8) ?? .none }

  private static var key: KeyRecord {
    KeyRecord(
      id: KeyID(0x1122_3344_5566_7788), role: .technician, name: label("anna"),
      publicKey: counted(from: 3), newestNumber: 17, isRevoked: true)
  }

  private static func account() -> Account {
    var account = Account(perStep: 67_500_000_000_000_000)
    account.accrue(account.perStep * 3 + 7)
    account.accrueExtra(1_234_567)
    for _ in 0..<3 { account.makeStep() }
    for reason in Account.Deficit.allCases {
      account.miss((Int128(reason.rawValue) + 1) << 70 + 5, reason)
    }
    return account
  }

  static func trace() -> TickTrace {
    var faults = FaultSet()
    for code in [FaultCode.stopped, .hardStop, .orderNotValid] { faults[code] = true }
    return TickTrace(
      tick: Tick(30_055), account: AccountTrace(account()), stepIsUnderWay: true, stepsInDoubt: 21,
      faults: faults)
  }

  static func safeBasal() -> SafeBasalRecord {
    SafeBasalRecord(
      generation: 5, lineage: Array(1...16), isStopped: true, isHardStopped: false,
      rig: GoldenStates.rigs[1].recordBytes,
      prescription: GoldenStates.order(.flex).recordBytes, tick: 12_345, leaseEnd: 678)
  }

  static func entries() -> [(name: String, content: Entry.Content)] {
    var started = Started()
    started.state = Array(0...99)
    (started.rig, started.prescription) = (Array(1...32), Array(33...64))
    (started.commits, started.stepsInDoubt, started.ticksNotRunning) = (9, 5, 1_234)
    (started.isPlanned, started.discardedExtraDose, started.isSimulated) = (false, true, true)
    var requested = Requested()
    (requested.id, requested.user, requested.process, requested.reason) = (6, 1000, -1, 28)
    requested.frame = bolus
    var committed = Committed()
    (committed.commit, committed.leaseEnd, committed.stepsInDoubt) = (9, 192, 4)
    var alone = committed
    committed.account = account()
    alone.commit = 8
    var readings = SensorReadings()
    readings.encoder = SensorReading(.good, value: 2_047)
    readings.loadCell = SensorReading(.stale, value: 19_876_543)
    readings.pressure = SensorReading(.implausible, value: -11)
    var change = KeyChange()
    (change.key, change.byKey, change.byUser) = (key, KeyID(0x8877_6655_4433_2211), 1001)
    return [
      ("started", .started(started)), ("ended", .ended), ("requested", .requested(requested)),
      ("ticks-missed", .ticksMissed(12)), ("steps", .steps([100, 101, 5_000_000_000])),
      ("step-refused", .stepRefused(.notYet)), ("step-drive", .stepRefused(.driveFailed)),
      ("step-window", .stepRefused(.window(hourSteps: 17, daySteps: 18))),
      ("lease-granted", .leaseGranted(commit: 13, end: 1_400)),
      ("committed", .committed(committed)), ("committed-alone", .committed(alone)),
      ("alarms", .alarms(8_277)), ("basal-changed", .basalChanged(8)),
      (
        "dose-end",
        .extraDoseEnded(
          DoseEnd(kind: 1, dose: Mass(nanograms: 20_001), cancelled: Mass(nanograms: 15_007)))
      ),
      ("request-taken-back", .requestTakenBack),
      ("clock-trusted", .clockTrusted(late: 15_000_000_007)), ("events-lost", .eventsLost(16)),
      ("sampled", .sampled(readings)), ("key-changed", .keyChanged(change)),
      ("frames-refused", .framesRefused([1, 0, 2, 0, 3, 0, 0, 4, 5])),
      ("fault", .fault(FaultChange(code: 19, priority: 2, raised: 20))),
      ("request-acted", .requestActed), ("suspended", .suspended(21)),
      ("outputs-failed", .outputsFailed(9)),
      (
        "clock-vouched",
        .clockVouched(
          TickFacts.VouchedUTC(
            .battery, atTickZero: 1_772_352_000_000_000_007, wasOff: .hours(31)))
      ),
    ]
  }

  /// Of version 6, as a record holds it.
  private static var bolus: [UInt8] {
    var seal = Seal()
    (seal.serial, seal.key, seal.number) = (label("BP-0001"), KeyID(0x61a2_54a1_df31_fe21), 41)
    seal.challenge = Challenge(nonce: 0x0102_0304_0506_0708, session: 9)
    seal.signature = counted(from: 100)
    let body = BolusBody(dose: Mass(nanograms: 20_001), duration: .minutes(30))
    var frame = writeFrame(.bolus, number: 7, body: body, seal: seal).written
    frame[4] = 6
    return frame
  }
}
