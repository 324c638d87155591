internal import CHardware
internal import Glibc

/// A wire from a GPIO chip to the rig. All are active high.
public enum Wire: Int32, CaseIterable, Sendable {
  case step = 0
  case direction
  case enable
  case heartbeat
  case buzzer
  case lamp
}

/// A line of a GPIO chip.
public enum LinePlace: Equatable, Sendable {
  case offset(Int32)
  case name(String)
}

/// Which line of which chip each wire is.
public struct Wiring: Equatable, Sendable {
  /// As the kernel's driver labels the chip, as in `pinctrl-rp1`; never its number.
  public var chipLabel: String
  private var places: [Wire: LinePlace]

  public init(chipLabel: String, place: (Wire) -> LinePlace) {
    self.chipLabel = chipLabel
    places = Dictionary(uniqueKeysWithValues: Wire.allCases.map { ($0, place($0)) })
  }

  public subscript(wire: Wire) -> LinePlace { places[wire] ?? .offset(-1) }

  /// The wiring as C reads it, for the time of the call.
  func withC<Result>(_ body: (UnsafePointer<chw_wiring>) -> Result) -> Result {
    let label = unsafe strdup(chipLabel)
    let held = unsafe Wire.allCases.map { unsafe self[$0].copied }
    defer {
      unsafe free(label)
      for index in unsafe held.indices {
        unsafe free(UnsafeMutablePointer(mutating: held[index].name))
      }
    }
    guard let label = unsafe label else { fatalError("out of memory") }
    var wiring = unsafe chw_wiring(
      chip_label: label, places: (held[0], held[1], held[2], held[3], held[4], held[5]))
    return unsafe body(&wiring)
  }
}

extension LinePlace {
  /// The place as C reads it, for the time of the call.
  func withC<Result>(_ body: (UnsafePointer<chw_line_place>) -> Result) -> Result {
    var place = unsafe copied
    defer { unsafe free(UnsafeMutablePointer(mutating: place.name)) }
    return unsafe body(&place)
  }

  /// The caller frees the name.
  fileprivate var copied: chw_line_place {
    switch self {
    case .offset(let offset): unsafe chw_line_place(name: nil, offset: offset)
    case .name(let name): unsafe chw_line_place(name: strdup(name), offset: -1)
    }
  }
}
