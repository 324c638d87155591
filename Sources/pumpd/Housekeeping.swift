internal import Engine
internal import Glibc
internal import Hardware
internal import Logging
internal import Synchronization

/// What goes on beside the engine: a hard stop on a way of its own, the word to the supervisor that the pump is
/// alive, and on a simulated bench the world behind the wires.
final class Housekeeping: @unchecked Sendable {
  private var world: SimulatedWorld?
  private let engine: RealTimeEngine
  private let desk: LinkDesk
  private let hands: BenchHands?
  private let hardware: HardwareRig
  private var supervisor: Supervisor
  private let log: Logger
  private let ending = Atomic<Bool>(false)
  private var thread = pthread_t()

  private static let periodMicroseconds: UInt32 = 50_000

  /// - Parameters:
  ///   - world: nil on a real rig.
  ///   - hands: of the people at a simulated one.
  init(
    engine: RealTimeEngine, desk: LinkDesk, hardware: HardwareRig,
    world: consuming SimulatedWorld?, hands: BenchHands?, log: Logger
  ) {
    self.hardware = hardware
    self.hands = hands
    self.engine = engine
    self.desk = desk
    self.world = world
    self.log = log
    supervisor = Supervisor()
  }

  func start() {
    let own = unsafe Unmanaged.passRetained(self).toOpaque()
    let failed = unsafe pthread_create(
      &thread, nil,
      { own in
        guard let own = unsafe own else { return nil }
        unsafe Unmanaged<Housekeeping>.fromOpaque(own).takeRetainedValue().run()
        return nil
      }, own)
    precondition(failed == 0, "a thread can be started before memory runs out")
  }

  /// Ends after the last pulse has been seen. After the tick thread.
  func end() {
    ending.store(true, ordering: .releasing)
    _ = pthread_join(thread, nil)
    world?.report(to: log)
  }

  private func run() {
    while true {
      let last = ending.load(ordering: .acquiring)
      // The tick does the same; should it not, this does.
      hardware.setHalted(engine.isHardStopped)
      world?.observe(hands?.take() ?? [], log)
      supervisor.tell(ticks: engine.ticksCompleted, turns: desk.turns)
      if last {
        supervisor.tellEnd()
        return
      }
      usleep(Self.periodMicroseconds)
    }
  }
}
