internal import DosingCore

extension FrameBook {
  /// All of it as a page of the documentation.
  public static var page: String {
    let parts =
      [opening, kindTable, changeTable, section("Head", headTable)]
      + chapters.map { section(title($0), fieldTable($0.fields)) }
      + [section("Seal", fieldTable(seal)), words]
    return parts.joined(separator: "\n\n") + "\n"
  }

  private static var opening: String {
    """
    # Frames

    Every frame of version \(FrameHeader.version), field by field, in the order of the wire.

    ## Overview

    Made by `PUMP_GOLDEN=write-frames swift test --filter FrameBookTests`, from the code that reads and writes the
    frames; do not edit it. `frames.json` beside this page says the same for programs, as `pumpctl frames --json`
    does, and `frame-vectors.json` has a frame of each kind in bytes and in values. How a client speaks to a pump
    is in <doc:SpeakingToAPump>.

    A frame is a head, the body of its kind, and a seal, and has at most \(FrameHeader.frameMax) bytes. Numbers are
    little-endian, `i` with a sign; there is no padding.

    | type | bytes |
    |---|---|
    | `u8` to `u64`, `i8` to `i64` | a whole number; another one than the range says is refused |
    | `flag` | 1 byte: 0 or 1 |
    | `word` | 1 byte: a number of the list that is named |
    | `text` | 31 bytes of printable ASCII, zeros behind its end, then 1 byte: its length |
    | `bytes` | so many |
    | `group` | its fields |
    | `if_present` | a flag, then its fields where that is 1 |
    | `or_zeros` | a flag, then its fields, which are zeros where that is 0 |
    | `list` | a count, then its fields as many times |
    """
  }

  private static func section(_ title: String, _ text: String) -> String {
    "## \(title)\n\n\(text)"
  }

  private static func title(_ chapter: Chapter) -> String {
    "\(chapter.kind.rawValue): \(chapter.name)"
  }

  private static func table(_ head: [String], _ rows: [[String]]) -> String {
    func line(_ cells: [String]) -> String { "| \(cells.joined(separator: " | ")) |" }
    let rule = "|" + String(repeating: "---|", count: head.count)
    return ([line(head), rule] + rows.map(line)).joined(separator: "\n")
  }

  private static var kindTable: String {
    let rows = kinds.map { kind in
      [
        "\(kind.rawValue)", "\(kind)",
        kind.isRequest ? kind.answers.map { "\($0)" }.joined(separator: ", ") : "from the pump",
        kind.isRequest ? names(kind.permission.roles) : "",
        kind.isRequest ? kind.permission.unsigned.words : "",
      ]
    }
    return section(
      "Kinds", table(["number", "kind", "answered by", "signed by", "unsigned"], rows))
  }

  private static func names(_ roles: [Role]) -> String {
    roles.isEmpty ? "nobody" : roles.map { "\($0)" }.joined(separator: ", ")
  }

  private static var changeTable: String {
    let rows = ChangeKind.allCases.map { kind in
      [
        "\(kind.rawValue)", "\(kind)",
        names(Role.allCases.filter { kind.row.roles.contains($0) }),
        Circumstance.allCases.filter { kind.row.diesWith.contains($0) }.map { "\($0)" }
          .joined(separator: ", "), "\(kind.row.acts)",
      ]
    }
    return section(
      "Changes", table(["number", "change", "proposed by", "a proposal dies with", "acts"], rows))
  }

  private static var headTable: String {
    table(["field", "type", ""], head.map { [$0.name, "`\($0.type)`", $0.note] })
  }

  private static func fieldTable(_ fields: [Field]) -> String {
    let rows = rows(fields, behind: "")
    return rows.isEmpty ? "No body." : table(["field", "type", "unit", "range"], rows)
  }

  private static func rows(_ fields: [Field], behind path: String) -> [[String]] {
    collapsed(fields).flatMap { field, times in
      let count = times > 1 ? " x \(times)" : ""
      let own = [path + field.name, "`\(field.form.type)`" + count, field.unit, field.range]
      return [own] + rows(field.fields, behind: path + field.name + ".")
    }
  }

  private static var words: String {
    let rows = wordLists.map { list in
      [list.name, list.words.map { "\($0.name) \($0.number)" }.joined(separator: ", ")]
    }
    return section("Words", table(["list", "words"], rows))
  }
}

extension Field {
  fileprivate var unit: String {
    if case .number(_, _, _, let unit) = form { unit } else { "" }
  }

  /// Whether the type says it already.
  private static func isAny(_ bytes: Int, _ least: Int64, _ most: UInt64) -> Bool {
    let all = UInt64.max >> UInt64(64 - 8 * bytes)
    return least < 0
      ? most == all >> 1 && least == -Int64(all >> 1) - 1 : least == 0 && most == all
  }

  fileprivate var range: String {
    switch form {
    case .number(let bytes, let least, let most, _):
      Self.isAny(bytes, least, most) ? "" : "\(least) to \(most)"
    case .word(let list, let orNone): list.name + (orNone ? ", 0 for none" : "")
    case .bytes(let count): "\(count)"
    case .group(.list(let countBytes, let most)):
      "at most \(most), counted in \(countBytes) byte\(countBytes == 1 ? "" : "s")"
    case .flag, .text, .group: ""
    }
  }
}
