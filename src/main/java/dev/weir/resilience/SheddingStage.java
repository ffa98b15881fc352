package dev.weir.resilience;

import dev.weir.config.OverloadSettings;
import dev.weir.core.AIError;
import dev.weir.core.ErrorCode;
import dev.weir.gateway.Chain;
import dev.weir.gateway.Exchange;
import dev.weir.gateway.Reply;
import dev.weir.gateway.Stage;
import io.vertx.core.Future;
import java.time.Duration;
import java.util.Optional;
import java.util.function.Function;

/**
 * Turns calls away while the process is saturated, before they have cost more than their reading:
 * {@code OVERLOADED}, Weir's own work and the tiers that pay least first. Probes, metrics and the
 * admin API are no calls and never pass here. Stands outside the deadline, which ends every call.
 * Runs on the call's event loop.
 */
public final class SheddingStage implements Stage {
  private static final Duration A_MOMENT = Duration.ofSeconds(1);
  private static final double STEPS = 1 << 20;

  private final Overload overload;
  private final OverloadSettings settings;
  private final Function<String, Optional<String>> tiers;

  /**
   * A shedding stage.
   *
   * @param overload the process's load
   * @param settings the order of the tiers
   * @param tiers the tier of a user, where it is in memory
   */
  public SheddingStage(
      Overload overload, OverloadSettings settings, Function<String, Optional<String>> tiers) {
    this.overload = overload;
    this.settings = settings;
    this.tiers = tiers;
  }

  @Override
  public Future<Reply> handle(Exchange x, Chain next) {
    if (!overload.tryEnter(rank(x), luck(x))) {
      return Future.failedFuture(
          AIError.of(
                  ErrorCode.OVERLOADED,
                  "This node has more to do than it can; try again in a moment.")
              .retryAfter(A_MOMENT));
    }
    return next.proceed(x)
        .onFailure(_ -> overload.leave())
        .map(reply -> reply.observed(_ -> overload.leave(), _ -> overload.leave()));
  }

  private int rank(Exchange x) {
    if (x.principal().isWeir()) {
      return 0;
    }
    // Of a user's first call nobody knows yet; it would be odd to greet the best customer with
    // this.
    return tiers
        .apply(x.principal().user())
        .map(tier -> Math.max(0, settings.order().indexOf(tier)))
        .orElse(settings.order().size() - 1);
  }

  /** The end of a call's id is random; Weir's own calls have none, so all go before the first. */
  private static double luck(Exchange x) {
    return x.principal().isWeir()
        ? 0
        : (x.origin().id().getLeastSignificantBits() & ((1 << 20) - 1)) / STEPS;
  }
}
