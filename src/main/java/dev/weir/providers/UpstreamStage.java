package dev.weir.providers;

import dev.weir.core.AIError;
import dev.weir.gateway.Chain;
import dev.weir.gateway.Exchange;
import dev.weir.gateway.Reply;
import dev.weir.gateway.Stage;
import io.vertx.core.Future;

/** The last stage: asks the provider that serves the current attempt's target. Never proceeds. */
public final class UpstreamStage implements Stage {
  private final Upstreams upstreams;

  /**
   * The last stage of one verticle.
   *
   * @param upstreams its providers
   */
  public UpstreamStage(Upstreams upstreams) {
    this.upstreams = upstreams;
  }

  @Override
  public Future<Reply> handle(Exchange x, Chain next) {
    var cancelled = x.cancellation().reason();
    if (cancelled.isPresent()) {
      return Future.failedFuture(cancelled.get());
    }
    try {
      return upstreams.serving(x.currentAttempt().target(), x.plan().ask()).ask(x);
    } catch (AIError refused) {
      return Future.failedFuture(refused);
    }
  }
}
