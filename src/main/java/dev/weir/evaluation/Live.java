package dev.weir.evaluation;

import com.fasterxml.jackson.databind.JsonNode;
import dev.weir.contents.StoredContent;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.UUID;

/**
 * A caller's call that has ended.
 *
 * @param id the call's id
 * @param user whose it was
 * @param function the function's name
 * @param version the version that answered
 * @param input what was asked
 * @param answered what came of it
 * @param timeout the deadline that it had
 * @param settle how long after a call of this function its copy has surely ended and is written,
 *     whatever deadline the call chose
 * @param at when it ended
 * @param expiry until when its content, and that of its copies, may be kept; empty for not at all
 */
record Live(
    UUID id,
    String user,
    String function,
    String version,
    JsonNode input,
    Answered answered,
    Duration timeout,
    Duration settle,
    Instant at,
    Optional<Instant> expiry) {
  /** The bits below the milliseconds in the upper half of a UUIDv7. */
  private static final int UUID_V7_TIME = 16;

  /** When it came in, by its id. */
  Instant calledAt() {
    return Instant.ofEpochMilli(id.getMostSignificantBits() >>> UUID_V7_TIME);
  }

  /** Its content, if it may be kept. */
  Optional<StoredContent> content() {
    return expiry.map(
        until ->
            content(
                id,
                StoredContent.Kind.CALL,
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                version,
                answered,
                until));
  }

  /** The content of a shadow's answer to the same input, if it may be kept. */
  Optional<StoredContent> shadow(UUID own, Shadow run, Answered copy) {
    return expiry.map(
        until ->
            content(
                own,
                StoredContent.Kind.SHADOW,
                Optional.of(id),
                Optional.of(run.name()),
                Optional.of(run.id()),
                run.candidate().function().version(),
                copy,
                until));
  }

  private StoredContent content(
      UUID own,
      StoredContent.Kind kind,
      Optional<UUID> source,
      Optional<String> run,
      Optional<UUID> runId,
      String by,
      Answered how,
      Instant until) {
    return new StoredContent(
        own,
        kind,
        source,
        run,
        runId,
        user,
        function,
        by,
        how.model(),
        input,
        how.value(),
        how.error().map(Enum::name),
        Optional.empty(),
        how.cost(),
        how.took(),
        at,
        until);
  }
}
