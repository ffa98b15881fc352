package dev.weir.evaluation;

import com.fasterxml.jackson.databind.JsonNode;
import dev.weir.contents.StoredContent;
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
import java.util.function.Consumer;
import java.util.function.Function;

/**
 * Looks on while a provider answers a call of a function, and when that has ended keeps what was
 * asked and answered, or has a candidate answer it as well; or neither, of most calls. The call
 * itself is neither changed nor delayed. Below the cache: of an answer that was kept already there
 * is nothing to learn. Weir's own calls are not looked at. Thread-safe.
 */
final class SampleStage implements Stage {
  private final Function<String, Optional<ContentPolicy>> policies;
  private final Function<String, Optional<Shadow>> shadows;
  private final Consumer<StoredContent> contents;
  private final ShadowCalls calls;
  private final Clock clock;

  SampleStage(
      Function<String, Optional<ContentPolicy>> policies,
      Function<String, Optional<Shadow>> shadows,
      Consumer<StoredContent> contents,
      ShadowCalls calls,
      Clock clock) {
    this.policies = policies;
    this.shadows = shadows;
    this.contents = contents;
    this.calls = calls;
    this.clock = clock;
  }

  @Override
  public Future<Reply> handle(Exchange x, Chain next) {
    if (!(x.call() instanceof Call.OfFunction call) || x.principal().isWeir()) {
      return next.proceed(x);
    }
    var id = x.origin().id();
    var shadow = shadows.apply(call.function()).filter(s -> s.draws(id));
    var policy =
        policies
            .apply(call.function())
            .filter(p -> shadow.isPresent() || Sample.draws("store", id, p.share()));
    if (shadow.isEmpty() && policy.isEmpty()) {
      return next.proceed(x);
    }
    var look = new Look(x, call.input(), shadow, policy, clock.nanoTime());
    return next.proceed(x)
        .onFailure(e -> look.failed(AIError.from(e)))
        .map(reply -> reply.observed(look::answered, look::failed));
  }

  /** One call that is looked at. */
  private final class Look {
    private final Exchange x;
    private final JsonNode input;
    private final Optional<Shadow> shadow;
    private final Optional<ContentPolicy> policy;
    private final long beganNanos;

    Look(
        Exchange x,
        JsonNode input,
        Optional<Shadow> shadow,
        Optional<ContentPolicy> policy,
        long beganNanos) {
      this.x = x;
      this.input = input;
      this.shadow = shadow;
      this.policy = policy;
      this.beganNanos = beganNanos;
    }

    void answered(Answer answer) {
      ended(Answered.well(answer, x.tally(), took()), Optional.empty());
    }

    void failed(AIError error) {
      ended(Answered.badly(error, x.tally(), took()), Optional.of(error));
    }

    private Duration took() {
      return Duration.ofNanos(clock.nanoTime() - beganNanos);
    }

    private void ended(Answered answered, Optional<AIError> error) {
      if (!Answered.tells(x.tally(), error)) {
        return;
      }
      var now = clock.now();
      var live =
          new Live(
              x.origin().id(),
              x.principal().user(),
              x.plan().label(),
              x.plan().function().map(FunctionDefinition::version).orElse(""),
              input,
              answered,
              now,
              policy.map(p -> now.plus(p.life())));
      live.content().ifPresent(contents);
      shadow.ifPresent(s -> calls.send(s, live));
    }
  }
}
