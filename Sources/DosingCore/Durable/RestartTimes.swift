internal import Quantities

/// The newest restarts that nobody asked for: as many as it takes to find one too many.
struct RestartTimes: BitwiseCopyable {
  private var times: InlineArray<4, Tick> = InlineArray(repeating: Tick(-1))

  /// Whether this is one more than are allowed in `Limits.restartsWithin`.
  mutating func append(_ tick: Tick, rig: Rig) -> Bool {
    for index in 0..<Limits.restartsMax { times[index] = times[index + 1] }
    times[Limits.restartsMax] = tick
    let first = times[0]
    return first.number >= 0 && tick - first < TickCount(rig.ticks(Limits.restartsWithin))
  }

  mutating func layout(_ coder: inout some FrameCoder) {
    for index in times.indices { coder.field(&times[index].number) }
  }
}
