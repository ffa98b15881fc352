package dev.weir.registry;

import dev.weir.core.AIError;
import dev.weir.core.Clock;
import dev.weir.core.ErrorCode;
import dev.weir.core.Ids;
import dev.weir.storage.Database;
import io.vertx.core.Future;
import io.vertx.sqlclient.SqlConnection;
import io.vertx.sqlclient.Tuple;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;

/** {@code prompt_labels} and the history of their moves. */
final class LabelTable {
  private static final String ALL =
      "SELECT function_name, label, function_version FROM prompt_labels";
  // One mover of a function's labels at a time, also of labels that are not there yet.
  private static final String LOCK = "SELECT pg_advisory_xact_lock(hashtext('weir_label:' || $1))";
  private static final String CURRENT =
      "SELECT function_version FROM prompt_labels WHERE function_name = $1 AND label = $2";
  private static final String PUT =
      """
      INSERT INTO prompt_labels (function_name, label, function_version, changed_at, changed_by)
      VALUES ($1, $2, $3, now(), $4)
      ON CONFLICT (function_name, label)
      DO UPDATE SET function_version = excluded.function_version, changed_at = now(), changed_by = excluded.changed_by
      """;
  private static final String REMOVE =
      "DELETE FROM prompt_labels WHERE function_name = $1 AND label = $2";
  private static final String ACTIVATED =
      """
      UPDATE prompt_versions SET activated_at = now()
      WHERE function_name = $1 AND function_version = $2 AND activated_at IS NULL
      """;
  private static final String MOVED =
      """
      INSERT INTO prompt_label_moves (id, function_name, label, from_version, to_version, moved_by, rollback, note)
      VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
      """;
  private static final String NEWEST =
      """
      SELECT id, from_version FROM prompt_label_moves
      WHERE function_name = $1 AND label = $2 AND NOT rollback AND undone_at IS NULL
      ORDER BY place DESC LIMIT 1
      """;
  private static final String UNDONE =
      "UPDATE prompt_label_moves SET undone_at = now() WHERE id = $1";
  private static final String MOVES =
      """
      SELECT moved_at, moved_by, from_version, to_version, note, rollback, undone_at FROM prompt_label_moves
      WHERE function_name = $1 AND label = $2
      ORDER BY place DESC LIMIT $3
      """;

  private final Database database;
  private final Clock clock;

  LabelTable(Database database, Clock clock) {
    this.database = database;
    this.clock = clock;
  }

  /** All labels: versions by label, by function. */
  Future<Map<String, Map<String, String>>> all() {
    return database
        .jobs(c -> c.query(ALL).execute())
        .map(
            rows -> {
              var all = new HashMap<String, Map<String, String>>();
              rows.forEach(
                  row ->
                      all.computeIfAbsent(row.getString("function_name"), _ -> new HashMap<>())
                          .put(row.getString("label"), row.getString("function_version")));
              return all;
            });
  }

  /** Moves a label; the version is known to exist. */
  Future<Void> move(LabelMove wish) {
    return database.admin(c -> move(c, wish));
  }

  /** Moves a label in its caller's transaction, as {@code weir_admin}. */
  Future<Void> move(SqlConnection c, LabelMove wish) {
    return current(c, wish.function(), wish.label())
        .compose(
            now -> {
              if (wish.expected().isPresent() && !wish.expected().equals(now)) {
                return Future.failedFuture(
                    AIError.of(
                            ErrorCode.CONFLICT,
                            "The label points to "
                                + now.orElse("no version")
                                + " by now; nothing was moved.")
                        .with("version", now.orElse("")));
              }
              return now.equals(wish.version())
                  ? Future.succeededFuture()
                  : set(c, wish, now, false);
            });
  }

  /**
   * A move that is not undone.
   *
   * @param before where the label was; empty if it was not there
   */
  record Undoable(UUID id, Optional<String> before) {}

  /** The newest move of a label that is not undone; a rollback is none. */
  Future<Undoable> undoable(String function, String label) {
    return database.admin(c -> undoable(c, function, label));
  }

  private static Future<Undoable> undoable(SqlConnection c, String function, String label) {
    return c.preparedQuery(NEWEST)
        .execute(Tuple.of(function, label))
        .map(
            rows -> {
              for (var row : rows) {
                return new Undoable(
                    row.getUUID("id"), Optional.ofNullable(row.getString("from_version")));
              }
              throw nothingToUndo(function, label);
            });
  }

  /** Undoes a move, if it is the newest one still; else {@code CONFLICT}. */
  Future<Void> rollback(String function, String label, Undoable move, String by, String note) {
    return database.admin(
        c ->
            current(c, function, label)
                .compose(
                    now ->
                        undoable(c, function, label)
                            .compose(
                                newest -> {
                                  if (!newest.equals(move)) {
                                    throw AIError.of(
                                        ErrorCode.CONFLICT,
                                        "The label was moved by somebody else in the meantime;"
                                            + " nothing was taken back.");
                                  }
                                  var wish =
                                      new LabelMove(function, label, move.before(), now, by, note);
                                  return c.preparedQuery(UNDONE)
                                      .execute(Tuple.of(move.id()))
                                      .compose(_ -> set(c, wish, now, true));
                                })));
  }

  /** The moves of a label, newest first. */
  Future<List<PastMove>> moves(String function, String label, int limit) {
    return database
        .admin(c -> c.preparedQuery(MOVES).execute(Tuple.of(function, label, limit)))
        .map(
            rows -> {
              var all = new ArrayList<PastMove>();
              rows.forEach(
                  row ->
                      all.add(
                          new PastMove(
                              row.getOffsetDateTime("moved_at").toInstant(),
                              row.getString("moved_by"),
                              Optional.ofNullable(row.getString("from_version")),
                              Optional.ofNullable(row.getString("to_version")),
                              row.getString("note"),
                              row.getBoolean("rollback"),
                              Optional.ofNullable(row.getOffsetDateTime("undone_at"))
                                  .map(OffsetDateTime::toInstant))));
              return all;
            });
  }

  private static Future<Optional<String>> current(SqlConnection c, String function, String label) {
    return c.preparedQuery(LOCK)
        .execute(Tuple.of(function))
        .compose(_ -> c.preparedQuery(CURRENT).execute(Tuple.of(function, label)))
        .map(
            rows ->
                rows.size() == 0
                    ? Optional.empty()
                    : Optional.of(rows.iterator().next().getString("function_version")));
  }

  private Future<Void> set(
      SqlConnection c, LabelMove wish, Optional<String> now, boolean rollback) {
    var moved =
        wish.version()
            .map(
                version ->
                    c.preparedQuery(PUT)
                        .execute(Tuple.of(wish.function(), wish.label(), version, wish.by()))
                        .compose(
                            _ ->
                                c.preparedQuery(ACTIVATED)
                                    .execute(Tuple.of(wish.function(), version))))
            .orElseGet(
                () -> c.preparedQuery(REMOVE).execute(Tuple.of(wish.function(), wish.label())));
    return moved
        .compose(
            _ ->
                c.preparedQuery(MOVED)
                    .execute(
                        Tuple.tuple()
                            .addUUID(Ids.next(clock))
                            .addString(wish.function())
                            .addString(wish.label())
                            .addString(now.orElse(null))
                            .addString(wish.version().orElse(null))
                            .addString(wish.by())
                            .addBoolean(rollback)
                            .addString(wish.note())))
        .mapEmpty();
  }

  private static AIError nothingToUndo(String function, String label) {
    return AIError.of(
        ErrorCode.CONFLICT,
        "The label '" + label + "' of '" + function + "' has no move that could be taken back.");
  }
}
