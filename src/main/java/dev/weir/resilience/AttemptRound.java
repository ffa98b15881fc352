package dev.weir.resilience;

import dev.weir.core.AIError;
import dev.weir.core.Clock;
import dev.weir.core.ErrorCode;
import dev.weir.core.Ids;
import dev.weir.gateway.Attempt;
import dev.weir.gateway.Chain;
import dev.weir.gateway.Exchange;
import dev.weir.gateway.Reply;
import dev.weir.gateway.Target;
import dev.weir.prompts.RetryPolicy;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.random.RandomGenerator;

/**
 * One call's round of attempts, as {@link AttemptsStage} describes it. Either an attempt is under
 * way or a backoff, never both. Confined to the call's event loop.
 */
final class AttemptRound {
  private final Vertx vertx;
  private final Clock clock;
  private final RandomGenerator random;
  private final RetryBudget budget;
  private final Exchange x;
  private final Chain next;

  private final RetryPolicy policy;
  private final List<Target> targets;
  private final int earlierAttempts;
  private final Promise<Reply> reply = Promise.promise();
  private final Set<String> burdened = new HashSet<>(2);

  private int at;
  private int triesHere;
  private int tries;
  private Optional<AIError> toReport = Optional.empty();

  AttemptRound(
      Vertx vertx,
      Clock clock,
      RandomGenerator random,
      RetryBudget budget,
      Exchange x,
      Chain next) {
    this.vertx = vertx;
    this.clock = clock;
    this.random = random;
    this.budget = budget;
    this.x = x;
    this.next = next;
    this.policy = x.plan().retry();
    this.targets = x.plan().route().targets();
    this.earlierAttempts = x.tally().attempts().size();
  }

  Future<Reply> run() {
    attempt();
    return reply.future();
  }

  private void attempt() {
    var cancelled = x.cancellation().reason();
    if (cancelled.isPresent()) {
      reply.fail(cancelled.get());
      return;
    }
    tries++;
    triesHere++;
    var attempt = new Attempt(Ids.next(clock), earlierAttempts + tries, target());
    next.proceed(x.with(attempt)).onComplete(this::answered, e -> failed(AIError.from(e)));
  }

  private void answered(Reply answer) {
    burden();
    reply.complete(answer);
  }

  private void failed(AIError error) {
    var retry = error.code().retry();
    if (retry != ErrorCode.Retry.ELSEWHERE) {
      burden();
    }
    var cancelled = x.cancellation().reason();
    if (cancelled.isPresent()) {
      reply.fail(cancelled.get());
      return;
    }
    if (retry == ErrorCode.Retry.NEVER) {
      reply.fail(error);
      return;
    }
    toReport = Optional.of(moreTelling(error));
    if (tries >= policy.maxAttempts() || !Deadline.room(x, clock).isPositive()) {
      giveUp();
    } else if (retry == ErrorCode.Retry.ELSEWHERE || !retryLater(error)) {
      goElsewhere();
    }
  }

  /** An attempt went out to this provider; the first one is a call in the budget's sense. */
  private void burden() {
    var provider = target().servedBy();
    if (burdened.add(provider)) {
      budget.called(provider);
    }
  }

  /** What a provider said is worth more to the caller than a refusal of our own after it. */
  private AIError moreTelling(AIError latest) {
    return toReport
        .filter(
            earlier ->
                latest.code().retry() == ErrorCode.Retry.ELSEWHERE
                    && earlier.code().retry() != ErrorCode.Retry.ELSEWHERE)
        .orElse(latest);
  }

  /** Backs off and asks the same target again; false if that may not be. */
  private boolean retryLater(AIError error) {
    if (policy.maxAttempts() - tries <= fallbacksLeft()) {
      return false;
    }
    var asked = error.retryAfter().orElse(Duration.ZERO);
    if (fallbacksLeft() > 0 && asked.compareTo(policy.maxDelay()) > 0) {
      return false;
    }
    var room = Deadline.room(x, clock);
    var wait = asked.plus(Backoff.draw(policy, triesHere, random));
    if (wait.compareTo(room) >= 0 || !budgetAllows(target().servedBy())) {
      return false;
    }
    waitThenRetry(wait);
    return true;
  }

  private void waitThenRetry(Duration wait) {
    // The listener must know the timer and the timer the listener; neither can run before both are.
    var unlisten = new Runnable[1];
    var timer =
        vertx.setTimer(
            Deadline.timerMillis(wait),
            _ -> {
              unlisten[0].run();
              x.tally().retried();
              attempt();
            });
    unlisten[0] =
        x.cancellation()
            .onCancel(
                reason -> {
                  vertx.cancelTimer(timer);
                  reply.fail(reason);
                });
  }

  /** Goes to the next target that may be asked, at once. */
  private void goElsewhere() {
    while (fallbacksLeft() > 0) {
      at++;
      triesHere = 0;
      var provider = target().servedBy();
      if (!burdened.contains(provider) || budgetAllows(provider)) {
        x.tally().retried();
        attempt();
        return;
      }
    }
    giveUp();
  }

  private boolean budgetAllows(String provider) {
    if (budget.tryRetry(provider)) {
      return true;
    }
    x.tally().warn("not retried: the retry budget of provider '" + provider + "' is used up");
    return false;
  }

  private void giveUp() {
    reply.fail(toReport.orElseThrow());
  }

  private Target target() {
    return targets.get(at);
  }

  private int fallbacksLeft() {
    return targets.size() - at - 1;
  }
}
