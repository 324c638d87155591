/// The fault table as a page of Markdown, one row a fault.
public enum AlarmPage {
  public static var text: String { lines.joined(separator: "\n") + "\n" }

  public static var lines: [String] {
    let rows = AlarmRow.all.map { row in
      let cells = [
        row.code, row.words, row.hazards.joined(separator: ", "), row.detector, row.within,
        row.priority, row.action, row.ends,
      ]
      return "| \(cells.joined(separator: " | ")) |"
    }
    return [head] + rows
  }

  private static let head = """
    # Alarms

    Everything that can be wrong: what notices it, what follows, and what to do.

    ## Overview

    One table in the code decides what follows from a fault: mode, outputs, refusals, the journal and this page
    read it. Where several are on, the strictest holds of each: the gate of the motor, the rate of basal, and
    whether extra doses go on. A fault never makes basal faster, and what was not delivered is never made up.
    `pumpctl alarms --table` prints the same.

    | code | what happened, and what to do | hazards | what notices it | within | priority | what the engine does | what ends it |
    |---|---|---|---|---|---|---|---|
    """
}
