package dev.weir.providers;

import dev.weir.core.AIError;
import dev.weir.gateway.Chain;
import dev.weir.gateway.Exchange;
import dev.weir.gateway.Reply;
import dev.weir.gateway.Stage;
import io.vertx.core.Future;

/**
 * The last stage of a call for an embedding: the text is the first message of a chat, and the
 * answer's data is its vector. Never proceeds.
 */
public final class EmbeddingStage implements Stage {
  private final Upstreams upstreams;

  /**
   * The last stage of one verticle.
   *
   * @param upstreams its providers
   */
  public EmbeddingStage(Upstreams upstreams) {
    this.upstreams = upstreams;
  }

  @Override
  public Future<Reply> handle(Exchange x, Chain next) {
    try {
      return upstreams
          .serving(x.currentAttempt().target())
          .embed(x, x.plan().ask().prompt().stripTrailing());
    } catch (AIError refused) {
      return Future.failedFuture(refused);
    }
  }
}
