package dev.weir.evaluation;

import dev.weir.contents.StoredContent;
import dev.weir.core.AIError;
import dev.weir.core.Clock;
import dev.weir.core.ErrorCode;
import dev.weir.core.Ids;
import dev.weir.gateway.Call;
import dev.weir.gateway.CallOptions;
import dev.weir.gateway.OwnCalls;
import dev.weir.gateway.Plan;
import dev.weir.storage.WriteBehind;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.vertx.core.Vertx;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;

/**
 * Sends copies of calls to candidates, a few at a time, and notes each pair, or why there is none.
 * A copy begins when its call has ended, on the run's own account, with the deadline that the call
 * had, and reaches nobody. Thread-safe.
 */
final class ShadowCalls {
  /** Copies under way at once in a process: what comes beyond is not copied. */
  static final int MOST = 16;

  /** Why a call is not copied: too many are. */
  static final String BUSY = "busy";

  /** What records and meters call a copy, after the function's name. */
  static final String LABEL = "@shadow";

  /** How long nothing is copied once the account has nothing left, which would not change soon. */
  private static final Duration REST = Duration.ofMinutes(1);

  private static final CallOptions UNCACHED =
      new CallOptions(CallOptions.CacheUse.OFF, Optional.empty());

  /** About what a pair holds in memory, in bytes. */
  private static final int PAIR = 512;

  private final Vertx vertx;
  private final OwnCalls calls;
  private final WriteBehind<ShadowPair> pairs;
  private final Consumer<StoredContent> contents;
  private final Counter paired;
  private final Counter missed;
  private final Clock clock;
  private final AtomicInteger underWay = new AtomicInteger();
  private final Map<Miss, Long> misses = new ConcurrentHashMap<>();
  private final Map<UUID, Resting> resting = new ConcurrentHashMap<>();

  /** A run's calls that were not copied, for one reason. */
  record Miss(UUID run, String reason) {}

  private record Resting(long sinceNanos, String reason) {}

  ShadowCalls(
      Vertx vertx,
      OwnCalls calls,
      WriteBehind<ShadowPair> pairs,
      Consumer<StoredContent> contents,
      MeterRegistry registry,
      Clock clock) {
    this.vertx = vertx;
    this.calls = calls;
    this.pairs = pairs;
    this.contents = contents;
    this.clock = clock;
    this.paired = counter(registry, "paired");
    this.missed = counter(registry, "missed");
  }

  private static Counter counter(MeterRegistry registry, String outcome) {
    return Counter.builder("weir.shadow.calls")
        .tag("outcome", outcome)
        .description("Calls that were drawn for a shadow run, by what became of their copies")
        .register(registry);
  }

  /** A call of this run is not copied. */
  void missed(Shadow shadow, String reason) {
    missed.increment();
    misses.merge(new Miss(shadow.id(), reason), 1L, Long::sum);
  }

  /** What was missed since the last time. */
  Map<Miss, Long> takeMisses() {
    var taken = new HashMap<Miss, Long>();
    for (var miss : List.copyOf(misses.keySet())) {
      Optional.ofNullable(misses.remove(miss)).ifPresent(many -> taken.put(miss, many));
    }
    return taken;
  }

  /** Gives back what could not be written. */
  void putBack(Map<Miss, Long> taken) {
    taken.forEach((miss, many) -> misses.merge(miss, many, Long::sum));
  }

  /** Sends a copy, or notes why not. Not for an event loop: it judges and renders the input. */
  void send(Shadow shadow, Live live) {
    var rests = rests(shadow);
    if (rests.isPresent()) {
      missed(shadow, rests.get());
      return;
    }
    var plan = plan(shadow, live);
    if (plan.isEmpty()) {
      paired(shadow, live, Answered.UNASKED);
      return;
    }
    if (underWay.incrementAndGet() > MOST) {
      underWay.decrementAndGet();
      missed(shadow, BUSY);
      return;
    }
    calls
        .make(
            new Call.OfFunction(live.function(), live.input(), false, UNCACHED),
            Accounts.principal(shadow.account()),
            plan.get())
        .onComplete((_, _) -> underWay.decrementAndGet())
        .onSuccess(made -> ended(shadow, live, made))
        .onFailure(e -> missed(shadow, AIError.from(e).code().name()));
  }

  private Optional<String> rests(Shadow shadow) {
    return Optional.ofNullable(resting.get(shadow.id()))
        .filter(
            rest -> {
              var over = clock.nanoTime() - rest.sinceNanos() > REST.toNanos();
              if (over) {
                resting.remove(shadow.id(), rest);
              }
              return !over;
            })
        .map(Resting::reason);
  }

  /** How the candidate is asked; empty where it does not take such an input. */
  private static Optional<Plan> plan(Shadow shadow, Live live) {
    var candidate = shadow.candidate();
    if (!candidate.function().input().validate(live.input()).isEmpty()) {
      return Optional.empty();
    }
    try {
      return Optional.of(candidate.plan(live.function() + LABEL, live.input(), live.timeout()));
    } catch (AIError _) {
      // Its template makes too much of this input.
      return Optional.empty();
    }
  }

  private void ended(Shadow shadow, Live live, OwnCalls.Made made) {
    if (!Answered.tells(made.tally(), made.error())) {
      var code = made.error().map(AIError::code).orElse(ErrorCode.INTERNAL);
      if (code == ErrorCode.BUDGET_EXCEEDED || code == ErrorCode.MODEL_UNPRICED) {
        resting.put(shadow.id(), new Resting(clock.nanoTime(), code.name()));
      }
      missed(shadow, code.name());
      return;
    }
    var copy = Answered.of(made);
    // Two large answers take their time to be compared and written out.
    vertx.executeBlocking(
        () -> {
          paired(shadow, live, copy);
          return true;
        },
        false);
  }

  private void paired(Shadow shadow, Live live, Answered copy) {
    paired.increment();
    // Who sees the pair finds its answers.
    live.shadow(Ids.next(clock), shadow, copy).ifPresent(contents);
    pairs.add(ShadowPair.of(shadow.id(), live, copy), PAIR);
  }
}
