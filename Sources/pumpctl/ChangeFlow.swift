internal import ArgumentParser
internal import Documents
internal import DosingCore
internal import ProgrammerLink

/// How somebody agrees to what he was shown.
enum Agreement {
  /// He types yes.
  case typed(String)
  /// The same; but where nobody can type he only wanted to look, which is done then.
  case typedOrSeen(String)
  case given
  /// He has seen it before: what has this digest.
  case digest(String)
}

/// For a script, which looks first, without input, and then commits what it has seen.
struct SeenOptions: ParsableArguments {
  @Flag(help: "Do not ask; only with --digest.")
  var yes = false

  @Option(help: ArgumentHelp("Commit this proposal and no other.", valueName: "HEX"))
  var digest: String?

  func validate() throws {
    guard yes == (digest != nil) else {
      throw ValidationError("--yes and --digest go together: what was seen is what is committed")
    }
  }

  var agreement: Agreement { digest.map { .digest($0) } ?? .typedOrSeen("Commit it?") }
}

extension SigningOptions {
  /// Proposes a change, shows it, and commits it where somebody agrees.
  ///
  /// - Parameters:
  ///   - done: what was done, behind the name of the pump.
  ///   - describe: what is found about the change, a line each.
  func change(
    _ connection: Connection, _ programmer: inout Programmer, _ proposed: ProposedChange,
    _ agreement: Agreement, done: String, describe: (Findings) -> [String] = { $0.sentences }
  ) {
    let reply = connection.attempt { () throws(LinkError) in
      try programmer.order(.propose, proposed)
    }
    let proposal: ProposalBody
    switch reply {
    case .findings(let findings):
      for line in describe(findings) { complain(line) }
      end(.badData)
    case .proposal(let body): proposal = body
    default: return report(reply, done: "")
    }
    let warnings = describe(proposal.shown.findings)
    guard let comparison = ChangeComparison(proposed, proposal, warnings: warnings) else {
      end(.unavailable, "the pump shows something else than was proposed; nothing was changed")
    }
    print("pump \(programmer.serial?.text ?? "-")")
    print(comparison.lines.joined(separator: "\n"))
    agree(agreement, to: proposal.digest)
    programmer.reconnect(connection.open())
    commit(connection, &programmer, proposal.digest, done: done)
  }

  private func agree(_ agreement: Agreement, to digest: InlineArray<32, UInt8>) {
    switch agreement {
    case .given: break
    case .typed(let question):
      if !consents(to: question) { end(.badData, "nothing was changed") }
    case .typedOrSeen(let question):
      switch answer(to: question) {
      case "yes": break
      case nil:
        complain("pumpctl: nothing was changed; --yes --digest commits what was shown")
        end(.done)
      default: end(.badData, "nothing was changed")
      }
    case .digest(let seen):
      if seen.lowercased() != hexadecimal(digest.array) {
        end(.badData, "this is another proposal than \(seen); look at it, and give its digest")
      }
    }
  }

  func commit(
    _ connection: Connection, _ programmer: inout Programmer, _ digest: InlineArray<32, UInt8>,
    done: String
  ) {
    let reply = connection.attempt { () throws(LinkError) in
      try programmer.order(.commit, CommitBody(digest: digest))
    }
    report(reply, done: "pump \(programmer.serial?.text ?? "-") \(done)")
  }
}

extension Findings {
  var sentences: [String] { (0..<count).map { self[$0].sentence } }
}

extension ShownChange {
  /// What the pump says of it.
  fileprivate var findings: Findings {
    switch self {
    case .program(_, let findings), .rig(_, let findings): findings
    case .clock, .new, .supply, .clear: Findings()
    }
  }
}
