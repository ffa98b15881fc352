package dev.weir.contents;

import dev.weir.core.Json;
import dev.weir.core.Usd;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.UUID;

/**
 * A {@link StoredContent} as it waits to be written and as it was read: its words are bytes, or
 * were left where they are.
 *
 * @param words empty if they were not asked for
 */
public record ContentRow(
    UUID id,
    StoredContent.Kind kind,
    Optional<UUID> source,
    Optional<String> run,
    Optional<UUID> runId,
    String user,
    String function,
    String version,
    String model,
    Optional<ContentWords> words,
    Optional<String> error,
    Usd cost,
    Duration latency,
    Instant createdAt,
    Instant expiresAt) {

  /** Of a content; empty if its words are longer than so many bytes. */
  static Optional<ContentRow> of(StoredContent content, int most) {
    return ContentWords.of(content, most)
        .map(
            words ->
                new ContentRow(
                    content.id(),
                    content.kind(),
                    content.source(),
                    content.run(),
                    content.runId(),
                    content.user(),
                    content.function(),
                    content.version(),
                    content.model(),
                    Optional.of(words),
                    content.error(),
                    content.cost(),
                    content.latency(),
                    content.createdAt(),
                    content.expiresAt()));
  }

  /**
   * With its words read. Takes milliseconds for large ones: not for event loops.
   *
   * @throws IllegalStateException if it has none
   */
  public StoredContent parsed() {
    var text = words.orElseThrow(() -> new IllegalStateException("its words were not asked for"));
    return new StoredContent(
        id,
        kind,
        source,
        run,
        runId,
        user,
        function,
        version,
        model,
        Json.parse(text.input()),
        text.output().map(Json::parse),
        error,
        text.expected().map(Json::parse),
        cost,
        latency,
        createdAt,
        expiresAt);
  }

  /** Where a list goes on behind it. */
  ContentCursor place() {
    return new ContentCursor(createdAt, id);
  }
}
