package dev.weir.cache;

import com.fasterxml.jackson.databind.JsonNode;
import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import dev.weir.core.AIError;
import dev.weir.core.Json;
import dev.weir.core.Usd;
import dev.weir.gateway.CallOptions.CacheUse;
import dev.weir.gateway.Cap;
import dev.weir.jobs.Job;
import dev.weir.jobs.Turn;
import io.vertx.core.Future;
import io.vertx.sqlclient.Row;
import io.vertx.sqlclient.RowSet;
import io.vertx.sqlclient.SqlConnection;
import io.vertx.sqlclient.Tuple;
import java.math.BigDecimal;
import java.time.Duration;
import java.time.LocalDate;
import java.util.ArrayDeque;
import java.util.HashSet;
import java.util.Locale;
import java.util.Optional;
import java.util.Queue;
import java.util.Set;
import org.apache.logging.log4j.LogManager;
import org.apache.logging.log4j.Logger;

/**
 * Asks again for the answers that are worth it before their time is over, the most valuable first,
 * within a day's budget. Worth it is an answer that, at the rate at which it was hit, will be hit
 * at least once more in another life: what it saves then is more than what it costs now.
 *
 * <p>The budget is hard. Before each call its worst price is reserved in the day's row, by the one
 * node that leads; the call gets exactly that as its {@link Cap}, which every attempt passes before
 * it is sent, so a retry, a fallback or a second ask happens only if what is left of the cap covers
 * its own worst price. After the call the row gets what it did cost. A leader that dies in between
 * leaves the reservation spent.
 *
 * <p>One per process; its runs never overlap.
 */
final class WarmUp {
  private static final Logger LOG = LogManager.getLogger(WarmUp.class);
  private static final int ONCE = 50;

  /** So often a run looks for the next ones, since those at the top may not be worth asking. */
  private static final int MOST_LOOKS = 40;

  /** So many answers that cannot be asked for again are left alone, and for so long. */
  private static final int MOST_PASSED = 10_000;

  private static final Duration PASSED = Duration.ofMinutes(10);

