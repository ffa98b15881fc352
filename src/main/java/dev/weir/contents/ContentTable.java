package dev.weir.contents;

import com.fasterxml.jackson.databind.JsonNode;
import dev.weir.core.Json;
import dev.weir.core.Usd;
import dev.weir.jobs.Turn;
import dev.weir.storage.Database;
import io.vertx.core.Future;
import io.vertx.sqlclient.Row;
import io.vertx.sqlclient.RowSet;
import io.vertx.sqlclient.SqlConnection;
import io.vertx.sqlclient.Tuple;
import java.time.Duration;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.UUID;
import java.util.function.Function;

/**
 * The table {@code stored_contents}, and {@code content_deletions} beside it. Thread-safe.
 *
 * <p>What was deleted does not come back: batches of writers and of deletions take turns on a lock,
 * so a writer is either done before a deletion begins, which then finds its rows, or begins after
 * it and sees what it did: a copy whose call is gone is not written, nor is a call that ended
 * before a deletion that meant it.
 */
final class ContentTable {
  private static final int BATCH = 500;

  private static final String WRITERS =
      "SELECT pg_advisory_xact_lock_shared(hashtext('weir_contents'))";
  private static final String DELETION = "SELECT pg_advisory_xact_lock(hashtext('weir_contents'))";

  /** Deletions are remembered for a day, so nothing may wait longer than that. */
  private static final String INSERT =
      """
      INSERT INTO stored_contents (id, user_id, function_name, function_version, kind, source_id, run_name, model, input,
        output, error_code, expected, cost_usd, latency_ms, created_at, expires_at, run_id)
      SELECT $1, $2, $3, $4, $5, $6::uuid, $7, $8, $9, $10, $11, $12, $13, $14, $15::timestamptz, $16, $17::uuid
      WHERE CASE WHEN $6::uuid IS NOT NULL
        THEN EXISTS (SELECT FROM stored_contents s WHERE s.id = $6::uuid)
        ELSE $15::timestamptz > now() - interval '12 hours' AND NOT EXISTS (
          SELECT FROM content_deletions d
          WHERE d.deleted_until >= $15::timestamptz AND (d.content_id IS NULL OR d.content_id = $1)
            AND (d.user_id IS NULL OR d.user_id = $2) AND (d.function_name IS NULL OR d.function_name = $3))
        END
      ON CONFLICT (id) DO NOTHING
      """;

  /**
   * The newest run of a name; of one that was deleted its copies are left. A run that has begun is
   * the newest also before it has answered anything.
   */
  private static final String RUN =
      """
      SELECT run_name, kind, run_id FROM (
        SELECT run_name, 'shadow' AS kind, run_id, started_at AS began
        FROM shadow_runs WHERE run_name = $1 AND status <> 'deleted'
        UNION ALL
        SELECT evaluation_name, 'evaluation', NULL, created_at FROM evaluations WHERE evaluation_name = $1
        UNION ALL (
          SELECT run_name, kind, run_id, '-infinity' FROM stored_contents
          WHERE run_name = $1 AND ($2::text IS NULL OR kind = $2) ORDER BY created_at DESC, id DESC LIMIT 1)
      ) AS r
      WHERE $2::text IS NULL OR kind = $2 ORDER BY began DESC LIMIT 1
      """;

  private static final String RUN_OF_ID =
      """
      SELECT run_name, 'shadow' AS kind, run_id FROM shadow_runs WHERE run_id = $1
      UNION ALL
      (SELECT run_name, kind, run_id FROM stored_contents WHERE run_id = $1 LIMIT 1)
      LIMIT 1
      """;

  private static final String GET =
      "SELECT c.* FROM stored_contents c WHERE c.expires_at > now() AND c.id = $1";
  private static final String EXPECT = "UPDATE stored_contents SET expected = $2 WHERE id = $1";
  private static final String DELETED =
      "INSERT INTO content_deletions (content_id, user_id, function_name) VALUES ($1, $2, $3)";
  private static final String DELETE =
      "DELETE FROM stored_contents WHERE id = $1 OR source_id = $1";

  /**
   * What was chosen, not what was deleted, says whether there are more: cleaning goes on beside.
   */
  private static final String DELETE_SOME =
      """
      WITH chosen AS (
        SELECT id FROM stored_contents
        WHERE ($1::text IS NULL OR function_name = $1) AND ($2::text IS NULL OR user_id = $2)
        ORDER BY created_at DESC, id DESC LIMIT $3),
      gone AS (DELETE FROM stored_contents WHERE id IN (SELECT id FROM chosen) RETURNING id)
      SELECT (SELECT count(*) FROM chosen) AS chosen, (SELECT count(*) FROM gone) AS gone
      """;

  private static final String EXPIRED =
      """
      DELETE FROM stored_contents WHERE id IN (
        SELECT id FROM stored_contents WHERE expires_at < now() ORDER BY expires_at LIMIT $1)
      """;
  private static final String FORGET =
      "DELETE FROM content_deletions WHERE deleted_until < now() - interval '1 day'";

  private final Database database;

  ContentTable(Database database) {
    this.database = database;
  }

  /**
   * Writes contents; those that are there already stay as they are, and what was deleted meanwhile
   * stays so. How many were written.
   */
  Future<Integer> add(List<ContentRow> contents) {
    return database.jobs(
        c ->
            c.query(WRITERS)
                .execute()
                .compose(
                    _ ->
                        c.preparedQuery(INSERT)
                            .executeBatch(contents.stream().map(ContentTable::tuple).toList()))
                .map(ContentTable::rowCount));
  }

