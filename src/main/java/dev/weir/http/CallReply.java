package dev.weir.http;

import dev.weir.core.AIError;
import dev.weir.gateway.Answer;
import dev.weir.gateway.AnswerStream.Part;
import io.vertx.core.buffer.Buffer;

/**
 * How one surface writes the reply to one call: whole, or as server-sent events. One per call, used
 * on its event loop; an empty buffer means that there is nothing to write.
 */
interface CallReply {
  /** Writes the whole reply. */
  void whole(Answer answer);

  /** Sets the headers that are known before the first byte of a stream. */
  void beginStream();

  /** The events of one part. */
  Buffer part(Part part);

  /** The events that close a complete answer. */
  Buffer end(Answer answer);

  /** The events of an answer that came whole although a stream was asked for. */
  Buffer all(Answer answer);

  /** The events that close a broken one. */
  Buffer broken(AIError error);
}
