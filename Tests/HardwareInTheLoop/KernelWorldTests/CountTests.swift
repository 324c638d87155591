import CKernelWorld
import Glibc
import KernelWorld
import Testing

private func count(_ body: @escaping @convention(c) (UnsafeMutableRawPointer?) -> Void) throws
  -> ckw_counts
{
  body(nil)  // so that the dynamic linker has done its work
  var counts = ckw_counts()
  try KernelWorldError.check(unsafe ckw_count(body, nil, &counts), "count")
  return counts
}

#if arch(x86_64)
  @Test func everySystemCallIsCounted() throws {
    let counts = try unsafe count { _ in
      _ = getppid()
      _ = getppid()
      _ = getppid()
    }
    #expect(counts.system_calls == 3)
    #expect(counts.instructions >= 6)
  }

  @Test func systemCallsAreCountedAtFullSpeed() {
    let count = unsafe ckw_count_system_calls(
      { _ in
        var now = timespec()
        for _ in 0..<1000 { _ = unsafe clock_gettime(CLOCK_MONOTONIC, &now) }
        _ = getppid()
        _ = getppid()
      }, nil)
    #expect(count == 2)
  }

  @Test func readingTheClockIsNoSystemCall() throws {
    let counts = try unsafe count { _ in
      var now = timespec()
      _ = unsafe clock_gettime(CLOCK_MONOTONIC, &now)
    }
    #expect(counts.system_calls == 0)
    #expect(counts.instructions > 10)
  }

  @Test func anEmptyBodyCostsNothing() throws {
    let counts = try unsafe count { _ in }
    #expect(counts.system_calls == 0)
    #expect(counts.instructions < 20)
  }
#endif