  private static int rowCount(RowSet<Row> batch) {
    var count = 0;
    for (var rows = batch; rows != null; rows = rows.next()) {
      count += rows.rowCount();
    }
    return count;
  }

  private static Tuple tuple(ContentRow content) {
    var words = content.words().orElseThrow();
    return Tuple.tuple()
        .addUUID(content.id())
        .addString(content.user())
        .addString(content.function())
        .addString(content.version())
        .addString(content.kind().label())
        .addUUID(content.source().orElse(null))
        .addString(content.run().orElse(null))
        .addString(content.model())
        .addBuffer(words.input())
        .addBuffer(words.output().orElse(null))
        .addString(content.error().orElse(null))
        .addBuffer(words.expected().orElse(null))
        .addBigDecimal(content.cost().dollars())
        .addLong(content.latency().toMillis())
        .addOffsetDateTime(content.createdAt().atOffset(ZoneOffset.UTC))
        .addOffsetDateTime(content.expiresAt().atOffset(ZoneOffset.UTC))
        .addUUID(content.runId().orElse(null));
  }

  Future<Contents.Page> find(ContentQuery query) {
    return database.admin(
        c ->
            c.preparedQuery(query.sql())
                .execute(query.parameters())
                .map(
                    rows ->
                        query.page(
                            rows.stream().map(row -> content(row, query.words())).toList(),
                            rows.size() == 0 ? 0 : rows.iterator().next().getLong("found"))));
  }

  Future<Optional<Contents.Run>> run(String name, Optional<StoredContent.Kind> kind) {
    var which = Tuple.of(name, kind.map(StoredContent.Kind::label).orElse(null));
    return database.admin(c -> c.preparedQuery(RUN).execute(which).map(ContentTable::run));
  }

  Future<Optional<Contents.Run>> run(UUID id) {
    return database.admin(
        c -> c.preparedQuery(RUN_OF_ID).execute(Tuple.of(id)).map(ContentTable::run));
  }

  private static Optional<Contents.Run> run(RowSet<Row> rows) {
    return rows.stream()
        .findFirst()
        .map(
            row ->
                new Contents.Run(
                    row.getString("run_name"),
                    kind(row),
                    Optional.ofNullable(row.getUUID("run_id"))));
  }

  private static StoredContent.Kind kind(Row row) {
    return StoredContent.Kind.valueOf(row.getString("kind").toUpperCase(Locale.ROOT));
  }

  Future<Optional<ContentRow>> get(UUID id) {
    return database.admin(
        c ->
            c.preparedQuery(GET)
                .execute(Tuple.of(id))
                .map(rows -> rows.stream().map(row -> content(row, true)).findFirst()));
  }

  private static ContentRow content(Row row, boolean words) {
    return new ContentRow(
        row.getUUID("id"),
        kind(row),
        Optional.ofNullable(row.getUUID("source_id")),
        Optional.ofNullable(row.getString("run_name")),
        Optional.ofNullable(row.getUUID("run_id")),
        row.getString("user_id"),
        row.getString("function_name"),
        row.getString("function_version"),
        row.getString("model"),
        words ? Optional.of(words(row)) : Optional.empty(),
        Optional.ofNullable(row.getString("error_code")),
        Usd.of(row.getBigDecimal("cost_usd")),
        Duration.ofMillis(row.getLong("latency_ms")),
        row.getOffsetDateTime("created_at").toInstant(),
        row.getOffsetDateTime("expires_at").toInstant());
  }

  private static ContentWords words(Row row) {
    return new ContentWords(
        row.getBuffer("input"),
        Optional.ofNullable(row.getBuffer("output")),
        Optional.ofNullable(row.getBuffer("expected")));
  }

  Future<Void> expect(UUID id, Optional<JsonNode> answer) {
    return database.admin(
        c ->
            c.preparedQuery(EXPECT)
                .execute(Tuple.tuple().addUUID(id).addBuffer(answer.map(Json::write).orElse(null)))
                .mapEmpty());
  }

  Future<Long> delete(UUID id) {
    return alone(
        c ->
            c.preparedQuery(DELETED)
                .execute(Tuple.of(id, null, null))
                .compose(_ -> c.preparedQuery(DELETE).execute(Tuple.of(id)))
                .map(rows -> (long) rows.rowCount()));
  }

  /** In batches, each for itself: if one fails, what was deleted before it stays so. */
  Future<Long> deleteAll(Optional<String> function, Optional<String> user) {
    var whose = Tuple.of(null, user.orElse(null), function.orElse(null));
    var which = Tuple.of(function.orElse(null), user.orElse(null), BATCH);
    return alone(c -> c.preparedQuery(DELETED).execute(whose)).compose(_ -> deleteAll(which, 0));
  }

  private Future<Long> deleteAll(Tuple which, long before) {
    return alone(c -> c.preparedQuery(DELETE_SOME).execute(which).map(r -> r.iterator().next()))
        .compose(
            row -> {
              var gone = before + row.getLong("gone");
              return row.getLong("chosen") == BATCH
                  ? deleteAll(which, gone)
                  : Future.succeededFuture(gone);
            });
  }

  /** While no writer is under way, on any node. */
  private <T> Future<T> alone(Function<SqlConnection, Future<T>> work) {
    return database.admin(c -> c.query(DELETION).execute().compose(_ -> work.apply(c)));
  }

  Future<Void> clean(Turn turn) {
    return turn.write(c -> c.preparedQuery(EXPIRED).execute(Tuple.of(BATCH)))
        .compose(
            gone ->
                gone.rowCount() == BATCH
                    ? clean(turn)
                    : turn.write(c -> c.query(FORGET).execute()).mapEmpty());
  }
}
