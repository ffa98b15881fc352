package dev.weir.metering;

import dev.weir.core.ErrorCode;
import dev.weir.core.Usage;
import dev.weir.core.Usd;
import dev.weir.gateway.AttemptRecord;
import dev.weir.gateway.Exchange;
import dev.weir.gateway.Target;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;

/**
 * What is kept of one admitted call: one row of {@code ai_usage_metrics}. Never its prompt, never
 * its answer.
 *
 * @param id the call's id
 * @param startedAt when it came in, written once and never computed again
 * @param correlation the caller's own id
 * @param door which door it came through
 * @param streamed whether the answer was wanted as a stream
 * @param key the id of the key
 * @param user on whose account it went
 * @param team the key's team
 * @param function the function, or {@code chat}
 * @param version the function's version
 * @param variant the experiment's arm
 * @param target who answered last, or would have been asked
 * @param outcome how it ended
 * @param error why it failed
 * @param took how long it lasted
 * @param firstByte how long until the first piece of its answer
 * @param retries retries and fallbacks
 * @param usage what all attempts consumed
 * @param cost what they cost by our prices; empty as soon as one that consumed something has no
 *     price, so never silently too little
 * @param providerCost what they cost by the providers' own figures
 * @param cache how the cache took part
 * @param repairs how many things were mended in the answer
 * @param tags the caller's labels for cost attribution, by key
 * @param attempts the bill, line by line
 */
public record UsageRecord(
    UUID id,
    Instant startedAt,
    Optional<String> correlation,
    String door,
    boolean streamed,
    UUID key,
    String user,
    Optional<String> team,
    String function,
    Optional<String> version,
    Optional<String> variant,
    Target target,
    Outcome outcome,
    Optional<ErrorCode> error,
    Duration took,
    Optional<Duration> firstByte,
    int retries,
    Usage usage,
    Optional<Usd> cost,
    Optional<Usd> providerCost,
    String cache,
    int repairs,
    Map<String, String> tags,
    List<AttemptRecord> attempts) {

  /** How a call can end. */
  public enum Outcome {
    /** Answered. */
    OK("ok"),
    /** Failed. */
    ERROR("error"),
    /** The caller went away. */
    CANCELLED("cancelled");

    private final String label;

    Outcome(String label) {
      this.label = label;
    }

    /** Its name in the table. */
    public String label() {
      return label;
    }

    private static Outcome of(Optional<ErrorCode> error) {
      return error.map(code -> code == ErrorCode.CANCELLED ? CANCELLED : ERROR).orElse(OK);
    }
  }

  /** Copies the tags and the attempts. */
  public UsageRecord {
    tags = Map.copyOf(tags);
    attempts = List.copyOf(attempts);
  }

  /** The record of a call that has just ended. */
  static UsageRecord of(Exchange x, Instant endedAt, Duration took, Optional<ErrorCode> error) {
    var origin = x.origin();
    var plan = x.plan();
    var tally = x.tally();
    var attempts = tally.attempts();
    var firstByte =
        tally.firstByteNanos() == 0
            ? Optional.<Duration>empty()
            : Optional.of(Duration.ofNanos(tally.firstByteNanos() - origin.arrivedNanos()));
    return new UsageRecord(
        origin.id(),
        endedAt.minus(took),
        origin.correlation(),
        origin.door().label(),
        x.call().stream(),
        x.principal().key(),
        x.principal().user(),
        x.principal().team(),
        plan.label(),
        plan.function().map(f -> f.version()),
        plan.variant(),
        tally.lastTarget().orElse(plan.route().first()),
        Outcome.of(error),
        error,
        took,
        firstByte,
        tally.retries(),
        tally.usage(),
        tally.knownCost(),
        tally.providerCost(),
        tally.cache().label(),
        tally.repairKinds().values().stream().mapToInt(Integer::intValue).sum(),
        x.call().options().tags(),
        attempts);
  }
}
