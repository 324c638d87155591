import DosingCore
import Quantities
import Testing

/// One value has one layout: bytes that would be read and then written otherwise are refused.
@Suite struct FrameLayoutTests {
  /// The frame with one byte of it set.
  private func fault(_ frame: [UInt8], at place: Int, _ byte: UInt8) -> FrameFault? {
    var wrong = frame
    wrong[place] = byte
    return faultIn(wrong)
  }

  @Test("R-028 What is absent from a program has no numbers")
  func absentFromProgram() {
    let order = Prescription.order(.stopped)
    let frame = writeFrame(.propose, number: 7, body: ProposedChange.program(order)).written
    #expect(faultIn(frame) == nil)
    // Behind the head, kind, labels, shape and patterns: the patient bolus, two limits, safe basal.
    let bolus = 16 + 1 + 64 + 17 + 7 * 241
    for place in (bolus + 1)..<(bolus + 26) {
      #expect(fault(frame, at: place, 1) == .malformedBody, "byte \(place)")
    }
    let safeBasal = bolus + 26 + 16
    for place in (safeBasal + 1)..<(safeBasal + 9) {
      #expect(fault(frame, at: place, 1) == .malformedBody, "byte \(place)")
    }
  }

  /// What stands in records and frames keeps its number, or what an earlier version wrote would be read as
  /// something else.
  @Test("R-028 R-119 The numbers of what is written down are the ones that were given to it")
  func numbersAreStable() {
    func numbered<Code: CaseIterable & RawRepresentable>(_ type: Code.Type) -> String {
      type.allCases.map { "\($0) \($0.rawValue)" }.joined(separator: ", ")
    }
    #expect(
      numbered(RefusalReason.self) == """
        noTherapy 1, stopped 2, minimumBasal 3, safeBasal 4, hardStop 5, highAlarm 6, \
        notStopped 7, noHistory 8, hasHistory 9, nothingToAcknowledge 10, accountUncertain \
        11, storageFailed 12, driveFails 13, orderNotValid 14, requestWaits 15, noHardStop \
        16, deliveredOutOfRange 17, encoderLost 18, occluded 19, extraDoseRunning 20, reservoirLow 21, reservoirTooSmall \
        22, bolusTooSmall 23, bolusTooLarge 24, bolusDurationOutOfRange 25, flowAboveMaximum \
        26, noPatientBolus 27, lockout 28, maxIn24h 29, doseLimit1h 30, doseLimit24h 31, \
        volumeLimit1h 32, volumeLimit24h 33, noExtraDose 34, nothingSounds 35, otherDrug 40, otherConcentration 41, \
        programDuringExtraDose 42, otherHead 50, otherReservoir 51, otherLine 52, \
        lineMixes 60, boundaryPasses 61, noDrugAtTip 62, tooFastForOldDrug 63, mixedDose1h 64, \
        mixedDose24h 65, lineFull 67, factorAbove5 68, refillOutOfOrder 70, \
        concentrationOutOfRange 71, moreThanReservoir 72, moreThanFits 73, mixtureOffLabel 74, fluidElsewhere 75, \
        primeRuns 80, nothingToPrime 81, notConnected 82, connected 83, primeAboveMaximum 84, \
        primeVolume1h 85, primeVolume24h 86
        """)
    #expect(
      numbered(FaultCode.self) == """
        stopped 0, reservoirLow 1, reservoirEmpty 2, basalRefusedByLimit 3, \
        interlockDisagrees 4, hardStop 5, storageFailed 6, restartedOften 7, \
        longInterruption 8, accountUncertain 9, clockUncertain 10, historyIncomplete 11, \
        otherRig 12, noHistory 13, driveFails 14, outputFails 15, storageSlow 16, suspended \
        17, newClockUncertain 18, orderNotValid 19, clockDiffers 20, copyFails 21, storageLost \
        22, reservoirUnknown 23, refillDiffers 24, noDrugAtTip 25, lineUncertain 26, \
        notConnected 27, weightDiffers 28, fluidElsewhere 29, stalled 30, wasStalled 31, \
        shaftSlips 32, driveDisobeys 33, encoderLost 34, loadCellLost 35, pressureLost 36, \
        occluded 37, wasOccluded 38, freeFlow 39, notEmptying 40, \
        ticksLate 41
        """)
    #expect(
      numbered(FrameKind.self) == """
        askStatus 1, program 2, bolus 3, patientBolus 4, stop 5, resume 6, acknowledge 7, \
        new 8, commit 9, askKeys 10, enroll 11, revoke 12, relayed 13, clear 14, clock 15, \
        askRecords 16, propose 17, cancelBolus 18, silence 19, status 101, answer 102, findings 103, rejected 104, keys 106, \
        records 108, proposal 109
        """)
    #expect(
      numbered(ChangeKind.self) == """
        program 1, clock 2, rig 3, new 4, clear 5, supply 6
        """)
    #expect(
      numbered(FrameFault.self) == """
        truncated 1, oversized 2, notAFrame 3, otherVersion 4, unknownKind 5, \
        lengthDisagrees 6, malformedBody 7, notPermitted 9, tooManyClients 10, engineSilent \
        11, outcomeUnknown 12, notDurable 13, tooOften 14, noSuchProposal 15, tooManyKeys \
        16, keyIsKnown 17, noSuchKey 18, overtakenByStop 19, recordsBusy 24, \
        recordsUnavailable 25
        """)
    #expect(
      numbered(Account.Deficit.self) == """
        lateTick 0, stepWaited 1, limit 2, notRunning 3, noLease 4, reservoirEmpty 5, \
        hardStop 6, suspended 7, driveFailed 8, noDrug 9
        """)
    #expect(
      numbered(Role.self) == """
        clinician 1, patient 2, technician 3
        """)
    #expect(
      numbered(Finding.Rule.self) == """
        tickOutOfRange 1, tickDoesNotDivideMinute 2, stepVolumeOutOfRange 3, ratesOutOfOrder \
        4, maxRateAboveOneStepPerTick 5, reservoirOutOfOrder 6, rigLimitBelowOneStep 7, \
        rigHourLimitAboveDayLimit 8, lineBelowLeast 9, lineAboveMost 10, lineNotBelowReservoir 11, \
        accuracyOutOfRange 12, lineToleranceOutOfRange 13, lineMixingOutOfRange 14, primeRateOutOfRange \
        15, residueOutOfRange 16, maxPrimeDoseOutOfRange 17, weighingErrorOutOfRange 18, weighingDriftOutOfRange 19, occlusionOutOfRange 43, \
        occlusionRiseOutOfRange 44, concentrationOutOfRange 20, dayWithoutPattern 22, \
        patternEmpty 23, patternNotFromMidnight 24, stepsOutOfOrder 25, rateZero 26, \
        rateBelowMinimum 27, rateAboveMaximum 28, hourLimitBelowBasal 29, dayLimitBelowBasal \
        30, rigHourLimitBelowBasal 31, rigDayLimitBelowBasal 32, \
        hourDoseLimitAboveDayDoseLimit 33, patientBolusTooSmall 34, \
        patientBolusDurationOutOfRange 35, patientBolusLockoutOutOfRange 36, \
        patientBolusCountOutOfRange 37, patientBolusRateAboveMaximum 38, safeBasalMissing \
        39, safeBasalBelowMinimum 40, safeBasalAboveLeanestDay 41, doseOutOfRange 42, \
        patternUnused 60, rigHourLimitTighter 61, rigDayLimitTighter 62, \
        patientBolusNeverGranted 63, patientBolusesNotAllGranted 64, withdrawalInMinimum 65, \
        safeBasalUnused 66
        """)
  }

  @Test("R-028 What is absent from a status has no numbers")
  func absentFromStatus() throws {
    let frame = writeFrame(.status, number: 7, body: Status(serial: .none)).written
    for place in frame.indices where frame[place] == 0 {
      var other = frame
      other[place] = 1
      let again = try? reread(other)
      #expect(again == nil || again == other, "byte \(place)")
    }
  }

  @Test("R-028 An answer that accepts has no numbers, and no time is before the first tick")
  func answers() throws {
    let frame = writeFrame(.answer, number: 7, body: AnswerBody()).written
    for place in 17..<41 {
      #expect(fault(frame, at: place, 1) == .malformedBody, "byte \(place)")
    }
    var early = try sample(.answer)
    early.replaceSubrange(33..<41, with: [0xfe] + Array(repeating: 0xff, count: 7))
    #expect(faultIn(early) == .malformedBody)
  }

  @Test("R-028 A prime rate that a rig does not say has no numbers")
  func absentFromRig() {
    let frame = writeFrame(.propose, number: 7, body: ProposedChange.rig(.bench())).written
    #expect(faultIn(frame) == nil)
    // Behind the head, the kind, the pump, six numbers and the flag.
    let rate = 16 + 1 + 11 * 8 + 6 * 8 + 1
    for place in rate..<(rate + 8) {
      #expect(fault(frame, at: place, 1) == .malformedBody, "byte \(place)")
    }
    // Then the limit of a prime, the load cell and the sensor of the pressure.
    #expect(frame.count == rate + 8 + 8 + 17 + 17 + 128)
  }

  @Test("R-028 A script's clock is a time of one week")
  func scriptClock() throws {
    var header = ScriptHeader(
      rig: .bench(), clock: WeekTime(sinceMonday: WeekTime.week - Nanoseconds(1)),
      ticks: TickCount(1), events: 0)
    var writer = FrameWriter()
    header.layout(&writer)
    var script = writer.written
    #expect(try ScriptReader(script.span).header.clock == header.clock)
    // The clock stands before the ticks and the number of events.
    let clock = script.count - 20
    let week = UInt64(WeekTime.week.count)
    for index in 0..<8 { script[clock + index] = UInt8(truncatingIfNeeded: week >> (8 * index)) }
    #expect(throws: FrameFault.malformedBody) { _ = try ScriptReader(script.span) }
  }
}
