package dev.weir.resilience;

import dev.weir.core.Clock;
import dev.weir.gateway.Chain;
import dev.weir.gateway.Exchange;
import dev.weir.gateway.Reply;
import dev.weir.gateway.Stage;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.util.random.RandomGenerator;

/**
 * Makes a call's attempts: the first choice, retries of it, then the fallbacks.
 *
 * <p>What follows a failed attempt is decided by its code ({@link dev.weir.core.ErrorCode.Retry}):
 *
 * <table>
 * <caption>After a failure</caption>
 * <tr><th>the code says</th><th>next</th></tr>
 * <tr><td>NEVER</td><td>nothing: the error is the call's</td></tr>
 * <tr><td>LATER</td><td>the same target after a backoff; where that may not be, the next target at
 *     once</td></tr>
 * <tr><td>ELSEWHERE</td><td>the next target at once</td></tr>
 * </table>
 *
 * <p><b>How attempts are spread.</b> The plan's {@code maxAttempts} bounds all attempts together.
 * Each fallback keeps one of them; what is left over goes to retries of the earlier targets, in
 * their order. With three attempts, a lone target is asked three times, one with a fallback twice
 * and then the fallback once, one with two fallbacks once each.
 *
 * <p><b>How long it waits.</b> Backoff with full jitter. A provider's {@code Retry-After} is the
 * least wait, on top of which comes the jitter, if that still fits into the deadline; where there
 * is a fallback, a {@code Retry-After} beyond the policy's longest delay sends the call there
 * instead. A wait that would end after the deadline is not begun: the call goes to a fallback, or
 * fails now.
 *
 * <p><b>The retry budget</b> is asked before a provider that this call has already burdened is
 * burdened again. A fallback at another provider is not a retry there: it adds nothing to the load
 * of the one that is down. Nor is it one after an attempt that our own breaker refused.
 *
 * <p><b>Which error the caller gets.</b> The last one; but a refusal of our own (an open circuit, a
 * full pool) never hides what a provider said before it.
 *
 * <p>Once an attempt has answered, with a whole answer or with the first part of a stream, nothing
 * is retried. A cancelled call makes no further attempt, and a backoff under way ends at once with
 * the reason. A second ask of the output stage comes through here as a new round of attempts under
 * the same deadline. One instance per verticle, confined to its event loop.
 */
public final class AttemptsStage implements Stage {
  private final Vertx vertx;
  private final Clock clock;
  private final RandomGenerator random;
  private final RetryBudget budget;
  private final RetryBudget own;

  /**
   * A stage of attempts.
   *
   * @param vertx whose timers time the backoffs
   * @param clock the clock that stamped the arrivals; also dates the attempts' ids
   * @param random draws the jitter; used by this instance alone
   * @param budget the process's budget of retries
   * @param own that of Weir's own calls, which take none from callers
   */
  public AttemptsStage(
      Vertx vertx, Clock clock, RandomGenerator random, RetryBudget budget, RetryBudget own) {
    this.vertx = vertx;
    this.clock = clock;
    this.random = random;
    this.budget = budget;
    this.own = own;
  }

  @Override
  public Future<Reply> handle(Exchange x, Chain next) {
    return new AttemptRound(vertx, clock, random, x.principal().isWeir() ? own : budget, x, next)
        .run();
  }
}
