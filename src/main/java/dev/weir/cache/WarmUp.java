package dev.weir.cache;

import com.fasterxml.jackson.databind.JsonNode;
import dev.weir.core.AIError;
import dev.weir.core.Json;
import dev.weir.core.Usd;
import dev.weir.gateway.CallOptions.CacheUse;
import dev.weir.gateway.Exchange;
import dev.weir.jobs.Job;
import dev.weir.jobs.Turn;
import io.vertx.core.Future;
import io.vertx.core.buffer.Buffer;
import io.vertx.sqlclient.Row;
import io.vertx.sqlclient.RowSet;
import io.vertx.sqlclient.Tuple;
import java.math.BigDecimal;
import java.time.Duration;
import java.time.LocalDate;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Optional;
import java.util.Queue;
import java.util.function.Predicate;
import org.apache.logging.log4j.LogManager;
import org.apache.logging.log4j.Logger;

/**
 * Asks again for the answers that are worth it before their time is over, the most valuable first,
 * within a day's budget. Worth it is an answer that, at the rate at which it was hit, will be hit
 * at least once more in another life: what it saves then is more than what it costs now.
 *
 * <p>The budget is reserved in the database before each call and settled after it, by the one node
 * that leads; a leader that dies in between leaves the reservation spent.
 */
final class WarmUp {
  private static final Logger LOG = LogManager.getLogger(WarmUp.class);
  private static final Duration PERIOD = Duration.ofSeconds(15);
  private static final int ONCE = 50;

  /**
   * In the last part of its time, of no experiment's arm, and with a hit to expect in another life;
   * the most valuable first. Whether it was invalidated is asked of the few at the top alone: that
   * is why the inner query stands by itself.
   */
  static final String WORTH_IT =
      """
      SELECT w.cache_key, w.user_id, w.function_name, w.input, w.cost_usd FROM (
        SELECT c.cache_key, c.user_id, c.function_name, c.function_version, c.generation, c.input, c.cost_usd,
          c.cost_usd::double precision * c.hit_count / t.age * t.life AS worth
        FROM response_cache c
        CROSS JOIN LATERAL (SELECT
          extract(epoch FROM c.expires_at - c.created_at)::double precision AS life,
          greatest(1, extract(epoch FROM now() - c.created_at))::double precision AS age) t
        WHERE c.warm_from IS NOT NULL AND tstzrange(c.warm_from, c.expires_at) @> now()
          AND c.experiment = '' AND c.hit_count > 0 AND c.hit_count / t.age * t.life >= 1
        ORDER BY worth DESC, c.cache_key OFFSET 0) w
      WHERE weir_cache_valid(w.cache_key, w.user_id, w.function_name, w.function_version, w.generation)
      ORDER BY w.worth DESC, w.cache_key LIMIT $1
      """;

  private static final String RESERVE =
      """
      INSERT INTO cache_warm_ups AS w (day, spent_usd)
      SELECT (now() AT TIME ZONE 'UTC')::date, $1::numeric WHERE $1::numeric <= $2::numeric
      ON CONFLICT (day) DO UPDATE SET spent_usd = w.spent_usd + $1::numeric
        WHERE w.spent_usd + $1::numeric <= $2::numeric
      RETURNING day
      """;

  private static final String SETTLE =
      "UPDATE cache_warm_ups SET spent_usd = greatest(0, spent_usd + $2::numeric), refreshed ="
          + " refreshed + $3::bigint WHERE day = $1";

  private static final String WELCOME =
      "INSERT INTO users (user_id, tier) SELECT $1, name FROM tiers WHERE name = 'enterprise' ON"
          + " CONFLICT DO NOTHING";

  private final OwnCalls calls;
  private final BigDecimal budget;

  WarmUp(OwnCalls calls, BigDecimal budget) {
    this.calls = calls;
    this.budget = budget;
  }

  /** Its job; none without a budget. */
  Optional<Job> job() {
    return budget.signum() > 0
        ? Optional.of(Job.every(PERIOD, "cache-warm-up", this::run))
        : Optional.empty();
  }

  /** An answer that is worth asking for again. */
  private record Candidate(
      String key, Optional<String> owner, String function, JsonNode input, Usd cost) {}

  private Future<Void> run(Turn turn) {
    return turn.database()
        .ledger(c -> c.preparedQuery(WELCOME).execute(Tuple.of(Warming.USER)))
        .compose(_ -> turn.database().jobs(c -> c.preparedQuery(WORTH_IT).execute(Tuple.of(ONCE))))
        .compose(
            rows -> {
              var all = new ArrayList<Candidate>();
              for (var row : rows) {
                candidate(row).ifPresent(all::add);
              }
              return each(turn, new ArrayDeque<>(all));
            });
  }

  private static Optional<Candidate> candidate(Row row) {
    try {
      Buffer input = row.getBuffer("input");
      return Optional.of(
          new Candidate(
              row.getString("cache_key"),
              Optional.ofNullable(row.getString("user_id")),
              row.getString("function_name"),
              Json.parse(input),
              Usd.of(row.getBigDecimal("cost_usd"))));
    } catch (AIError _) {
      return Optional.empty();
    }
  }

  private Future<Void> each(Turn turn, Queue<Candidate> rest) {
    var next = rest.poll();
    return next == null
        ? Future.succeededFuture()
        : one(turn, next).compose(goOn -> goOn ? each(turn, rest) : Future.succeededFuture());
  }

  /** Whether there is budget left to go on with. */
  private Future<Boolean> one(Turn turn, Candidate candidate) {
    return turn.write(
            c ->
                c.preparedQuery(RESERVE)
                    .execute(Tuple.of(candidate.cost().dollars(), budget))
                    .map(WarmUp::day))
        .compose(
            day ->
                day.isEmpty()
                    ? Future.succeededFuture(false)
                    : refresh(candidate)
                        .compose(went -> settle(turn, day.get(), candidate, went))
                        .map(true));
  }

  private static Optional<LocalDate> day(RowSet<Row> rows) {
    for (var row : rows) {
      return Optional.of(row.getLocalDate("day"));
    }
    return Optional.empty();
  }

  private static Future<?> settle(
      Turn turn, LocalDate day, Candidate candidate, Optional<OwnCalls.Went> went) {
    var cost = went.map(OwnCalls.Went::cost).orElse(Usd.ZERO);
    return turn.write(
        c ->
            c.preparedQuery(SETTLE)
                .execute(
                    Tuple.of(
                        day,
                        cost.minus(candidate.cost()).dollars(),
                        went.filter(w -> w.error().isEmpty()).isPresent() ? 1 : 0)));
  }

  private Future<Optional<OwnCalls.Went>> refresh(Candidate candidate) {
    var owner = candidate.owner().orElse(Warming.USER);
    // Its function may have another version by now: then it is another question.
    Predicate<Exchange> same =
        x ->
            Terms.of(x, owner)
                .filter(terms -> terms.subjects().key().equals(candidate.key()))
                .isPresent();
    return calls
        .call(candidate.function(), candidate.input(), owner, CacheUse.REFRESH, same)
        .recover(
            e -> {
              LOG.debug(
                  "An answer of {} was not refreshed: {}", candidate.function(), e.getMessage());
              return Future.succeededFuture(Optional.empty());
            });
  }
}
