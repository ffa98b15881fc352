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

  /** Writes down what is to be asked. */
  static Future<Void> add(SqlConnection c, String name, List<Item> items) {
    var some = items.subList(0, Math.min(BATCH, items.size()));
    if (some.isEmpty()) {
      return Future.succeededFuture();
    }
    return c.preparedQuery(ADD)
        .executeBatch(some.stream().map(item -> row(name, item)).toList())
        .compose(_ -> add(c, name, items.subList(some.size(), items.size())));
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

  /** What is left, in its order. */
  static Future<List<Item>> left(SqlConnection c, String name) {
    return c.preparedQuery(LEFT)
        .execute(Tuple.of(name))
        .map(
            rows -> {
              var items = new ArrayList<Item>(rows.size());
              rows.forEach(row -> items.add(item(row)));
              return items;
            });
  }

  private static Item item(Row row) {
    return new Item(
        row.getInteger("position"),
        row.getInteger("unit"),
        row.getInteger("unit_items"),
        row.getString("user_id"),
        Optional.ofNullable(row.getUUID("source_id")),
        Optional.<Buffer>ofNullable(row.getBuffer("given"))
            .map(given -> Case.of(Json.parse(given.toString()))));
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
