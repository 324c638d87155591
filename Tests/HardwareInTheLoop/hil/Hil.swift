internal import ArgumentParser

@main
struct Hil: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "hil",
    abstract:
      "Hardware in the loop: proves the backends against the kernel, or a rig on the bench.",
    discussion: """
      Each check prints one line: ok, not ok with the reason, or skip with the reason.
      Exit codes: 0 nothing failed, 1 a check failed, 64 usage.
      """,
    subcommands: [
      GuestCommand.self, WatchdogCommand.self, RigCommand.self, BenchCommand.self,
      HoldCommand.self, DropCommand.self, PowerCutCommand.self, PowerCutAccountCommand.self,
    ])
}
