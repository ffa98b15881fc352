package dev.weir.resilience;

import dev.weir.core.Clock;
import dev.weir.core.Json;
import dev.weir.gateway.Ask;
import dev.weir.gateway.Call;
import dev.weir.gateway.CallOptions;
import dev.weir.gateway.Cancellation;
import dev.weir.gateway.Exchange;
import dev.weir.gateway.Exchanges;
import dev.weir.gateway.Origin;
import dev.weir.gateway.Plan;
import dev.weir.gateway.Route;
import dev.weir.gateway.Tally;
import dev.weir.gateway.Target;
import dev.weir.prompts.RetryPolicy;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.stream.Stream;

/** Builds exchanges: a call of perplexity/sonar that has just arrived, unless a test says more. */
final class Calls {
  private final Clock clock;
  private List<Target> targets = List.of(Exchanges.target("perplexity/sonar"));
  private RetryPolicy retry = RetryPolicy.DEFAULT;
  private Duration timeout = Duration.ofSeconds(60);

  private Calls(Clock clock) {
    this.clock = clock;
  }

  static Calls aCall(Clock clock) {
    return new Calls(clock);
  }

  Calls to(String... models) {
    targets = Stream.of(models).map(Exchanges::target).toList();
    return this;
  }

  Calls retrying(RetryPolicy policy) {
    retry = policy;
    return this;
  }

  Calls attempts(int most) {
    return retrying(
        new RetryPolicy(most, RetryPolicy.DEFAULT.baseDelay(), RetryPolicy.DEFAULT.maxDelay()));
  }

  Calls timeout(Duration of) {
    timeout = of;
    return this;
  }

  Exchange begin() {
    var body = Json.object();
    var first = targets.getFirst().model().toString();
    return new Exchange(
        new Origin(UUID.randomUUID(), Optional.empty(), Origin.Door.CHAT, clock.nanoTime()),
        new Call.OfModel(first, body, false, CallOptions.DEFAULT),
        Exchanges.user("ann"),
        new Plan(
            "chat",
            Optional.empty(),
            Optional.empty(),
            new Ask.Chat(body, false),
            new Route(first, targets),
            retry,
            timeout),
        Optional.empty(),
        new Cancellation(),
        new Tally());
  }
}
