package dev.weir.experiments;

import dev.weir.storage.Database;
import io.vertx.core.Future;
import io.vertx.sqlclient.Row;
import io.vertx.sqlclient.RowSet;
import io.vertx.sqlclient.Tuple;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.function.IntFunction;

/** Exposures in {@code experiment_units}. */
final class ExposureTable {
  /** What is there stays; where it says another arm than was told, it comes back. */
  private static final String TELL =
      """
      INSERT INTO experiment_units AS kept
        (experiment_name, user_id, first_variant, probability, epoch, exposed_at, window_ends_at, refused)
      SELECT t.experiment, t.user_id, t.variant, t.probability, t.epoch, t.at, t.at + e.unit_window, t.refused
      FROM unnest($1::text[], $2::text[], $3::text[], $4::float8[], $5::int[], $6::timestamptz[], $7::bigint[])
        AS t (experiment, user_id, variant, probability, epoch, at, refused)
      JOIN experiments AS e ON e.experiment_name = t.experiment
      ORDER BY t.experiment, t.user_id
      ON CONFLICT (experiment_name, user_id) DO UPDATE SET
        refused = kept.refused + CASE WHEN kept.closed_at IS NULL THEN excluded.refused ELSE 0 END
      WHERE excluded.refused > 0 OR (kept.first_variant, kept.epoch) <> (excluded.first_variant, excluded.epoch)
      RETURNING experiment_name, user_id, first_variant, epoch, probability
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

  /** Writes these, no two of one key; returns the exposures that stand where others were told. */
  Future<Map<Exposure.Key, Exposure>> tell(List<Told> all) {
    var rows = Tuple.tuple();
    add(rows, all, String[]::new, t -> t.key().experiment());
    add(rows, all, String[]::new, t -> t.key().user());
    add(rows, all, String[]::new, t -> t.exposure().variant());
    add(rows, all, Double[]::new, t -> t.exposure().probability());
    add(rows, all, Integer[]::new, t -> t.exposure().epoch());
    add(rows, all, OffsetDateTime[]::new, t -> t.at().atOffset(ZoneOffset.UTC));
    add(rows, all, Long[]::new, Told::refused);
    return database.ledger(c -> c.preparedQuery(TELL).execute(rows)).map(ExposureTable::exposures);
  }

  /** The exposures that there are of these. */
  Future<Map<Exposure.Key, Exposure>> find(Collection<Exposure.Key> keys) {
    var all = List.copyOf(keys);
    var rows = Tuple.tuple();
    add(rows, all, String[]::new, Exposure.Key::experiment);
    add(rows, all, String[]::new, Exposure.Key::user);
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

  private static <S, T> void add(
      Tuple rows, List<S> all, IntFunction<T[]> array, Function<S, T> column) {
    rows.addValue(all.stream().map(column).toArray(array));
  }
}
