package dev.weir.providers;

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
}
