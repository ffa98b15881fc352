package dev.weir.gateway;

import com.fasterxml.jackson.databind.JsonNode;
import dev.weir.core.AIError;
import io.vertx.core.Future;
import io.vertx.core.buffer.Buffer;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Function;

/**
 * An answer as it is being written, with backpressure. Nothing flows before {@link #start}; then
 * parts in order and exactly one end: {@link Sink#end} or {@link Sink#fail}. To stop early, cancel
 * the exchange: the stream then fails with that reason. Confined to the call's event loop.
 */
public interface AnswerStream {
  /** Begins to deliver to {@code sink}; called exactly once. */
  void start(Sink sink);

  /** Asks for a rest; a few parts that are already here may still arrive. */
  void pause();

  /** Goes on after {@link #pause}. */
  void resume();

  /** Receives a stream. */
  interface Sink {
    /** One more part. */
    void part(Part part);

    /** The end of a complete answer; {@code answer.text()} is all parts together. */
    void end(Answer answer);

    /** The end of a broken one: cut off, refused in mid-stream, cancelled, too late. */
    void fail(AIError error);
  }

  /**
   * One part of a stream.
   *
   * @param text the text that it adds; empty for parts that carry something else (a role, a tool
   *     call)
   * @param wire the provider's own chat-completions event, byte for byte with its closing blank
   *     line, where it speaks that; else empty
   * @param partial the value of a function's answer so far, where the caller wants to see it grow
   *     and it is time for a look; nobody edits it
   */
  record Part(String text, Buffer wire, Optional<JsonNode> partial) {
    /** A part without a value. */
    public Part(String text, Buffer wire) {
      this(text, wire, Optional.empty());
    }

    /** The same part with the value so far. */
    public Part with(JsonNode soFar) {
      return new Part(text, wire, Optional.of(soFar));
    }
  }

  /**
   * This stream, with someone told of its end just before whoever receives it is.
   *
   * @param onEnd told of a complete answer
   * @param onFail told of a broken one
   */
  default AnswerStream observed(Consumer<Answer> onEnd, Consumer<AIError> onFail) {
    return new ObservedStream(this, _ -> {}, onEnd, onFail);
  }

  /** As {@link #observed(Consumer, Consumer)}, with someone told of each part as well. */
  default AnswerStream observed(
      Consumer<Part> onPart, Consumer<Answer> onEnd, Consumer<AIError> onFail) {
    return new ObservedStream(this, onPart, onEnd, onFail);
  }

  /**
   * This stream, with something done before whoever receives it is told of its end.
   *
   * @param before gets why the stream broke, or empty of a complete one; the end waits for its
   *     future, and a complete answer whose future fails becomes a broken one
   */
  default AnswerStream ending(Function<Optional<AIError>, Future<Void>> before) {
    return new EndingStream(this, before);
  }
}
