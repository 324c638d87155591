internal import Documents
internal import DosingCore
internal import FoundationEssentials
internal import Quantities

/// A status for programs: exact integers in base units, and stable codes.
struct StatusJSON: Encodable {
  struct Alarm: Encodable {
    let code: String
    let priority: String
    let happened: String
    /// What the engine does.
    let action: String
    /// What to do.
    let remedy: String
    let isAcknowledged: Bool
    let raisedSecondsAgo: Double
  }

  /// A value counts only where the state is `good`.
  struct Sensor: Encodable {
    let state: String
    let value: Int64
  }

  struct LastDose: Encodable {
    let kind: String
    let doseNanograms: Int64
    /// What of it was given up at its end.
    let cancelledNanograms: Int64
    let endedTick: Int64
  }

  let serial: String
  /// By the key that this programmer trusts; false where he trusts none.
  let isSignedByTrustedKey: Bool
  let framesRefused: Int64
  let simulated: Bool
  let mode: String
  let tick: Int64
  let tickPeriodNanoseconds: Int64
  let clock: String
  let utcOffset: String
  /// Who vouches for UTC now.
  let utcSource: String
  let utc: String
  let clockBehindNanoseconds: Int64?
  /// These three are nil where nothing is ordered.
  let patient: String?
  let drug: String?
  let concentrationNanogramsPerMillilitre: Int64?
  let basalNanogramsPerDay: Int64
  let extraNanogramsPerDay: Int64
  let flowPicolitresPerDay: Int64
  let steps: Int64
  let stepsInDoubt: Int64
  let deliveredPicolitres: Int64
  let deliveredNanograms: Int64
  let prescribedNanograms: Int64
  let deliveredTodayNanograms: Int64
  let prescribedTodayNanograms: Int64
  let deficitNanograms: [String: Int64]
  let reservoirPicolitres: Int64
  let reservoirLowPicolitres: Int64
  let reservoirEmptyPicolitres: Int64
  let reservoirVolumePicolitres: Int64
  let reservoirForecast: ForecastJSON
  let refill: RefillJSON
  /// From the tip on; the last is what the reservoir holds, too. Empty where nobody has said what is in it.
  let line: [LinePartJSON]
  /// Two concentrations are mixed at the tip.
  let isMixing: Bool
  /// False from when the line was replaced until somebody says that it is connected.
  let isConnected: Bool
  /// Nil for none.
  let prime: PrimeJSON?
  let usedHourNanograms: Int64
  let limitHourNanograms: Int64
  let usedDayNanograms: Int64
  let limitDayNanograms: Int64
  let rigLimitHourPicolitres: Int64
  let rigLimitDayPicolitres: Int64
  let extraDose: String?
  let extraDoseLeftNanograms: Int64?
  /// The newest one that is over; nil for none.
  let lastDose: LastDose?
  let alarms: [Alarm]
  /// How long nothing sounds; null where there is no audio pause.
  let audioPausedSeconds: Double?
  let encoderCounts: Sensor
  let loadCellMilligrams: Sensor
  let pressurePascals: Sensor
  let durableCommit: Int64
  let ticksMissed: Int64
  let latenessMedianNanoseconds: Int64
  let lateness99Nanoseconds: Int64
  let latenessMaxNanoseconds: Int64
  let interlockSteps: Int64
  /// What the windows hold, by the engine's account and by the interlock's.
  let hourSteps: Int64
  let daySteps: Int64
  let interlockHourSteps: Int64
  let interlockDaySteps: Int64
  let interlockRefusals: Int64
  let realTimePriority: UInt8
  let memoryLocked: Bool

