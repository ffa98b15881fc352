package dev.weir.evaluation;

import com.fasterxml.jackson.databind.JsonNode;
import dev.weir.core.AIError;
import dev.weir.core.Clock;
import dev.weir.gateway.Answer;
import dev.weir.gateway.Call;
import dev.weir.gateway.Chain;
import dev.weir.gateway.Exchange;
import dev.weir.gateway.Reply;
import dev.weir.gateway.Stage;
import dev.weir.prompts.ContentPolicy;
import dev.weir.prompts.FunctionDefinition;
import io.vertx.core.Future;
import java.time.Duration;
import java.util.Optional;
import java.util.function.Function;

/**
 * Looks on while a provider answers a call of a function, and when that has ended hands it over to
 * be kept, or to be answered by a candidate as well; or neither, of most calls. The call itself is
 * not changed, and what is done with it is done elsewhere. Below the cache: of an answer that was
 * kept already there is nothing to learn. Of Weir's own calls only the time is taken. Thread-safe.
 */
final class SampleStage implements Stage {
  private static final Duration TO_BE_WRITTEN = Duration.ofMinutes(1);

  private final Function<String, Optional<ContentPolicy>> policies;
  private final Function<String, Optional<Shadow>> shadows;
  private final Afterwards afterwards;
  private final Clock clock;

  SampleStage(
      Function<String, Optional<ContentPolicy>> policies,
      Function<String, Optional<Shadow>> shadows,
      Afterwards afterwards,
      Clock clock) {
    this.policies = policies;
    this.shadows = shadows;
    this.afterwards = afterwards;
    this.clock = clock;
  }

  @Override
  public Future<Reply> handle(Exchange x, Chain next) {
    if (!(x.call() instanceof Call.OfFunction call)) {
      return next.proceed(x);
    }
    var began = clock.nanoTime();
    if (x.principal().isWeir()) {
      return next.proceed(x).onComplete((_, _) -> x.tally().answeredIn(since(began)));
    }
    var id = x.origin().id();
    var shadow = shadows.apply(call.function()).filter(s -> s.draws(id));
    var policy = policies.apply(call.function()).filter(p -> Sample.draws("store", id, p.share()));
    if (shadow.isEmpty() && policy.isEmpty()) {
      return next.proceed(x);
    }
    var look = new Look(x, call.input(), shadow, policy, began);
    return next.proceed(x)
        .onFailure(e -> look.failed(AIError.from(e)))
        .map(reply -> reply.observed(look::answered, look::failed));
  }

  private Duration since(long began) {
    return Duration.ofNanos(clock.nanoTime() - began);
  }

  /** One call that is looked at. */
  private final class Look {
    private final Exchange x;
    private final JsonNode input;
    private final Optional<Shadow> shadow;
    private final Optional<ContentPolicy> policy;
    private final long began;

    Look(
        Exchange x,
        JsonNode input,
        Optional<Shadow> shadow,
        Optional<ContentPolicy> policy,
        long began) {
      this.x = x;
      this.input = input;
      this.shadow = shadow;
      this.policy = policy;
      this.began = began;
    }

    void answered(Answer answer) {
      x.tally().answeredIn(since(began));
      ended(Answered.well(answer, x.tally()), Optional.empty());
    }

    void failed(AIError error) {
      x.tally().answeredIn(since(began));
      ended(Answered.badly(error, x.tally()), Optional.of(error));
    }

    private void ended(Answered answered, Optional<AIError> error) {
      if (!Answered.tells(x.tally(), error)) {
        return;
      }
      var now = clock.now();
      var function = x.plan().function();
      afterwards.of(
          new Live(
              x.origin().id(),
              x.principal().user(),
              x.plan().label(),
              function.map(FunctionDefinition::version).orElse(""),
              input,
              answered,
              x.plan().timeout(),
              // The call itself, then its copy.
              function
                  .map(f -> f.timeout().max())
                  .orElse(x.plan().timeout())
                  .multipliedBy(2)
                  .plus(TO_BE_WRITTEN),
              now,
              policy.map(p -> now.plus(p.life()))),
          shadow);
    }
  }
}
