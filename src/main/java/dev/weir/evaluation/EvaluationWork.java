package dev.weir.evaluation;

import dev.weir.core.Json;
import io.vertx.core.Future;
import io.vertx.core.buffer.Buffer;
import io.vertx.sqlclient.Row;
import io.vertx.sqlclient.SqlConnection;
import io.vertx.sqlclient.Tuple;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;

/**
 * The table {@code evaluation_work}: what evaluations that run have left to ask, so that another
 * node can go on. All in transactions of others; pure otherwise.
 */
final class EvaluationWork {
  private static final int BATCH = 200;

  private static final String ADD =
      "INSERT INTO evaluation_work (evaluation_name, position, user_id, unit, unit_items,"
          + " source_id, given) VALUES ($1, $2, $3, $4, $5, $6, $7)";

  private static final String LEFT =
      """
      SELECT position, user_id, unit, unit_items, source_id, given FROM evaluation_work
      WHERE evaluation_name = $1 ORDER BY position
      """;

  private static final String DONE =
      "DELETE FROM evaluation_work WHERE evaluation_name = $1 AND position = ANY ($2)";

  private static final String FORGET = "DELETE FROM evaluation_work WHERE evaluation_name = $1";

  private EvaluationWork() {}

  /** What is to be asked, written out. May be megabytes: not for an event loop. */
  static List<Tuple> rows(String name, List<Item> items) {
    return items.stream().map(item -> row(name, item)).toList();
  }

  /** Writes down what is to be asked. */
  static Future<Void> add(SqlConnection c, List<Tuple> rows) {
    var some = rows.subList(0, Math.min(BATCH, rows.size()));
    if (some.isEmpty()) {
      return Future.succeededFuture();
    }
    return c.preparedQuery(ADD)
        .executeBatch(some)
        .compose(_ -> add(c, rows.subList(some.size(), rows.size())));
  }

  private static Tuple row(String name, Item item) {
    return Tuple.tuple()
        .addString(name)
        .addInteger(item.position())
        .addString(item.user())
        .addInteger(item.unit())
        .addInteger(item.unitItems())
        .addUUID(item.source().orElse(null))
        .addBuffer(
            item.given().map(Case::json).map(json -> Buffer.buffer(json.toString())).orElse(null));
  }

  /** An item that is left, as it stands there. */
  record Left(
      int position,
      String user,
      int unit,
      int unitItems,
      Optional<UUID> source,
      Optional<Buffer> given) {
    /** The item. All of them may be megabytes to read: not for an event loop. */
    Item item() {
      return new Item(
          position,
          unit,
          unitItems,
          user,
          source,
          given.map(written -> Case.of(Json.parse(written))));
    }
  }

  /** What is left, in its order. */
  static Future<List<Left>> left(SqlConnection c, String name) {
    return c.preparedQuery(LEFT)
        .execute(Tuple.of(name))
        .map(
            rows -> {
              var left = new ArrayList<Left>(rows.size());
              rows.forEach(row -> left.add(left(row)));
              return left;
            });
  }

  private static Left left(Row row) {
    return new Left(
        row.getInteger("position"),
        row.getString("user_id"),
        row.getInteger("unit"),
        row.getInteger("unit_items"),
        Optional.ofNullable(row.getUUID("source_id")),
        Optional.ofNullable(row.getBuffer("given")));
  }

  /** Takes out what was scored. */
  static Future<Void> done(SqlConnection c, String name, List<Integer> positions) {
    return c.preparedQuery(DONE)
        .execute(Tuple.tuple().addString(name).addArrayOfInteger(positions.toArray(Integer[]::new)))
        .mapEmpty();
  }

  /** Takes out everything. */
  static Future<Void> forget(SqlConnection c, String name) {
    return c.preparedQuery(FORGET).execute(Tuple.of(name)).mapEmpty();
  }
}
