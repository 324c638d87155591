import Glibc
import Testing

@testable import Commissioning
@testable import Documents

/// Whether a finding has this state and says all of these.
func expect(
  _ finding: Diagnosis, _ state: Diagnosis.State, found: String..., remedy: String...,
  code: ExitCode = .done, at location: SourceLocation = #_sourceLocation
) {
  #expect(finding.state == state, "\(finding)", sourceLocation: location)
  #expect(finding.code == code, "\(finding)", sourceLocation: location)
  for words in found {
    #expect(finding.found.contains(words), "\(finding)", sourceLocation: location)
  }
  // What is wrong always has a remedy, and what is right never one.
  #expect((finding.remedy != nil) == (state != .ok), "\(finding)", sourceLocation: location)
  for words in remedy {
    #expect(finding.remedy?.contains(words) == true, "\(finding)", sourceLocation: location)
  }
}

/// A folder that goes with the value.
final class Folder {
  let path = "/tmp/commissioning-\(UInt64.random(in: 0...UInt64.max))"

  init() { _ = unsafe mkdir(path, 0o700) }

  deinit {
    for name in names { _ = unsafe remove("\(path)/\(name)") }
    _ = unsafe rmdir(path)
  }

  private var names: [String] = []

  /// Makes a file and gives its open descriptor.
  func open(_ name: String) -> Int32 {
    names.append(name)
    return unsafe Glibc.open("\(path)/\(name)", O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
  }

  @discardableResult
  func write(_ name: String, _ text: String) -> String {
    let file = open(name)
    var bytes = Array(text.utf8)
    _ = unsafe Glibc.write(file, &bytes, bytes.count)
    _ = close(file)
    return "\(path)/\(name)"
  }
}