  init(_ shown: StatusText) {
    let status = shown.status
    isSignedByTrustedKey = shown.isSignedByTrustedKey
    framesRefused = status.framesRefused
    serial = status.serial.text
    simulated = status.simulated
    mode = status.mode.code
    tick = status.now.number
    tickPeriodNanoseconds = status.tickPeriod.count
    clock = WeekTime(sinceMonday: status.clock).text
    utcOffset = status.utcOffset.utcOffsetText
    utcSource = status.clockSource.code
    utc = UTCTime(nanoseconds: status.utc).text(decimals: 3)
    clockBehindNanoseconds = status.clockBehind?.count
    let hasTherapy = status.hasTherapy
    patient = hasTherapy ? status.patient.text : nil
    drug = hasTherapy ? status.drug.text : nil
    concentrationNanogramsPerMillilitre = hasTherapy ? status.concentration.baseUnits : nil
    basalNanogramsPerDay = status.basalRate.baseUnits
    extraNanogramsPerDay = status.extraRate.baseUnits
    flowPicolitresPerDay = status.flow.baseUnits
    steps = status.steps
    stepsInDoubt = status.stepsInDoubt
    deliveredPicolitres = status.deliveredVolume.baseUnits
    deliveredNanograms = status.deliveredMass.baseUnits
    prescribedNanograms = status.prescribedMass.baseUnits
    deliveredTodayNanograms = status.deliveredToday.baseUnits
    prescribedTodayNanograms = status.prescribedToday.baseUnits
    deficitNanograms = Dictionary(
      uniqueKeysWithValues: Account.Deficit.allCases.map {
        ($0.snakeCode, status.deficits[Int($0.rawValue)].baseUnits)
      })
    reservoirPicolitres = status.reservoir.baseUnits
    reservoirLowPicolitres = status.reservoirLow.baseUnits
    reservoirEmptyPicolitres = status.reservoirEmpty.baseUnits
    reservoirVolumePicolitres = status.reservoirVolume.baseUnits
    reservoirForecast = ForecastJSON(status.forecast)
    refill = RefillJSON(status)
    line = (0..<status.line.count).map { LinePartJSON(status.line[$0]) }
    isMixing = status.line.isMixing
    isConnected = status.line.isConnected
    prime = status.line.prime.map { PrimeJSON($0) }
    usedHourNanograms = status.usedHour.baseUnits
    limitHourNanograms = status.limitHour.baseUnits
    usedDayNanograms = status.usedDay.baseUnits
    limitDayNanograms = status.limitDay.baseUnits
    rigLimitHourPicolitres = status.rigLimitHour.baseUnits
    rigLimitDayPicolitres = status.rigLimitDay.baseUnits
    extraDose = status.extraDose?.kind.code
    extraDoseLeftNanograms = status.extraDose?.left.baseUnits
    lastDose = status.lastDose.map {
      LastDose(
        kind: $0.kind.code, doseNanograms: $0.dose.baseUnits,
        cancelledNanograms: $0.cancelled.baseUnits, endedTick: $0.end.number)
    }
    alarms = FaultCode.allCases.compactMap { code in
      let alarm = status.faults[Int(code.rawValue)]
      guard let priority = AlarmPriority(rawValue: alarm.priority) else { return nil }
      let ticks = (status.now - alarm.raised).count
      return Alarm(
        code: code.code, priority: "\(priority)", happened: code.happened,
        action: AlarmRow(of: code).action, remedy: code.remedy,
        isAcknowledged: alarm.isAcknowledged,
        raisedSecondsAgo: Double(ticks) * Double(status.tickPeriod.count) / 1e9)
    }
    audioPausedSeconds = status.silentUntil.map {
      Double(($0 - status.now).count) * Double(status.tickPeriod.count) / 1e9
    }
    encoderCounts = Sensor(status.sensors.encoder)
    loadCellMilligrams = Sensor(status.sensors.loadCell)
    pressurePascals = Sensor(status.sensors.pressure)
    durableCommit = status.durableCommit
    ticksMissed = status.health.missed
    latenessMedianNanoseconds = status.health.latenessMedian.count
    lateness99Nanoseconds = status.health.lateness99.count
    latenessMaxNanoseconds = status.health.latenessMax.count
    interlockSteps = status.health.interlockSteps
    hourSteps = status.hourSteps
    daySteps = status.daySteps
    interlockHourSteps = status.health.interlockHourSteps
    interlockDaySteps = status.health.interlockDaySteps
    interlockRefusals = status.health.interlockRefusals
    realTimePriority = status.health.realTimePriority
    memoryLocked = status.health.memoryLocked
  }
}

extension Account.Deficit {
  /// The code as all other keys are written, which an encoder does not do to the keys of a dictionary.
  fileprivate var snakeCode: String {
    code.map { $0.isUppercase ? "_\($0.lowercased())" : "\($0)" }.joined()
  }
}

extension StatusJSON.Sensor {
  init(_ reading: SensorReading) {
    self.init(state: reading.state.code, value: reading.value)
  }
}
