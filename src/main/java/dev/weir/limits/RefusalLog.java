package dev.weir.limits;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.weir.core.AIError;
import dev.weir.core.Clock;
import dev.weir.core.Json;
import dev.weir.gateway.Exchange;
import dev.weir.storage.Database;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.pgclient.PgException;
import io.vertx.sqlclient.Tuple;
import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import org.apache.logging.log4j.LogManager;
import org.apache.logging.log4j.Logger;

/**
 * What was refused: counted by user, function, code and minute, and for every user a sample of the
 * last twenty with its reason, so that "why was I limited" has an answer by request id. Kept in
 * memory for some seconds, then in {@code admission_refusals} and {@code
 * admission_refusal_samples}. Thread-safe.
 */
public final class RefusalLog {
  private static final Logger LOG = LogManager.getLogger(RefusalLog.class);
  private static final Duration PACE = Duration.ofSeconds(2);
  private static final int SLOTS = 20;
  private static final int MOST_KEYS = 20_000;
  private static final String COUNT =
      """
      INSERT INTO admission_refusals AS kept (minute, user_id, function_name, code, refusals)
      SELECT * FROM unnest($1::timestamptz[], $2::text[], $3::text[], $4::text[], $5::bigint[])
        AS r (minute, user_id, function_name, code, refusals)
      ORDER BY minute, user_id, function_name, code
      ON CONFLICT (minute, user_id, function_name, code) DO UPDATE SET refusals = kept.refusals + excluded.refusals
      """;
  private static final String SAMPLE =
      """
      INSERT INTO admission_refusal_samples
        (user_id, slot, request_id, refused_at, function_name, code, reason, correlation_id)
      SELECT user_id, slot, request_id, refused_at, function_name, code, reason::jsonb, correlation_id
      FROM unnest($1::text[], $2::int[], $3::uuid[], $4::timestamptz[], $5::text[], $6::text[], $7::text[], $8::text[])
        AS r (user_id, slot, request_id, refused_at, function_name, code, reason, correlation_id)
      ORDER BY user_id, slot
      ON CONFLICT (user_id, slot) DO UPDATE SET
        request_id = excluded.request_id, refused_at = excluded.refused_at, function_name = excluded.function_name,
        code = excluded.code, reason = excluded.reason, correlation_id = excluded.correlation_id
      """;
  private static final String WHY =
      "SELECT * FROM admission_refusal_samples WHERE request_id = $1 ORDER BY refused_at DESC LIMIT"
          + " 1";

  private static final String NEXT =
      """
      INSERT INTO refusal_batches AS kept (process_id, number) VALUES ($1, $2)
      ON CONFLICT (process_id) DO UPDATE SET number = excluded.number, written_at = now()
      WHERE kept.number < excluded.number
      """;

  private final Database database;
  private final UUID process;
  private final Clock clock;
  private final ConcurrentMap<Key, Long> counts = new ConcurrentHashMap<>();
  private final ConcurrentMap<Slot, Sample> samples = new ConcurrentHashMap<>();

  /** Guarded by this, as are the next ones. */
  private long number;

  private Optional<Batch> unwritten = Optional.empty();
  private Optional<Future<Void>> underWay = Optional.empty();

  private record Batch(
      long number, List<Map.Entry<Key, Long>> counted, List<Map.Entry<Slot, Sample>> sampled) {}

  private record Key(Instant minute, String user, String function, String code) {}

  private record Slot(String user, int number) {}

  private record Sample(
      UUID request,
      Instant at,
      String function,
      String code,
      String reason,
      Optional<String> correlation) {}

  /**
   * A log; {@link #keep} writes it down.
   *
   * @param process whose refusals they are, an id that no other process has
   */
  public RefusalLog(Database database, UUID process, Clock clock) {
    this.database = database;
    this.process = process;
    this.clock = clock;
  }

  /** Writes what was refused every few seconds, for as long as {@code vertx} lives. */
  public void keep(Vertx vertx) {
    vertx.setPeriodic(PACE.toMillis(), _ -> flushIfIdle());
  }

  private synchronized void flushIfIdle() {
    if (underWay.isEmpty()) {
      flush();
    }
  }

  /** A call was refused. */
  void refused(Exchange x, AIError why) {
    var user = x.principal().user();
    var function = x.plan().label();
    var code = why.code().name();
    var key = new Key(clock.now().truncatedTo(ChronoUnit.MINUTES), user, function, code);
    if (counts.size() < MOST_KEYS || counts.containsKey(key)) {
      counts.merge(key, 1L, Long::sum);
    }
    var id = x.origin().id();
    var slot = new Slot(user, (int) Math.floorMod(id.getLeastSignificantBits(), (long) SLOTS));
    if (samples.size() < MOST_KEYS || samples.containsKey(slot)) {
      samples.put(
          slot,
          new Sample(
              id, clock.now(), function, code, reason(why).toString(), x.origin().correlation()));
    }
  }

  private static ObjectNode reason(AIError why) {
    var json = Json.object().put("message", why.message());
    json.set("details", Json.mapper().valueToTree(why.details()));
    why.retryAfter().ifPresent(wait -> json.put("retry_after_ms", wait.toMillis()));
    return json;
  }

