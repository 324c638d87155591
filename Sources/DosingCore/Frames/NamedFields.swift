public import Quantities

// A layout names each field as it visits it, so that a frame can be described by who reads its code. Whoever
// writes or reads a frame does not listen, and pays nothing for it.

/// What a field is made of, in bytes and in meaning.
public enum FieldForm: Sendable {
  /// A whole number, little-endian.
  case number(bytes: Int, least: Int64, most: UInt64, unit: StaticString)
  /// 1 byte, 0 or 1.
  case flag
  /// 31 bytes of printable ASCII, zeros behind it, then their count.
  case text
  /// So many bytes that are no number.
  case bytes(Int)
}

/// Why some fields stand together.
public enum GroupForm: Sendable {
  /// They belong together.
  case plain
  /// Behind a flag: there where it is 1.
  case ifPresent
  /// Behind a flag: zeros where it is 0.
  case orZeros
  /// Behind their count of so many bytes: as many times.
  case list(countBytes: Int, atMost: Int)
}

extension FrameCoder {
  public mutating func describe(_ name: StaticString, _ form: FieldForm) {}
  public mutating func begin(_ name: StaticString, _ form: GroupForm) {}
  public mutating func end() {}

  #if !hasFeature(Embedded)
    public mutating func describe(_ name: StaticString, word: any Any.Type, orNone: Bool) {}
  #endif
}

extension FrameCoder {
  @inlinable
  public mutating func field<Number: FixedWidthInteger>(
    _ name: StaticString, _ value: inout Number, unit: StaticString = ""
  ) {
    describe(
      name,
      .number(
        bytes: Number.bitWidth / 8, least: Int64(clamping: Number.min),
        most: UInt64(clamping: Number.max), unit: unit))
    field(&value)
  }

  @inlinable
  public mutating func field<Number: FixedWidthInteger & SignedInteger>(
    _ name: StaticString, magnitude value: inout Number, unit: StaticString = ""
  ) {
    describe(
      name,
      .number(
        bytes: Number.bitWidth / 8, least: 0, most: UInt64(clamping: Number.max), unit: unit))
    field(magnitude: &value)
  }

  mutating func field(_ name: StaticString, _ value: inout Tick) {
    describe(name, .number(bytes: 8, least: 0, most: UInt64(Int64.max), unit: "tick"))
    field(&value)
  }

  public mutating func field<Kind: Quantity>(_ name: StaticString, _ value: inout Kind) {
    describe(
      name, .number(bytes: 8, least: 0, most: UInt64(Int64.max), unit: Kind.baseUnit))
    field(&value)
  }

  public mutating func field(_ name: StaticString, _ value: inout Bool) {
    describe(name, .flag)
    field(&value)
  }

  public mutating func field<Word: RawRepresentable<UInt8>>(
    _ name: StaticString, _ value: inout Word
  ) {
    #if !hasFeature(Embedded)
      describe(name, word: Word.self, orNone: false)
    #endif
    field(&value)
  }

  /// A word, or 0 for none. What is no such word is none, and an error.
  mutating func field<Word: RawRepresentable<UInt8>>(
    _ name: StaticString, orNone value: inout Word?
  ) {
    #if !hasFeature(Embedded)
      describe(name, word: Word.self, orNone: true)
    #endif
    var raw = value?.rawValue ?? 0
    field(&raw)
    value = Word(rawValue: raw)
    if raw != 0 && value == nil { fail() }
  }

  /// The number of a word that the caller looks at.
  mutating func field<Word: RawRepresentable<UInt8>>(
    _ name: StaticString, raw: inout UInt8, like word: Word
  ) {
    #if !hasFeature(Embedded)
      describe(name, word: Word.self, orNone: false)
    #endif
    field(&raw)
  }

  public mutating func field(
    _ name: StaticString, count value: inout Int, atMost capacity: Int
  ) {
    describe(name, .number(bytes: 1, least: 0, most: UInt64(capacity), unit: ""))
    field(count: &value, atMost: capacity)
  }

  mutating func field<let length: Int>(
    _ name: StaticString, _ value: inout InlineArray<length, UInt8>
  ) {
    describe(name, .bytes(length))
    field(&value)
  }

  public mutating func field(_ name: StaticString, _ value: inout Label) {
    describe(name, .text)
    field(&value)
  }

  mutating func field(_ name: StaticString, utcOffset value: inout Nanoseconds) {
    describe(name, .number(bytes: 2, least: -12 * 60, most: 14 * 60, unit: "min"))
    field(utcOffset: &value)
  }

  mutating func field(_ name: StaticString, _ time: inout WeekTime) {
    let most = UInt64(WeekTime.week.count - 1)
    describe(name, .number(bytes: 8, least: 0, most: most, unit: "ns since Monday 00:00"))
    var sinceMonday = time.sinceMonday
    field(&sinceMonday)
    if sinceMonday >= WeekTime.week { fail() }
    time = WeekTime(sinceMonday: sinceMonday)
  }

  /// A flag, and the prescription where there is one.
  mutating func field(_ name: StaticString, _ order: inout Prescription?) {
    begin(name, .ifPresent)
    var isThere = order != nil
    field(&isThere)
    var known = order ?? .blank
    if isThere { known.layout(&self) }
    order = isThere ? known : nil
    end()
  }
}
