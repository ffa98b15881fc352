package dev.weir.gateway;

/** What comes back through the stages. */
public sealed interface Reply {
  /** A whole answer. */
  record Whole(Answer answer) implements Reply {}

  /** An answer that is being written; whoever receives it must start it or cancel the call. */
  record Streamed(AnswerStream stream) implements Reply {}
}
