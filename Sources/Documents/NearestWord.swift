/// What somebody may have meant who typed a word that is not known.
public enum NearestWord {
  /// One line for an unknown word: the nearest that is accepted, and all that are.
  public static func sentence(for word: String, among accepted: [String]) -> String {
    let nearest = accepted.min { distance($0, word) < distance($1, word) }
    let guess =
      nearest.flatMap { distance($0, word) <= max(1, $0.count / 3) ? "; did you mean \($0)?" : nil }
    return "'\(word)' is no command\(guess ?? ";") accepted: \(accepted.joined(separator: ", "))"
  }

  /// How many letters have to be put in, taken out or replaced.
  private static func distance(_ first: String, _ second: String) -> Int {
    let letters = Array(second)
    var row = Array(0...letters.count)
    for (index, letter) in first.enumerated() {
      var (before, left) = (row[0], index + 1)
      row[0] = left
      for place in letters.indices {
        let here = min(
          before + (letter == letters[place] ? 0 : 1), left + 1, row[place + 1] + 1)
        (before, row[place + 1], left) = (row[place + 1], here, here)
      }
    }
    return row[letters.count]
  }
}
