package dev.weir.cache;

import dev.weir.core.Usd;
import dev.weir.jobs.Turn;
import io.vertx.core.Future;
import io.vertx.core.buffer.Buffer;
import io.vertx.sqlclient.Row;
import io.vertx.sqlclient.RowSet;
import io.vertx.sqlclient.SqlConnection;
import io.vertx.sqlclient.Tuple;
import java.math.BigDecimal;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import org.apache.logging.log4j.LogManager;
import org.apache.logging.log4j.Logger;

/**
 * What is worth asking for again, and the day's budget for it: its row in {@code cache_warm_ups}
 * holds what was reserved and what was spent. Any thread.
 */
final class WarmUpTable {
  private static final Logger LOG = LogManager.getLogger(WarmUpTable.class);

  /**
   * In the last part of its time, of no experiment's arm, and with a hit to expect in another life;
   * the most valuable first. Whether it was invalidated is asked of the few at the top alone: that
   * is why the inner query stands by itself.
   */
  static final String WORTH_IT =
      """
      SELECT w.cache_key, w.user_id, w.function_name, w.input FROM (
        SELECT c.cache_key, c.user_id, c.function_name, c.function_version, c.generation, c.input,
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

  /** One that was stored anew since it was looked up is in the first part of its time again. */
  private static final String STILL_DUE =
      "SELECT FROM response_cache WHERE cache_key = $1 AND tstzrange(warm_from, expires_at) @>"
          + " now()";

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

  private final BigDecimal budget;

  /**
   * A table.
   *
   * @param budget USD a day
   */
  WarmUpTable(BigDecimal budget) {
    this.budget = budget;
  }

  /**
   * An answer that is worth asking for again.
   *
   * @param key its key
   * @param owner whose it is; empty where its function's users share it
   * @param function the function that gave it
   * @param input what was asked, as JSON
   */
  record Candidate(String key, Optional<String> owner, String function, Buffer input) {
    /** Whose answer it is. */
    String user() {
      return owner.orElse(Warming.USER);
    }
  }

  /** What became of a wish to reserve. */
  sealed interface Reservation {}

  /** So much was taken of a day's budget. */
  record Taken(LocalDate day, Usd most) implements Reservation {}

  /** It does not fit into what is left. */
  record Full() implements Reservation {}

  /** The answer is not due any more: somebody has asked for it meanwhile, or its time is over. */
  record NotDue() implements Reservation {}

  /** How many answers of experiments' arms are due. */
  Future<Long> ofArms(Turn turn) {
    return turn.database()
        .jobs(
            c -> c.query(OF_ARMS).execute().map(rows -> rows.iterator().next().getLong("answers")));
  }

  /**
   * The most valuable ones, in that order; none once the day's budget is spent.
   *
   * @param most how many
   * @param without keys that are left out
   */
  Future<List<Candidate>> worthIt(Turn turn, int most, Collection<String> without) {
    return turn.database()
        .jobs(
            c ->
                c.preparedQuery(LEFT)
                    .execute(Tuple.of(budget))
                    .compose(
                        left ->
                            left.iterator().next().getBigDecimal("left_usd").signum() > 0
                                ? candidates(c, most, without)
                                : Future.succeededFuture(List.of())));
  }

  private static Future<List<Candidate>> candidates(
      SqlConnection c, int most, Collection<String> without) {
    return c.preparedQuery(WORTH_IT)
        .execute(Tuple.tuple().addInteger(most).addArrayOfString(without.toArray(String[]::new)))
        .map(
            rows -> {
              var all = new ArrayList<Candidate>();
              for (var row : rows) {
                all.add(
                    new Candidate(
                        row.getString("cache_key"),
                        Optional.ofNullable(row.getString("user_id")),
                        row.getString("function_name"),
                        row.getBuffer("input")));
              }
              return all;
            });
  }

  /** Takes the worst price of asking for this one of the day's budget, if it fits. */
  Future<Reservation> reserve(Turn turn, String key, Usd most) {
    return turn.write(
        c ->
            c.preparedQuery(STILL_DUE)
                .execute(Tuple.of(key))
                .compose(
                    due ->
                        due.size() == 0
                            ? Future.succeededFuture(new NotDue())
                            : c.preparedQuery(RESERVE)
                                .execute(Tuple.of(most.dollars(), budget))
                                .map(rows -> reservation(rows, most))));
  }

  private static Reservation reservation(RowSet<Row> rows, Usd most) {
    for (var row : rows) {
      return new Taken(row.getLocalDate("day"), most);
    }
    return new Full();
  }

  /**
   * Gives back what was taken and not needed. By whoever leads by now: it is this node's own. Never
   * fails; what cannot be given back stays spent.
   */
  Future<Void> settle(Turn turn, Taken taken, CacheCalls.Went went) {
    var change = went.cost().minus(taken.most()).dollars();
    return turn.database()
        .jobs(
            c ->
                c.preparedQuery(SETTLE)
                    .execute(Tuple.of(taken.day(), change, went.error().isEmpty() ? 1 : 0)))
        .onFailure(
            e ->
                LOG.warn(
                    "What warm-up reserved of its budget of {} stays spent: {}",
                    taken.day(),
                    e.getMessage()))
        .<Void>mapEmpty()
        .otherwiseEmpty();
  }
}
