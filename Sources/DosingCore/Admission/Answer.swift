/// What became of a request.
public enum Answer: Sendable, BitwiseCopyable {
  case accepted
  case refused(Refusal)
}
