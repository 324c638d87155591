/// The fault table as a page of Markdown, one row a fault.
public enum AlarmPage {
  public static var text: String { lines.joined(separator: "\n") + "\n" }

  public static var lines: [String] {
    let rows = AlarmRow.all.map { row in
      let cells = [
        row.code, row.happened, row.action, row.remedy, row.priority, row.detector, row.within,
        row.ends, row.hazards.joined(separator: ", "),
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

    People are told by buzzer and lamp as <doc:AlarmSignals> says. `pumpctl acknowledge` says that somebody has seen
    all that are on: those whose cause lies in the past end, the others sound no more until they become more urgent.
    A medium alarm that nobody acknowledges within 30 min becomes a high one, where its row names no other time.

    | code | what happened | what the engine does | what to do | priority | what notices it | within | what ends it | hazards |
    |---|---|---|---|---|---|---|---|---|
    """
}
