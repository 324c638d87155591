import DosingCore
import Engine
import Hardware
import Quantities
import SeededNumbers
import Synchronization
import Testing

@Suite struct RequestSlotTests {
  @Test("an offered request is answered once, and the reply can be taken once")
  func answeredOnce() {
    let slot = RequestSlot()
    var decided = 0
    let decide = { (_: Request, id: Int64) -> (answer: Answer, commit: Int64) in
      decided += 1
      return (.accepted, id + 1)
    }
    slot.answer(at: 1, decide)
    #expect(decided == 0)
    slot.offer(.stop, id: 41)
    #expect(slot.takeReply() == nil)
    slot.answer(at: 2, decide)
    slot.answer(at: 3, decide)
    #expect(decided == 1)
    let reply = slot.takeReply()
    #expect(reply?.tick == 2)
    #expect(reply?.commit == 42)
    #expect(slot.takeReply() == nil)
    slot.offer(.resume)
    slot.answer(at: 4, decide)
    #expect(slot.takeReply()?.tick == 4)
    #expect(decided == 2)
  }

  @Test("what was withdrawn is never decided, and the slot is free again")
  func withdrawnIsNeverDecided() {
    let slot = RequestSlot()
    slot.offer(.stop)
    let withdrawn = slot.withdraw()
    #expect(withdrawn)
    slot.answer(at: 1) { _, _ in
      Issue.record("a withdrawn request was decided")
      return (.accepted, 0)
    }
    #expect(slot.takeReply() == nil)
    slot.offer(.resume)
    slot.answer(at: 2) { _, _ in (.accepted, 0) }
    let tooLate = slot.withdraw()
    #expect(!tooLate)
    #expect(slot.takeReply()?.tick == 2)
  }

  @Test("a request cannot be withdrawn while it is being decided")
  func notWithdrawnWhileDecided() {
    let slot = RequestSlot()
    slot.offer(.stop)
    slot.answer(at: 7) { _, _ in
      let withdrawn = slot.withdraw()
      #expect(!withdrawn)
      #expect(slot.takeReply() == nil)
      return (.accepted, 0)
    }
    #expect(slot.takeReply()?.tick == 7)
  }

  @Test(
    "two threads under load: what is decided is exactly what was not withdrawn, whole, in order")
  func twoThreads() throws {
    let slot = RequestSlot()
    let ended = Atomic<Bool>(false)
    let decided = Mutex<[Int64]>([])
    let torn = Atomic<Int>(0)
    let thread = try RealTimeThread(name: "answers", priority: 0) {
      var mine: [Int64] = []
      var tick: Int64 = 0
      while !ended.load(ordering: .acquiring) {
        tick += 1
        slot.answer(at: tick) { request, _ in
          guard case .bolus(let dose, let duration) = request,
            dose.nanograms == duration.count
          else {
            torn.wrappingAdd(1, ordering: .relaxed)
            return (.accepted, 0)
          }
          mine.append(dose.nanograms)
          return (.accepted, 0)
        }
        if tick % 4_096 == 0 { pause(Nanoseconds(1_000)) }
      }
      let all = mine
      decided.withLock { $0 = all }
    }
    var random = SplitMix64(seed: 1)
    var kept: [Int64] = []
    var lastTick: Int64 = 0
    var spins = 0
    let end = RealTime.now + patience
    for number in Int64(1)...20_000 {
      slot.offer(.bolus(dose: Mass(nanograms: number), duration: Nanoseconds(number)))
      if Int.random(in: 0..<10, using: &random) > 0 {
        // Around the moment at which the other thread takes it.
        for _ in 0..<Int.random(in: 0..<1_000, using: &random) { spins += 1 }
        if slot.withdraw() { continue }
      }
      kept.append(number)
      var reply = slot.takeReply()
      while reply == nil && RealTime.now < end {
        pause(Nanoseconds(1_000))
        reply = slot.takeReply()
      }
      let tick = try #require(reply).tick
      #expect(tick > lastTick)
      lastTick = tick
    }
    ended.store(true, ordering: .releasing)
    thread.join()
    #expect(torn.load(ordering: .relaxed) == 0)
    #expect(decided.withLock { $0 } == kept)
    #expect(!kept.isEmpty && kept.count < 20_000 && spins > 0)
  }

  /// Lets the other thread run, even where other programs want the processor.
  private func pause(_ time: Nanoseconds) { RealTime.sleep(until: RealTime.now + time) }
}
