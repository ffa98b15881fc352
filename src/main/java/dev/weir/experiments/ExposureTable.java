package dev.weir.experiments;

import dev.weir.storage.Database;
import io.vertx.core.Future;
import io.vertx.sqlclient.Row;
import io.vertx.sqlclient.RowSet;
import io.vertx.sqlclient.SqlConnection;
import io.vertx.sqlclient.Tuple;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.function.Function;
import java.util.function.IntFunction;

/** Exposures in {@code experiment_units}. */
final class ExposureTable {
  // What is there stays. Rows are taken in one order, and none that stands is locked by an insert:
  // so does the trigger that writes calls, and the two never wait for each other in a circle.
  private static final String ENTER =
      """
      INSERT INTO experiment_units
        (experiment_name, user_id, first_variant, probability, epoch, exposed_at, window_ends_at)
      SELECT t.experiment, t.user_id, t.variant, t.probability, t.epoch, t.at, t.at + e.unit_window
      FROM unnest($1::text[], $2::text[], $3::text[], $4::float8[], $5::int[], $6::timestamptz[])
        AS t (experiment, user_id, variant, probability, epoch, at)
      JOIN experiments AS e ON e.experiment_name = t.experiment
      ORDER BY t.experiment, t.user_id
      ON CONFLICT DO NOTHING
      """;

  // A batch whose commit was not heard of is sent again as it was, and its refusals count once.
  private static final String NEXT =
      """
      INSERT INTO refusal_batches AS kept (process_id, number) VALUES ($1, $2)
      ON CONFLICT (process_id) DO UPDATE SET number = excluded.number, written_at = now()
      WHERE kept.number < excluded.number
      """;

  private static final String REFUSED =
      """
      WITH told AS MATERIALIZED (
        SELECT u.experiment_name, u.user_id, t.refused
        FROM unnest($1::text[], $2::text[], $3::bigint[]) AS t (experiment, user_id, refused)
        JOIN experiment_units AS u ON u.experiment_name = t.experiment AND u.user_id = t.user_id
        WHERE u.closed_at IS NULL
        ORDER BY u.experiment_name, u.user_id
        FOR NO KEY UPDATE OF u
      )
      UPDATE experiment_units AS u SET refused = u.refused + told.refused FROM told
      WHERE u.experiment_name = told.experiment_name AND u.user_id = told.user_id AND u.closed_at IS NULL
      """;

  /** Where another arm stands than was told. */
  private static final String STANDING =
      """
      SELECT u.experiment_name, u.user_id, u.first_variant, u.epoch, u.probability
      FROM unnest($1::text[], $2::text[], $3::text[], $4::int[]) AS t (experiment, user_id, variant, epoch)
      JOIN experiment_units AS u ON u.experiment_name = t.experiment AND u.user_id = t.user_id
      WHERE (u.first_variant, u.epoch) <> (t.variant, t.epoch)
      """;

  private static final String FIND =
      """
      SELECT u.experiment_name, u.user_id, u.first_variant, u.epoch, u.probability
      FROM unnest($1::text[], $2::text[]) AS w (experiment, user_id)
      JOIN experiment_units AS u ON u.experiment_name = w.experiment AND u.user_id = w.user_id
      """;

  private final Database database;

  /** An exposure to be written, or refusals of an exposed user. */
  record Told(Exposure.Key key, Exposure exposure, Instant at, long refused) {
    Told and(Told later) {
      return new Told(key, exposure, at, refused + later.refused);
    }
  }

  ExposureTable(Database database) {
    this.database = database;
  }

  /**
   * What is written at once.
   *
   * @param process who writes; no other process has this id
   * @param number of the batch: a later one has a higher
   * @param told no two of one key
   */
  record Batch(UUID process, long number, List<Told> told) {
    Batch {
      told = List.copyOf(told);
    }
  }

  /**
   * Writes a batch; twice is as good as once.
   *
   * @return the exposures that stand where others were told
   */
  Future<Map<Exposure.Key, Exposure>> tell(Batch batch) {
    var all = batch.told();
    var entered = keys(all, Told::key);
    add(entered, all, String[]::new, t -> t.exposure().variant());
    add(entered, all, Double[]::new, t -> t.exposure().probability());
    add(entered, all, Integer[]::new, t -> t.exposure().epoch());
    add(entered, all, OffsetDateTime[]::new, t -> t.at().atOffset(ZoneOffset.UTC));
    var told = keys(all, Told::key);
    add(told, all, String[]::new, t -> t.exposure().variant());
    add(told, all, Integer[]::new, t -> t.exposure().epoch());
    return database
        .ledger(
            c ->
                c.preparedQuery(ENTER)
                    .execute(entered)
                    .compose(_ -> refuse(c, batch))
                    .compose(_ -> c.preparedQuery(STANDING).execute(told)))
        .map(ExposureTable::exposures);
  }

  private static Future<?> refuse(SqlConnection c, Batch batch) {
    var refusals = batch.told().stream().filter(t -> t.refused() > 0).toList();
    if (refusals.isEmpty()) {
      return Future.succeededFuture();
    }
    var refused = keys(refusals, Told::key);
    add(refused, refusals, Long[]::new, Told::refused);
    return c.preparedQuery(NEXT)
        .execute(Tuple.of(batch.process(), batch.number()))
        .compose(
            next ->
                next.rowCount() == 0
                    ? Future.succeededFuture()
                    : c.preparedQuery(REFUSED).execute(refused));
  }

  /** The exposures that there are of these. */
  Future<Map<Exposure.Key, Exposure>> find(Collection<Exposure.Key> keys) {
    var all = List.copyOf(keys);
    var rows = keys(all, key -> key);
    return database.ledger(c -> c.preparedQuery(FIND).execute(rows)).map(ExposureTable::exposures);
  }

  private static Map<Exposure.Key, Exposure> exposures(RowSet<Row> rows) {
    var found = new HashMap<Exposure.Key, Exposure>();
    rows.forEach(
        row ->
            found.put(
                new Exposure.Key(row.getString("experiment_name"), row.getString("user_id")),
                new Exposure(
                    row.getString("first_variant"),
                    row.getInteger("epoch"),
                    row.getDouble("probability"))));
    return found;
  }

  private static <S> Tuple keys(List<S> all, Function<S, Exposure.Key> key) {
    var rows = Tuple.tuple();
    add(rows, all, String[]::new, one -> key.apply(one).experiment());
    add(rows, all, String[]::new, one -> key.apply(one).user());
    return rows;
  }

  private static <S, T> void add(
      Tuple rows, List<S> all, IntFunction<T[]> array, Function<S, T> column) {
    rows.addValue(all.stream().map(column).toArray(array));
  }
}
