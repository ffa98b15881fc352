package dev.weir.contents;

import com.fasterxml.jackson.databind.JsonNode;
import dev.weir.core.Usd;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.UUID;

/**
 * One answer of a function with what was asked. Immutable by agreement: nobody edits the trees.
 *
 * @param id the call's id for a call, else a new one
 * @param kind who asked
 * @param source the call whose input is answered here once more; empty for a call itself
 * @param run the name of the shadow run or the evaluation; empty for a call
 * @param runId which shadow run of that name; empty for an evaluation, whose name is used once
 * @param user whose it is: the user of the call, also for its copies
 * @param function the function's name
 * @param version the version that answered
 * @param model {@code provider/model} that answered; empty text if none did
 * @param input the call's input
 * @param output the function's value; empty if the call failed
 * @param error the code of the error if it failed
 * @param expected what a person says the answer should have been
 * @param cost what it cost
 * @param latency how long it took
 * @param createdAt when it ended
 * @param expiresAt from when on it is gone; a copy goes with its call
 */
public record StoredContent(
    UUID id,
    Kind kind,
    Optional<UUID> source,
    Optional<String> run,
    Optional<UUID> runId,
    String user,
    String function,
    String version,
    String model,
    JsonNode input,
    Optional<JsonNode> output,
    Optional<String> error,
    Optional<JsonNode> expected,
    Usd cost,
    Duration latency,
    Instant createdAt,
    Instant expiresAt) {

  /** Who asked. */
  public enum Kind {
    /** A caller. */
    CALL,
    /** A shadow run, with a caller's input. */
    SHADOW,
    /** An evaluation, with a caller's input. */
    EVALUATION;

    /** Its name in the table and the API. */
    public String label() {
      return name().toLowerCase(java.util.Locale.ROOT);
    }
  }

  /** Either an output or an error, never both, never none. */
  public StoredContent {
    if (output.isPresent() == error.isPresent()) {
      throw new IllegalArgumentException("a content has an output or an error");
    }
  }
}
