package dev.weir.contents;

import com.fasterxml.jackson.databind.JsonNode;
import dev.weir.core.Json;
import dev.weir.core.Usd;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.UUID;

/** Contents for tests: a call that has ended just now, and what is changed of it. */
record AContent(UUID id, Optional<UUID> source, String user, String function, Instant at) {
  static AContent by(String user) {
    return new AContent(UUID.randomUUID(), Optional.empty(), user, "letter", Instant.now());
  }

  AContent of(String other) {
    return new AContent(id, source, user, other, at);
  }

  AContent at(Instant moment) {
    return new AContent(id, source, user, function, moment);
  }

  AContent copy() {
    return new AContent(UUID.randomUUID(), Optional.of(id), user, function, at);
  }

  StoredContent content() {
    return content(Json.object().put("question", "q"));
  }

  StoredContent content(JsonNode input) {
    return new StoredContent(
        id,
        source.isPresent() ? StoredContent.Kind.SHADOW : StoredContent.Kind.CALL,
        source,
        source.map(_ -> "run"),
        Optional.empty(),
        user,
        function,
        "0",
        "sandbox/echo",
        input,
        Optional.of(Json.object().put("answer", "a")),
        Optional.empty(),
        Optional.empty(),
        Usd.ZERO,
        Duration.ofMillis(7),
        at,
        at.plus(Duration.ofDays(7)));
  }
}
