package dev.weir.providers;

import dev.weir.core.AIError;
import dev.weir.gateway.Answer;
import io.vertx.core.Future;
import io.vertx.core.buffer.Buffer;

/** Reads one answer in a provider's protocol; one per attempt. Its methods throw AIErrors. */
interface AnswerReader {
  /** A whole answer under a 2xx status. */
  Answer whole(Buffer body);

  /**
   * The same, on the same event loop, of a reader that lets others read what is large. It may come
   * after the call was cancelled, and is then dropped.
   */
  default Future<Answer> wholeInTime(Buffer body) {
    try {
      return Future.succeededFuture(whole(body));
    } catch (AIError error) {
      return Future.failedFuture(error);
    }
  }

  /** The most bytes of a whole answer that are collected for it. */
  default int mostBytes() {
    return Reception.MAX_ANSWER_BYTES;
  }

  /** One event of a stream: adds parts to {@code out}, ends it, or lets it fail. */
  void event(SseEvent event, LiveStream out);
}
