package dev.weir.providers;

import dev.weir.core.AIError;
import dev.weir.core.ErrorCode;
import dev.weir.gateway.Exchange;
import dev.weir.gateway.Reply;
import io.vertx.core.Future;

/** One model provider, as seen from the last stage. Confined to the event loop of its verticle. */
interface Provider {
  /**
   * Sends the current attempt of {@code x} and reads what comes back.
   *
   * <p>A whole answer completes the future when it is there in full; a stream when its first part
   * or its end is there, so that whatever went wrong before can be tried again. Fails with an
   * {@link dev.weir.core.AIError}. Ends at once when the exchange is cancelled.
   */
  Future<Reply> ask(Exchange x);

  /**
   * The vector of a text: an answer whose data is a list of numbers. Fails with {@code NOT_FOUND}
   * where the provider has none to give.
   */
  default Future<Reply> embed(Exchange x, String text) {
    return Future.failedFuture(
        AIError.of(
            ErrorCode.NOT_FOUND,
            "This provider gives no embeddings here; name one that speaks OpenAI's API."));
  }
}
