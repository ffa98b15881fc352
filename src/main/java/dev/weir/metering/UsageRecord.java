package dev.weir.metering;

import dev.weir.core.ErrorCode;
import dev.weir.gateway.AttemptRecord;
import dev.weir.gateway.Exchange;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/**
 * What is kept of one admitted call: never its prompt, never its answer.
 *
 * @param exchange the call, its plan and its tally, all finished
 * @param attempts its bill, line by line
 * @param startedAt when it came in, written once
 * @param took how long it lasted
 * @param firstByte how long until the first piece of its answer, if one came
 * @param outcome how it ended
 * @param error why it failed, if it did
 */
public record UsageRecord(
    Exchange exchange,
    List<AttemptRecord> attempts,
    Instant startedAt,
    Duration took,
    Optional<Duration> firstByte,
    Outcome outcome,
    Optional<ErrorCode> error) {

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

    static Outcome of(ErrorCode code) {
      return code == ErrorCode.CANCELLED ? CANCELLED : ERROR;
    }
  }
}
