internal import Documents

/// One row for each step that the motor really made.
struct TraceFile: ~Copyable {
  private var file: OutputFile
  private var steps: Int64 = 0

  init(_ path: String) throws(Failure) {
    var file = try OutputFile(path)
    try file.write("time_ns,motor_steps\n")
    self.file = file
  }

  /// - Parameter timeNanoseconds: the deadline of the tick, since the start of the scenario.
  mutating func append(_ timeNanoseconds: Int64) throws(Failure) {
    steps += 1
    try file.write(timeNanoseconds)
    try file.write(",")
    try file.write(steps)
    try file.write("\n")
  }

  mutating func finish() throws(Failure) { try file.finish() }
}
