package dev.weir.experiments;

import dev.weir.storage.Database;
import io.vertx.core.Future;
import io.vertx.sqlclient.Row;
import io.vertx.sqlclient.RowSet;
import java.math.BigDecimal;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Function;

/**
 * All users of an experiment, counted: how many came to which arm in which epoch, their sums by
 * arm, and which of them lie before the places to which was read. Taken by pages, so it is of no
 * one moment; what came in meanwhile is in the next.
 *
 * @param exposed users by arm, by epoch, oldest first
 * @param sums by arm
 * @param closed the closed units up to a place
 * @param first the first trials up to another
 */
record Tally(
    Map<Integer, Map<String, Long>> exposed, Map<String, Sums> sums, Seen closed, Seen first) {
  private static final int PAGE = 3_000;
  private static final Tally NOBODY = new Tally(Map.of(), Map.of(), Seen.NOBODY, Seen.NOBODY);

  /** The sums of an arm's users. */
  record Sums(
      long users,
      long trials,
      long successes,
      long refused,
      long cancelled,
      long latencyMs,
      long tokens,
      long answers,
      long liked,
      BigDecimal cost) {
    /** All but the cost, in their order. */
    static final List<Function<Sums, Long>> COUNTS =
        List.of(
            Sums::users,
            Sums::trials,
            Sums::successes,
            Sums::refused,
            Sums::cancelled,
            Sums::latencyMs,
            Sums::tokens,
            Sums::answers,
            Sums::liked);

    Sums and(Sums more) {
      return new Sums(
          users + more.users,
          trials + more.trials,
          successes + more.successes,
          refused + more.refused,
          cancelled + more.cancelled,
          latencyMs + more.latencyMs,
          tokens + more.tokens,
          answers + more.answers,
          liked + more.liked,
          cost.add(more.cost));
    }
  }

  /** Counts everybody. */
  static Future<Tally> of(Database database, String name, Place closedTo, Place firstTo) {
    return from(database, name, closedTo, firstTo, "", NOBODY);
  }

  private static Future<Tally> from(
      Database database, String name, Place closedTo, Place firstTo, String user, Tally before) {
    return database
        .jobs(c -> UnitTable.tally(c, name, user, closedTo, firstTo, PAGE))
        .compose(
            rows -> {
              if (rows.size() == 0) {
                return Future.succeededFuture(before);
              }
              var all = before.and(rows);
              var row = rows.iterator().next();
              return row.getLong("page_users") < PAGE
                  ? Future.succeededFuture(all)
                  : from(database, name, closedTo, firstTo, row.getString("last_user"), all);
            });
  }

  private Tally and(RowSet<Row> page) {
    var users = new TreeMap<Integer, Map<String, Long>>();
    exposed.forEach((epoch, arms) -> users.put(epoch, new TreeMap<>(arms)));
    var all = new TreeMap<>(sums);
    var closedNow = closed;
    var firstNow = first;
    for (var row : page) {
      var arm = row.getString("first_variant");
      users
          .computeIfAbsent(row.getInteger("epoch"), _ -> new TreeMap<>())
          .merge(arm, row.getLong("users"), Long::sum);
      all.merge(arm, sums(row), Sums::and);
      closedNow = closedNow.and(new Seen(row.getLong("closed"), row.getLong("closed_marks")));
      firstNow = firstNow.and(new Seen(row.getLong("first"), row.getLong("first_marks")));
    }
    return new Tally(users, all, closedNow, firstNow);
  }

  private static Sums sums(Row row) {
    return new Sums(
        row.getLong("users"),
        row.getLong("trials"),
        row.getLong("successes"),
        row.getLong("refused"),
        row.getLong("cancelled"),
        row.getLong("latency"),
        row.getLong("tokens"),
        row.getLong("answers"),
        row.getLong("liked"),
        row.getBigDecimal("cost"));
  }
}
