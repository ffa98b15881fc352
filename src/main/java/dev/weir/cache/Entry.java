package dev.weir.cache;

import com.fasterxml.jackson.databind.JsonNode;
import dev.weir.core.RawJson;
import dev.weir.core.Usage;
import dev.weir.core.Usd;
import dev.weir.gateway.Answer;
import dev.weir.gateway.Kept;
import dev.weir.gateway.Source;
import dev.weir.gateway.Target;
import io.vertx.core.buffer.Buffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/**
 * One answer as it is kept: a frame of bytes, the same in both levels, and what is read of it
 * before it is served. The value of a function stays bytes and is copied into the reply. Immutable.
 *
 * @param frame the bytes, see {@link Frame}
 * @param key whose answer it is
 * @param owner the user whose it is; empty where users share it
 * @param created when it was given
 * @param expires until when it counts
 * @param keepUntil until when it may stand in for a provider that is down
 * @param target who gave it
 * @param model the model that answered, as the provider names it
 * @param finish why it stopped
 * @param usage what it consumed
 * @param cost what it cost
 * @param took how long it took
 * @param sources the pages it rests on
 * @param text where its text stands in the frame
 * @param data where its value stands, as JSON
 * @param wire where the provider's own body stands
 */
record Entry(
    Frame frame,
    CacheKey key,
    Optional<String> owner,
    Instant created,
    Instant expires,
    Instant keepUntil,
    Target target,
    String model,
    Answer.Finish finish,
    Usage usage,
    Usd cost,
    Duration took,
    List<Source> sources,
    Span text,
    Optional<Span> data,
    Optional<Span> wire) {

  /** Besides its frame, roughly: the record, its strings, its place in the map. */
  private static final int OVERHEAD = 1024;

  /** A stretch of the frame. */
  record Span(int from, int length) {}

  /** What it weighs in memory, in bytes. */
  int weight() {
    return frame.length() + OVERHEAD;
  }

  /** Whether it counts at this moment, for a caller who takes answers up to an age. */
  boolean counts(Instant now, Optional<Duration> maxAge) {
    return now.isBefore(expires)
        && maxAge.map(age -> !age(now).minus(age).isPositive()).orElse(true);
  }

  /** How old it is; never negative, whatever clocks do. */
  Duration age(Instant now) {
    var age = Duration.between(created, now);
    return age.isNegative() ? Duration.ZERO : age;
  }

  /** The answer as it was given, its value as bytes. */
  Answer answer() {
    return new Answer(
        new String(frame.bytes(), text.from(), text.length(), StandardCharsets.UTF_8),
        data.map(this::value),
        finish,
        model,
        usage,
        Optional.empty(),
        sources,
        wire.map(this::body));
  }

  /** What a call that gets it tells of where it came from. */
  Kept kept(Instant now, Optional<Kept.Match> match) {
    return new Kept(target, age(now), cost, took, match);
  }

  private JsonNode value(Span span) {
    return RawJson.node(frame.bytes(), span.from(), span.length());
  }

  private Buffer body(Span span) {
    return Buffer.buffer(span.length()).appendBytes(frame.bytes(), span.from(), span.length());
  }
}
