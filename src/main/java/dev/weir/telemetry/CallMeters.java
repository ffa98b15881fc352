package dev.weir.telemetry;

import dev.weir.core.ErrorCode;
import dev.weir.core.Usage;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * The meters of calls: {@code weir_calls_total}, {@code weir_call_duration_seconds}, {@code
 * weir_first_byte_seconds}, {@code weir_retries_total}, {@code weir_attempt_duration_seconds},
 * {@code weir_tokens_total}, {@code weir_cost_usd_total}, {@code weir_output_repairs_total} and
 * {@code weir_outputs_total}.
 *
 * <p>A meter is registered when it is first needed and found again by one look into a map of
 * records, never by a search through the registry. Functions beyond the {@value #MOST_FUNCTIONS}th
 * and providers that are not configured share the label {@value #OTHER}. Thread-safe.
 */
public final class CallMeters {
  private static final int MOST_FUNCTIONS = 200;
  private static final String OTHER = "other";
  private static final String NONE = "none";
  private static final String OK = "OK";

  /** Up to the longest deadline that is usual, finer where people feel the difference. */
  private static final Duration[] BOUNDS = {
    Duration.ofMillis(5), Duration.ofMillis(25), Duration.ofMillis(100), Duration.ofMillis(250),
    Duration.ofMillis(500), Duration.ofSeconds(1), Duration.ofMillis(2500), Duration.ofSeconds(5),
    Duration.ofSeconds(10), Duration.ofSeconds(30), Duration.ofSeconds(60)
  };

  private final MeterRegistry registry;
  private final Set<String> providers;
  private final Map<String, FunctionMeters> functions = new ConcurrentHashMap<>();
  private final Map<Outcome, Counter> calls = new ConcurrentHashMap<>();
  private final Map<Outcome, Counter> outputs = new ConcurrentHashMap<>();
  private final Map<String, Counter> repairs = new ConcurrentHashMap<>();
  private final Map<Outcome, Timer> attempts = new ConcurrentHashMap<>();
  private final Map<Consumer, ConsumptionMeters> consumption = new ConcurrentHashMap<>();

  private record Outcome(String subject, String code, String cache) {}

  private record Consumer(String function, String provider) {}

  private record FunctionMeters(String label, Timer duration, Timer firstByte, Counter retries) {}

  private record ConsumptionMeters(
      Counter input, Counter output, Counter cached, Counter reasoning, Counter cost) {}

  /**
   * Meters of calls.
   *
   * @param registry where they are registered
   * @param providers the configured ones: no other becomes a label
   */
  public CallMeters(MeterRegistry registry, Set<String> providers) {
    this.registry = registry;
    this.providers = Set.copyOf(providers);
  }

  /** Counts a call. */
  public void finished(FinishedCall call) {
    var function = function(call.function().orElse(NONE));
    calls
        .computeIfAbsent(new Outcome(function.label, call.code(), call.cache()), this::callCounter)
        .increment();
    function.duration.record(call.took());
    call.firstByte().ifPresent(function.firstByte::record);
    if (call.retries() > 0) {
      function.retries.increment(call.retries());
    }
    call.output()
        .ifPresent(
            outcome ->
                outputs
                    .computeIfAbsent(new Outcome(function.label, outcome, ""), this::outputCounter)
                    .increment());
    call.repairs()
        .forEach(
            (kind, times) ->
                repairs.computeIfAbsent(kind, this::repairCounter).increment((double) times));
    for (var attempt : call.attempts()) {
      var provider = providers.contains(attempt.provider()) ? attempt.provider() : OTHER;
      attempts
          .computeIfAbsent(new Outcome(provider, code(attempt.failure()), ""), this::attemptTimer)
          .record(attempt.took());
      record(
          consumption.computeIfAbsent(
              new Consumer(function.label, provider), this::consumptionMeters),
          attempt.usage(),
          attempt.cost().nanos());
    }
  }

  /** The meters of a function; its label is bounded here, once for all of them. */
  private FunctionMeters function(String name) {
    var known = functions.get(name);
    if (known != null) {
      return known;
    }
    return functions.computeIfAbsent(
        functions.size() < MOST_FUNCTIONS ? name : OTHER, this::functionMeters);
  }

  private static void record(ConsumptionMeters meters, Usage usage, long nanoDollars) {
    meters.input.increment((double) usage.inputTokens());
    meters.output.increment((double) usage.outputTokens());
    meters.cached.increment((double) usage.cachedTokens());
    meters.reasoning.increment((double) usage.reasoningTokens());
    meters.cost.increment(nanoDollars / 1e9);
  }

  private static String code(Optional<ErrorCode> failure) {
    return failure.map(ErrorCode::name).orElse(OK);
  }

  private FunctionMeters functionMeters(String label) {
    return new FunctionMeters(
        label,
        Timer.builder("weir.call.duration")
            .description("Time from a call's arrival to its end, by function")
            .tag("function", label)
            .serviceLevelObjectives(BOUNDS)
            .register(registry),
        Timer.builder("weir.first.byte")
            .description("Time from a call's arrival to the first piece of its answer, by function")
            .tag("function", label)
            .serviceLevelObjectives(BOUNDS)
            .register(registry),
        Counter.builder("weir.retries")
            .description("Retries and fallbacks made, by function")
            .tag("function", label)
            .register(registry));
  }

  private Counter callCounter(Outcome outcome) {
    return Counter.builder("weir.calls")
        .description("Finished calls by function, outcome code (OK or an error) and cache status")
        .tags("function", outcome.subject, "code", outcome.code, "cache", outcome.cache)
        .register(registry);
  }

  private Counter outputCounter(Outcome outcome) {
    return Counter.builder("weir.outputs")
        .description("Answers judged by an output schema, by function and what became of them")
        .tags("function", outcome.subject, "outcome", outcome.code)
        .register(registry);
  }

  private Counter repairCounter(String kind) {
    return Counter.builder("weir.output.repairs")
        .description("Things mended in answers, by kind")
        .tag("kind", kind)
        .register(registry);
  }

  private Timer attemptTimer(Outcome outcome) {
    return Timer.builder("weir.attempt.duration")
        .description("Time of one attempt at a provider, by provider and outcome code")
        .tags("provider", outcome.subject, "code", outcome.code)
        .serviceLevelObjectives(BOUNDS)
        .register(registry);
  }

  private ConsumptionMeters consumptionMeters(Consumer consumer) {
    return new ConsumptionMeters(
        tokens(consumer, "input"),
        tokens(consumer, "output"),
        tokens(consumer, "cached"),
        tokens(consumer, "reasoning"),
        Counter.builder("weir.cost.usd")
            .description("Cost in US dollars by our price table, by function and provider")
            .tags("function", consumer.function, "provider", consumer.provider)
            .register(registry));
  }

  private Counter tokens(Consumer consumer, String kind) {
    return Counter.builder("weir.tokens")
        .description("Tokens by function, provider and kind (cached is part of input)")
        .tags("function", consumer.function, "provider", consumer.provider, "kind", kind)
        .register(registry);
  }
}
