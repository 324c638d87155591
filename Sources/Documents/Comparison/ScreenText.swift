/// Text for a terminal.
enum ScreenText {
  static let columns = 79

  /// At least one space behind the text.
  static func padded(_ text: String, to width: Int) -> String {
    text + String(repeating: " ", count: max(1, width - text.count))
  }

  /// The text in plain ASCII behind a head, broken between words.
  static func wrapped(_ text: String, behind head: String) -> [String] {
    wrapped(text.split(separator: " ").map(String.init), behind: head)
  }

  /// Pieces that stay whole where a line holds them; longer ones are cut.
  static func wrapped(_ pieces: [String], behind head: String) -> [String] {
    let width = columns - head.count
    var lines: [String] = []
    for piece in pieces.map(plain) {
      if let last = lines.last, last.count + 1 + piece.count <= width {
        lines[lines.count - 1] += " " + piece
      } else {
        lines += stride(from: 0, to: piece.count, by: width).map {
          String(piece.dropFirst($0).prefix(width))
        }
      }
    }
    let margin = String(repeating: " ", count: head.count)
    return lines.enumerated().map { ($0 == 0 ? head : margin) + $1 }
  }

  /// A question mark for each character that is not printable ASCII.
  private static func plain(_ text: String) -> String {
    text.unicodeScalars.map { (0x20...0x7e).contains($0.value) ? "\($0)" : "?" }.joined()
  }
}