  /** So many answers whose asking again was paid for in vain are not asked for once more. */
  private static final int MOST_IN_VAIN = 1_000;

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
          AND c.cache_key <> ALL ($2::text[])
        ORDER BY worth DESC, c.cache_key OFFSET 0) w
      WHERE weir_cache_valid(w.cache_key, w.user_id, w.function_name, w.function_version, w.generation)
      ORDER BY w.worth DESC, w.cache_key LIMIT $1
      """;

  /** Answers of experiments' arms that would be worth it. */
  private static final String OF_ARMS =
      """
      SELECT count(*) AS answers FROM response_cache c
      WHERE c.warm_from IS NOT NULL AND tstzrange(c.warm_from, c.expires_at) @> now() AND c.experiment <> ''
        AND c.hit_count > 0
      """;

  private static final String LEFT =
      """
      SELECT $1::numeric - coalesce((SELECT spent_usd FROM cache_warm_ups
        WHERE day = (now() AT TIME ZONE 'UTC')::date), 0) AS left_usd
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

  private final CacheCalls calls;
  private final BigDecimal budget;
  private final Duration period;
  private final CacheMeters meters;
  private final Cache<String, Boolean> inVain =
      Caffeine.newBuilder().maximumSize(MOST_IN_VAIN).expireAfterWrite(Duration.ofHours(1)).build();

  private final Cache<String, Boolean> passed =
      Caffeine.newBuilder().maximumSize(MOST_PASSED).expireAfterWrite(PASSED).build();

  WarmUp(CacheCalls calls, BigDecimal budget, Duration period, CacheMeters meters) {
    this.calls = calls;
    this.budget = budget;
    this.period = period;
    this.meters = meters;
  }

  /** Why an answer that is worth asking for again was not. */
  enum PassedOver {
    /** It belongs to an experiment's arm. */
    EXPERIMENT,
    /** Its worst price does not fit into what is left of the day. */
    BUDGET,
    /** Nothing bounds what it would cost. */
    UNPRICED,
    /** Its function has another version by now, or none. */
    CHANGED,
    /** It was paid for, and no answer came of it. */
    IN_VAIN;

    String label() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  /** Its job; none without a budget. */
  Optional<Job> job() {
    return budget.signum() > 0
        ? Optional.of(Job.every(period, "cache-warm-up", this::run))
        : Optional.empty();
  }

  /** An answer that is worth asking for again. */
  private record Candidate(String key, Optional<String> owner, String function, JsonNode input) {
    /** Whose answer it is. */
    String user() {
      return owner.orElse(Warming.USER);
    }
  }

  /** What was taken of a day's budget for one call. */
  private record Reserved(LocalDate day, Usd most) {}

  private Future<Void> run(Turn turn) {
    return run(turn, new HashSet<>(), new Usd(Long.MAX_VALUE), MOST_LOOKS);
  }

  /**
   * The most valuable ones, then those after them.
   *
   * @param seen in this run
   */
  private Future<Void> run(Turn turn, Set<String> seen, Usd tooMuch, int looks) {
    return turn.database()
        .jobs(c -> look(c, seen))
        .compose(
            all -> {
              all.forEach(one -> seen.add(one.key()));
              var whole = all.size() == ONCE;
              return each(turn, all, tooMuch)
                  .compose(
                      after ->
                          whole && looks > 1 && !after.ends()
                              ? run(turn, seen, after.tooMuch().orElse(tooMuch), looks - 1)
                              : Future.<Void>succeededFuture());
            });
  }

  /** What need not be looked at: what this run has seen, and what could not be asked lately. */
  private String[] without(Set<String> seen) {
    var all = new HashSet<>(seen);
    all.addAll(passed.asMap().keySet());
    all.addAll(inVain.asMap().keySet());
    return all.toArray(String[]::new);
  }

  /** Once the day's budget is spent there is nothing to look for. */
  private Future<Queue<Candidate>> look(SqlConnection c, Set<String> seen) {
    return c.preparedQuery(LEFT)
        .execute(Tuple.of(budget))
        .compose(
            left ->
                left.iterator().next().getBigDecimal("left_usd").signum() > 0
                    ? candidates(c, seen)
                    : Future.succeededFuture(new ArrayDeque<>()));
  }

  private Future<Queue<Candidate>> candidates(SqlConnection c, Set<String> seen) {
    var arms =
        seen.isEmpty()
            ? c.query(OF_ARMS)
                .execute()
                .onSuccess(
                    rows ->
                        meters.passedOver(
                            PassedOver.EXPERIMENT, rows.iterator().next().getLong("answers")))
            : Future.<RowSet<Row>>succeededFuture();
    return arms.compose(
            _ ->
                c.preparedQuery(WORTH_IT)
                    .execute(Tuple.tuple().addInteger(ONCE).addArrayOfString(without(seen))))
        .map(
            rows -> {
              var all = new ArrayDeque<Candidate>();
              for (var row : rows) {
                candidate(row).ifPresent(all::add);
              }
              return all;
            });
  }

  private static Optional<Candidate> candidate(Row row) {
    try {
      return Optional.of(
          new Candidate(
              row.getString("cache_key"),
              Optional.ofNullable(row.getString("user_id")),
              row.getString("function_name"),
              Json.parse(row.getBuffer("input"))));
    } catch (AIError _) {
      return Optional.empty();
    }
  }

  /**
   * One after the other.
   *
   * @param tooMuch so much did not fit into what is left; what costs as much need not try
   * @return what this means for those after them
   */
  private Future<After> each(Turn turn, Queue<Candidate> rest, Usd tooMuch) {
    var next = rest.poll();
    return next == null
        ? Future.succeededFuture(new After(false, Optional.of(tooMuch)))
        : one(turn, next, tooMuch)
            .compose(
                after ->
                    after.ends()
                        ? Future.succeededFuture(after)
                        : each(turn, rest, after.tooMuch().orElse(tooMuch)));
  }

  /**
   * What one call means for the next.
   *
   * @param ends whether this account may make no call now, whatever it asks for
   * @param tooMuch a price that did not fit into what is left
   */
  private record After(boolean ends, Optional<Usd> tooMuch) {
    static final After GO_ON = new After(false, Optional.empty());
  }

  private Future<After> one(Turn turn, Candidate candidate, Usd tooMuch) {
    return calls
        .plan(candidate.function(), candidate.input(), candidate.user(), CacheUse.REFRESH)
        .map(Optional::of)
        // Its function is gone, or its input does not fit any more.
        .otherwise(Optional.empty())
        .compose(
            planned ->
                planned.filter(p -> same(p, candidate)).isPresent()
                    ? priced(turn, candidate, planned.get(), tooMuch)
                    : leaveAlone(candidate, PassedOver.CHANGED));
  }

  /** Nothing will be other soon: those after it have their turn. */
  private Future<After> leaveAlone(Candidate candidate, PassedOver why) {
    passed.put(candidate.key(), true);
    return passOver(why, After.GO_ON);
  }

  private Future<After> passOver(PassedOver why, After after) {
    meters.passedOver(why, 1);
    return Future.succeededFuture(after);
  }

  /** Its function may have another version by now: then it is another question. */
  private static boolean same(CacheCalls.Planned planned, Candidate candidate) {
    return Terms.of(planned.x(), candidate.user())
        .filter(terms -> terms.subjects().key().equals(candidate.key()))
        .isPresent();
  }

  private Future<After> priced(
      Turn turn, Candidate candidate, CacheCalls.Planned planned, Usd tooMuch) {
    var most = planned.atMost();
    if (most.isEmpty()) {
      return leaveAlone(candidate, PassedOver.UNPRICED);
    }
    if (most.get().compareTo(tooMuch) >= 0) {
      return passOver(PassedOver.BUDGET, After.GO_ON);
    }
    return reserve(turn, most.get())
        .compose(
            reserved ->
                reserved.isEmpty()
                    ? passOver(PassedOver.BUDGET, new After(false, most))
                    : make(turn, candidate, planned, reserved.get()));
  }

  private Future<Optional<Reserved>> reserve(Turn turn, Usd most) {
    return turn.write(
        c ->
            c.preparedQuery(RESERVE)
                .execute(Tuple.of(most.dollars(), budget))
                .map(WarmUp::day)
                .map(day -> day.map(d -> new Reserved(d, most))));
  }

  private static Optional<LocalDate> day(RowSet<Row> rows) {
    for (var row : rows) {
      return Optional.of(row.getLocalDate("day"));
    }
    return Optional.empty();
  }

  private Future<After> make(
      Turn turn, Candidate candidate, CacheCalls.Planned planned, Reserved reserved) {
    return planned
        .make(Optional.of(new Cap(reserved.most())))
        .compose(went -> settle(turn, reserved, went).map(_ -> told(candidate, went)));
  }

  /** By whoever leads by now: it only gives back what this node has taken, and did not need. */
  private static Future<Void> settle(Turn turn, Reserved reserved, CacheCalls.Went went) {
    var change = went.cost().minus(reserved.most()).dollars();
    return turn.database()
        .jobs(
            c ->
                c.preparedQuery(SETTLE)
                    .execute(Tuple.of(reserved.day(), change, went.error().isEmpty() ? 1 : 0)))
        .onFailure(
            e ->
                LOG.warn(
                    "What warm-up reserved of its budget of {} stays spent: {}",
                    reserved.day(),
                    e.getMessage()))
        .<Void>mapEmpty()
        .otherwiseEmpty();
  }

  private After told(Candidate candidate, CacheCalls.Went went) {
    if (went.error().isEmpty()) {
      meters.warmed();
      return After.GO_ON;
    }
    var error = went.error().get();
    LOG.debug("An answer of {} was not refreshed: {}", candidate.function(), error.getMessage());
    if (went.cost().nanos() > 0) {
      inVain.put(candidate.key(), true);
      meters.passedOver(PassedOver.IN_VAIN, 1);
    }
    return new After(went.cost().nanos() == 0 && isOfTheAccount(error), Optional.empty());
  }

  private static boolean isOfTheAccount(AIError error) {
    return switch (error.code()) {
      case RATE_LIMITED,
          QUOTA_EXCEEDED,
          BUDGET_EXCEEDED,
          FORBIDDEN,
          OVERLOADED,
          DRAINING,
          STORAGE_UNAVAILABLE ->
          true;
      default -> false;
    };
  }
}
