internal import Engine
internal import Glibc
internal import Logging
internal import Plant
internal import Synchronization

/// What goes on beside the engine on a simulated bench: the world behind the wires, and the log that
/// the tick thread may not write itself.
final class Bench: @unchecked Sendable {
  private var plant: Plant
  private let engine: RealTimeEngine
  private let log: Logger
  private let ending = Atomic<Bool>(false)
  private var thread = pthread_t()

  private static let periodMicroseconds: UInt32 = 50_000

  init(plant: consuming Plant, engine: RealTimeEngine, log: Logger) {
    self.plant = plant
    self.engine = engine
    self.log = log
  }

  func start() {
    let bench = unsafe Unmanaged.passRetained(self).toOpaque()
    let failed = unsafe pthread_create(
      &thread, nil,
      { bench in
        guard let bench = unsafe bench else { return nil }
        unsafe Unmanaged<Bench>.fromOpaque(bench).takeRetainedValue().run()
        return nil
      }, bench)
    precondition(failed == 0, "a thread can be started before memory runs out")
  }

  /// Ends after the last pulse and the last event have been seen. After the tick thread.
  func end() {
    ending.store(true, ordering: .releasing)
    _ = pthread_join(thread, nil)
    log.info(
      "the motor made \(plant.motorSteps) steps, \(Int(plant.deliveredMicrolitres)) uL")
    if plant.pulsesWithoutMotion > 0 {
      log.warning("\(plant.pulsesWithoutMotion) pulses turned nothing")
    }
  }

  private func run() {
    while true {
      let last = ending.load(ordering: .acquiring)
      plant.observe()
      while let event = engine.events.take() { note(event) }
      let lost = engine.events.takeLost()
      if lost > 0 { log.warning("\(lost) events were lost: the log fell behind") }
      if last { return }
      usleep(Self.periodMicroseconds)
    }
  }

  private func note(_ event: EngineEvent) {
    let text = event.sentence
    if event.kind == .ticksMissed || event.kind == .alarmsChanged {
      log.warning("\(text)")
    } else {
      log.info("\(text)")
    }
  }
}
