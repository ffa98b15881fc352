package dev.weir.providers;

import dev.weir.gateway.Answer;
import io.vertx.core.buffer.Buffer;

/** Reads one answer in a provider's protocol; one per attempt. Its methods throw AIErrors. */
interface AnswerReader {
  /** A whole answer under a 2xx status. */
  Answer whole(Buffer body);

  /** One event of a stream: adds parts to {@code out}, ends it, or lets it fail. */
  void event(SseEvent event, LiveStream out);
}
