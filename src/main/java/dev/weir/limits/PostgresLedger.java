package dev.weir.limits;

import dev.weir.storage.Database;
import io.vertx.core.Future;
import io.vertx.pgclient.PgException;
import io.vertx.sqlclient.Row;
import io.vertx.sqlclient.Tuple;
import java.time.Duration;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;

/** The ledger in PostgreSQL: the functions of {@code V105__leases.sql}. Thread-safe. */
final class PostgresLedger implements Ledger {
  private static final String EXCHANGE =
      """
      SELECT * FROM weir_exchange(
        $1, $2, $3, interval '10 seconds', $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)
      """;
  private static final String DEADLOCK = "40P01";
  private static final String NOT_ANY_MORE = "55000";
  private static final int MOST_REPEATS = 5;

  private final Database database;
  private final UUID process;
  private final String node;

  PostgresLedger(Database database, UUID process, String node) {
    this.database = database;
    this.process = process;
    this.node = node;
  }

  @Override
  public Future<List<Answer>> exchange(Request request) {
    return exchange(parameters(request), 0);
  }

  private Future<List<Answer>> exchange(Tuple parameters, int repeats) {
    return database
        .ledger(c -> c.preparedQuery(EXCHANGE).execute(parameters))
        .map(
            rows -> {
              var answers = new ArrayList<Answer>(rows.size());
              rows.forEach(row -> answers.add(answer(row)));
              return (List<Answer>) answers;
            })
        .recover(
            failure -> {
              if (failure instanceof PgException refused) {
                if (DEADLOCK.equals(refused.getSqlState()) && repeats < MOST_REPEATS) {
                  return exchange(parameters, repeats + 1);
                }
                if (NOT_ANY_MORE.equals(refused.getSqlState())) {
                  return Future.failedFuture(new Fenced(String.valueOf(refused.getMessage())));
                }
              }
              return Future.failedFuture(failure);
            });
  }

  private Tuple parameters(Request request) {
    var returned = request.returned();
    var entries = request.entries();
    var n = entries.size();
    var kinds = new String[n];
    var ids = new String[n];
    var leases = new UUID[n];
    var waiting = new Long[n];
    var wanted = new Long[n];
    var months = new LocalDate[n];
    var owed = new Long[n];
    var kept = new Long[n];
    var needed = new Long[n];
    var cover = new Long[n];
    for (var i = 0; i < n; i++) {
      var at = i;
      var entry = entries.get(i);
      kinds[i] = entry.subject().kind().label();
      ids[i] = entry.subject().id();
      entry
          .take()
          .ifPresent(
              take -> {
                leases[at] = take.lease();
                waiting[at] = take.waiting();
                wanted[at] = take.wanted();
                take.month().ifPresent(month -> months[at] = month);
              });
      entry
          .account()
          .ifPresent(
              account -> {
                months[at] = account.month();
                owed[at] = account.owed();
                kept[at] = account.kept();
                needed[at] = account.needed();
                cover[at] = account.wanted();
              });
    }
    return Tuple.of(process, node, request.number())
        .addValue(returned.stream().map(Returned::lease).toArray(UUID[]::new))
        .addValue(returned.stream().map(Returned::units).toArray(Long[]::new))
        .addValue(returned.stream().map(Returned::ends).toArray(Boolean[]::new))
        .addValue(kinds)
        .addValue(ids)
        .addValue(leases)
        .addValue(waiting)
        .addValue(wanted)
        .addValue(months)
        .addValue(owed)
        .addValue(kept)
        .addValue(needed)
        .addValue(cover);
  }

  private static Answer answer(Row row) {
    var subject =
        new Subject(
            Subject.Kind.valueOf(row.getString("kind").toUpperCase(java.util.Locale.ROOT)),
            row.getString("id"));
    var standing =
        new Standing(
            subject,
            row.getOffsetDateTime("moment").toInstant(),
            row.getLocalDate("month"),
            row.getLong("epoch"),
            row.getString("tier"),
            row.getBoolean("disabled"),
            limit(row, "day_limit"),
            row.getLong("day_used"),
            millis(row, "day_frees_ms"),
            limit(row, "month_limit"),
            row.getLong("month_used"),
            millis(row, "month_ends_ms"),
            limit(row, "usd_limit"),
            row.getLong("usd_settled"),
            row.getLong("usd_held"),
            new Standing.Bounds(
                limit(row, "calls_per_minute"),
                limit(row, "tokens_per_minute"),
                limit(row, "concurrent")),
            new Standing.Away(
                row.getString("when_storage_away").equals("open"),
                row.getLong("away_calls"),
                row.getLong("away_usd")),
            row.getLong("replicas"));
    return new Answer(
        (int) (row.getLong("entry") - 1),
        standing,
        row.getLong("granted"),
        millis(row, "time_to_live_ms"),
        row.getLong("elsewhere"),
        millis(row, "elsewhere_ms"),
        row.getLong("cover"));
  }

  private static long limit(Row row, String column) {
    var value = row.getLong(column);
    return value == null ? Standing.NO_LIMIT : value;
  }

  private static Duration millis(Row row, String column) {
    return Duration.ofMillis(row.getLong(column));
  }
}
