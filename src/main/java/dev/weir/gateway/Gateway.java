package dev.weir.gateway;

import dev.weir.core.AIError;
import io.vertx.core.Future;
import java.util.Optional;

/**
 * The one entry for both doors: plans a call, then walks it through the stages. One per verticle;
 * confined to its event loop.
 *
 * <p>In two steps, so that a door always has the exchange (its tally, its cancellation) at hand
 * while the call runs: {@code open}, then {@code run}.
 */
public final class Gateway {
  private final Planner planner;
  private final Chain chain;

  /**
   * A gateway.
   *
   * @param planner turns calls into plans
   * @param chain the stages in their order
   */
  public Gateway(Planner planner, Chain chain) {
    this.planner = planner;
    this.chain = chain;
  }

  /**
   * Judges a call and plans it: function and model exist, the key may use them, the input fits its
   * schema.
   *
   * @throws AIError {@code NOT_FOUND}, {@code FORBIDDEN} or {@code INVALID_REQUEST}; such a call
   *     was never admitted and leaves no record
   */
  public Exchange open(Origin origin, Call call, Principal principal) {
    return planner.plan(origin, call, principal);
  }

  /** Opens a call that is planned already, for Weir's own work. */
  Exchange open(Origin origin, Call call, Principal principal, Plan plan) {
    return new Exchange(
        origin, call, principal, plan, Optional.empty(), new Cancellation(), new Tally());
  }

  /** Runs an opened call; fails with an {@link AIError} only. */
  public Future<Reply> run(Exchange x) {
    return chain.proceed(x).recover(e -> Future.failedFuture(AIError.from(e)));
  }
}
