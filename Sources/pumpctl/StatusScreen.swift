internal import Documents
internal import DosingCore
internal import Quantities

/// A status as one screen of a terminal: what matters most stands first, and what finds no room is left out.
struct StatusScreen {
  struct Size: Equatable {
    var columns: Int
    var rows: Int
  }

  /// How a line is marked where the terminal has colours.
  enum Mark: String {
    case plain = ""
    case title = "1"
    case high = "1;37;41"
    case medium = "1;30;43"
    case low = "1;36"
  }

  struct Line {
    var mark = Mark.plain
    var text: String
  }

  let status: StatusText
  let size: Size
  /// How long the pump has given no answer; nil where it has just given this one.
  var silence: Nanoseconds?

  private static let nameWidth = 16

  /// At most as many lines as the screen has, none longer than it is wide.
  var lines: [Line] {
    let first = title + alarms
    let room = max(0, size.rows - first.count)
    var rest = rows.map { fitted($0) }
    // The least important of all go first.
    while rest.reduce(0, { $0 + $1.count }) > room, !rest.isEmpty { rest.removeLast() }
    let isWide = rest.reduce(0, { $0 + $1.count }) + 1 <= room
    let gap = isWide && !rest.isEmpty ? [Line(text: "")] : []
    return Array((first + gap + rest.flatMap(\.self)).prefix(size.rows))
  }

  private var title: [Line] {
    var lines = fitted(status.titlePieces, separator: "  ").map { Line(mark: .title, text: $0) }
    if let silence {
      lines.append(
        Line(
          mark: .high,
          text: clipped("NO ANSWER for \(silence.durationText): this is what the pump said then")))
    }
    return lines
  }

  /// The highest first; where there are too many, how many more there are.
  private var alarms: [Line] {
    let all = status.alarmsByPriority
    if all.isEmpty { return [Line(text: "no alarm")] }
    let most = max(1, size.rows / 3)
    var lines: [Line] = []
    for (index, alarm) in all.enumerated() {
      let text = wrapped(alarm.text, indent: 7)
      let isLast = index == all.count - 1
      if !lines.isEmpty, lines.count + text.count > (isLast ? most : most - 1) {
        return lines + [Line(mark: .high, text: clipped("and \(all.count - index) more alarms"))]
      }
      lines += text.map { Line(mark: Self.mark(alarm.priority), text: $0) }
    }
    if let pause = status.audioPause { lines.append(Line(mark: .medium, text: clipped(pause))) }
    return lines
  }

  private static func mark(_ priority: AlarmPriority) -> Mark {
    switch priority {
    case .high: .high
    case .medium: .medium
    case .low: .low
    }
  }

  private var rows: [StatusText.Row] {
    status.rowsByImportance(barWidth: size.columns >= 72 ? 20 : 8)
  }

  private func fitted(_ row: StatusText.Row) -> [Line] {
    wrapped(
      ScreenColumns.padded("  \(row.name)", to: Self.nameWidth) + row.text, indent: Self.nameWidth
    )
    .map { Line(text: $0) }
  }

  /// Pieces side by side, in as many lines as they need.
  private func fitted(_ pieces: [String], separator: String) -> [String] {
    var lines: [String] = []
    for piece in pieces {
      if let last = lines.last, last.count + separator.count + piece.count <= size.columns {
        lines[lines.count - 1] = last + separator + piece
      } else {
        lines.append(clipped(piece))
      }
    }
    return lines
  }

  private func clipped(_ text: String) -> String {
    text.count <= size.columns ? text : String(text.prefix(max(0, size.columns - 1))) + "~"
  }

  /// Broken between words, what follows indented.
  private func wrapped(_ text: String, indent: Int) -> [String] {
    var lines: [String] = []
    var rest = text[...]
    while rest.count > size.columns {
      let head = rest.prefix(size.columns + 1)
      let words = head.dropFirst(lines.isEmpty ? indent : indent + 1)
      guard let space = words.lastIndex(of: " ") else { break }
      lines.append(String(rest[..<space]))
      rest = String(repeating: " ", count: indent) + rest[rest.index(after: space)...]
    }
    return lines + [clipped(String(rest))]
  }
}

enum ScreenColumns {
  /// At least one space behind the text.
  static func padded(_ text: String, to width: Int) -> String {
    text + String(repeating: " ", count: max(1, width - text.count))
  }
}
