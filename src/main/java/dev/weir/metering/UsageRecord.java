package dev.weir.metering;

import dev.weir.core.ErrorCode;
import dev.weir.core.Usage;
import dev.weir.core.Usd;
import dev.weir.gateway.Assignment;
import dev.weir.gateway.AttemptRecord;
import dev.weir.gateway.Debit;
import dev.weir.gateway.Exchange;
import dev.weir.gateway.Target;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;

/**
 * What is kept of one admitted call: one row of {@code ai_usage_metrics}. Never its prompt, never
 * its answer.
 *
 * @param id the call's id
 * @param startedAt when it was admitted, in whole microseconds as the database keeps it; written
 *     once and never computed again, since it is half of the row's key
 * @param correlation the caller's own id
 * @param door which door it came through
 * @param streamed whether the answer was wanted as a stream
 * @param key the id of the key
 * @param user on whose account it went
 * @param team the key's team
 * @param debit the leases that its units were taken from, and the month of its money
 * @param unitReturned whether its unit came back, nothing of it having been used
 * @param function the function, or {@code chat}
 * @param version the function's version
 * @param assignment the experiment that it was part of and its arm there
 * @param target who answered last, or would have been asked
 * @param fallback whether that is not the plan's first choice
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
    Debit debit,
    boolean unitReturned,
    String function,
    Optional<String> version,
    Optional<Assignment> assignment,
    Target target,
    boolean fallback,
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
    CANCELLED("cancelled"),
    /** Its process died before it had ended; billed by estimate. */
    INTERRUPTED("interrupted");

    private final String label;

    Outcome(String label) {
      this.label = label;
    }

    /** Its name in the table. */
    public String label() {
      return label;
    }

    static Outcome of(Optional<ErrorCode> error) {
      return error.map(code -> code == ErrorCode.CANCELLED ? CANCELLED : ERROR).orElse(OK);
    }
  }

  /** Copies the tags and the attempts. */
  public UsageRecord {
    startedAt = startedAt.truncatedTo(ChronoUnit.MICROS);
    tags = Map.copyOf(tags);
    attempts = List.copyOf(attempts);
  }

  /** The record of a call that is admitted, as it stays if nobody lives to see its end. */
  static UsageRecord admitted(Exchange x) {
    return of(x, Duration.ZERO, Outcome.INTERRUPTED, Optional.empty());
  }

  /** The record of a call that has just ended. */
  static UsageRecord ended(Exchange x, Duration took, Optional<ErrorCode> error) {
    return of(x, took, Outcome.of(error), error);
  }

  private static UsageRecord of(
      Exchange x, Duration took, Outcome outcome, Optional<ErrorCode> error) {
    var origin = x.origin();
    var plan = x.followed();
    var tally = x.tally();
    var attempts = tally.attempts();
    var firstByte =
        tally.firstByteNanos() == 0
            ? Optional.<Duration>empty()
            : Optional.of(Duration.ofNanos(tally.firstByteNanos() - origin.arrivedNanos()));
    return new UsageRecord(
        origin.id(),
        tally.startedAt(),
        origin.correlation(),
        origin.door().label(),
        x.call().stream(),
        x.principal().key(),
        x.principal().user(),
        x.principal().team(),
        tally.debit(),
        tally.isUnitReturned(),
        plan.label(),
        plan.function().map(f -> f.version()),
        // Weir's own calls are planned as a user's here and there, and are no trials of an arm.
        x.principal().isWeir() ? Optional.empty() : plan.assignment(),
        tally.lastTarget().orElse(plan.route().first()),
        tally.lastTarget().filter(last -> !last.equals(plan.route().first())).isPresent(),
        outcome,
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

  /** Whether nobody saw its end. */
  boolean interrupted() {
    return outcome == Outcome.INTERRUPTED;
  }

  /**
   * The same call with this bill. One without a line had nothing sent for it: its unit came back.
   *
   * @param accounts on which it stood in the end
   */
  UsageRecord billed(
      Debit accounts,
      Target asked,
      int again,
      Usage used,
      Optional<Usd> price,
      List<AttemptRecord> lines) {
    return new UsageRecord(
        id,
        startedAt,
        correlation,
        door,
        streamed,
        key,
        user,
        team,
        accounts,
        lines.isEmpty(),
        function,
        version,
        assignment,
        asked,
        fallback,
        outcome,
        error,
        took,
        firstByte,
        again,
        used,
        price,
        providerCost,
        cache,
        repairs,
        tags,
        lines);
  }
}