  /**
   * Writes what there is. What cannot be written now is written the next time, and a batch of which
   * nobody knows whether it was written is repeated as it was: it bears a number, by which the
   * database knows it again. Any thread.
   */
  public synchronized Future<Void> flush() {
    var before = underWay;
    if (before.isPresent()) {
      return before.get().transform(_ -> flush());
    }
    if (unwritten.isEmpty()) {
      unwritten = gather();
    }
    if (unwritten.isEmpty()) {
      return Future.succeededFuture();
    }
    var done = write(unwritten.get());
    underWay = Optional.of(done);
    done.onSuccess(_ -> landed(true)).onFailure(this::failed);
    return done;
  }

  private synchronized void landed(boolean written) {
    underWay = Optional.empty();
    if (written) {
      unwritten = Optional.empty();
    }
  }

  private void failed(Throwable failure) {
    var poisonous =
        failure instanceof PgException refused
            && String.valueOf(refused.getSqlState()).matches("2[23].*");
    if (poisonous) {
      LOG.warn("The database refuses a batch of counted refusals, which is lost", failure);
    } else {
      LOG.debug("Refusals wait for the database: {}", failure.getMessage());
    }
    landed(poisonous);
  }

  private Optional<Batch> gather() {
    var counted = new ArrayList<Map.Entry<Key, Long>>();
    for (var key : counts.keySet()) {
      var count = counts.remove(key);
      if (count != null) {
        counted.add(Map.entry(key, count));
      }
    }
    var sampled = new ArrayList<Map.Entry<Slot, Sample>>();
    for (var slot : samples.keySet()) {
      var sample = samples.remove(slot);
      if (sample != null) {
        sampled.add(Map.entry(slot, sample));
      }
    }
    return counted.isEmpty() && sampled.isEmpty()
        ? Optional.empty()
        : Optional.of(new Batch(++number, counted, sampled));
  }

  private Future<Void> write(Batch batch) {
    return database.ledger(
        c ->
            c.preparedQuery(NEXT)
                .execute(Tuple.of(process, batch.number()))
                .compose(
                    next ->
                        next.rowCount() == 0
                            ? Future.succeededFuture()
                            : c.preparedQuery(COUNT)
                                .execute(counts(batch.counted()))
                                .compose(
                                    _ -> c.preparedQuery(SAMPLE).execute(samples(batch.sampled())))
                                .mapEmpty()));
  }

  private static Tuple counts(List<Map.Entry<Key, Long>> counted) {
    return Tuple.tuple()
        .addValue(
            counted.stream().map(c -> utc(c.getKey().minute())).toArray(OffsetDateTime[]::new))
        .addValue(counted.stream().map(c -> c.getKey().user()).toArray(String[]::new))
        .addValue(counted.stream().map(c -> c.getKey().function()).toArray(String[]::new))
        .addValue(counted.stream().map(c -> c.getKey().code()).toArray(String[]::new))
        .addValue(counted.stream().map(Map.Entry::getValue).toArray(Long[]::new));
  }

  private static Tuple samples(List<Map.Entry<Slot, Sample>> sampled) {
    var correlations = new String[sampled.size()];
    for (var i = 0; i < correlations.length; i++) {
      var correlation = sampled.get(i).getValue().correlation();
      if (correlation.isPresent()) {
        correlations[i] = correlation.get();
      }
    }
    return Tuple.tuple()
        .addValue(sampled.stream().map(s -> s.getKey().user()).toArray(String[]::new))
        .addValue(sampled.stream().map(s -> s.getKey().number()).toArray(Integer[]::new))
        .addValue(sampled.stream().map(s -> s.getValue().request()).toArray(UUID[]::new))
        .addValue(sampled.stream().map(s -> utc(s.getValue().at())).toArray(OffsetDateTime[]::new))
        .addValue(sampled.stream().map(s -> s.getValue().function()).toArray(String[]::new))
        .addValue(sampled.stream().map(s -> s.getValue().code()).toArray(String[]::new))
        .addValue(sampled.stream().map(s -> s.getValue().reason()).toArray(String[]::new))
        .addValue(correlations);
  }

  private static OffsetDateTime utc(Instant moment) {
    return moment.atOffset(ZoneOffset.UTC);
  }

  /** Why this request was refused; empty if nobody remembers. For the admin API. */
  public Future<Optional<ObjectNode>> why(UUID request) {
    return flush()
        .otherwiseEmpty()
        .compose(_ -> database.admin(c -> c.preparedQuery(WHY).execute(Tuple.of(request))))
        .map(
            rows -> {
              for (var row : rows) {
                var json =
                    Json.object()
                        .put("request_id", row.getUUID("request_id").toString())
                        .put("user_id", row.getString("user_id"))
                        .put(
                            "refused_at",
                            row.getOffsetDateTime("refused_at").toInstant().toString())
                        .put("function", row.getString("function_name"))
                        .put("code", row.getString("code"));
                json.set("reason", Json.parse(String.valueOf(row.getJson("reason"))));
                return Optional.of(json);
              }
              return Optional.<ObjectNode>empty();
            });
  }
}
