package dev.weir.gateway;

import dev.weir.core.AIError;
import java.util.function.Consumer;

/** What comes back through the stages. */
public sealed interface Reply {
  /** A whole answer. */
  record Whole(Answer answer) implements Reply {}

  /** An answer that is being written; whoever receives it must start it or cancel the call. */
  record Streamed(AnswerStream stream) implements Reply {}

  /**
   * This reply, with someone told of its end: at once for a whole answer, else just before whoever
   * receives the stream is.
   *
   * @param onEnd told of a complete answer
   * @param onFail told of a stream that broke
   */
  default Reply observed(Consumer<Answer> onEnd, Consumer<AIError> onFail) {
    return switch (this) {
      case Whole whole -> {
        onEnd.accept(whole.answer());
        yield this;
      }
      case Streamed streamed -> new Streamed(streamed.stream().observed(onEnd, onFail));
    };
  }
}
