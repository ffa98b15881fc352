package dev.weir.contents;

import com.fasterxml.jackson.databind.JsonNode;
import dev.weir.core.Json;
import dev.weir.core.Usd;
import dev.weir.jobs.Turn;
import dev.weir.storage.Database;
import io.vertx.core.Future;
import io.vertx.core.buffer.Buffer;
import io.vertx.sqlclient.Row;
import io.vertx.sqlclient.Tuple;
import java.time.Duration;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.UUID;

/** The table {@code stored_contents}. Thread-safe. */
final class ContentTable {
  private static final int BATCH = 500;

  /** A copy of what was deleted meanwhile is not kept. */
  private static final String INSERT =
      """
      INSERT INTO stored_contents (id, user_id, function_name, function_version, kind, source_id, run_name, model, input,
        output, error_code, expected, cost_usd, latency_ms, created_at, expires_at)
      SELECT $1, $2, $3, $4, $5, $6::uuid, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16
      WHERE $6::uuid IS NULL OR EXISTS (SELECT FROM stored_contents s WHERE s.id = $6::uuid)
      ON CONFLICT (id) DO NOTHING
      """;

  private static final String COLUMNS =
      "SELECT c.* FROM stored_contents c WHERE c.expires_at > now() AND ";
  private static final String FIND =
      COLUMNS
          + """
          ($1::text IS NULL OR c.function_name = $1) AND ($2::text IS NULL OR c.function_version = $2)
          AND ($3::text IS NULL OR c.kind = $3) AND ($4::text IS NULL OR c.run_name = $4)
          AND ($5::text IS NULL OR c.user_id = $5)
          AND ($6::uuid IS NULL
            OR (c.created_at, c.id) < (SELECT a.created_at, a.id FROM stored_contents a WHERE a.id = $6))
          ORDER BY c.created_at DESC, c.id DESC LIMIT $7
          """;
  private static final String GET = COLUMNS + "c.id = $1";
  private static final String EXPECT = "UPDATE stored_contents SET expected = $2 WHERE id = $1";
  private static final String DELETE =
      "DELETE FROM stored_contents WHERE id = $1 OR source_id = $1";
  private static final String DELETE_ALL =
      "DELETE FROM stored_contents WHERE ($1::text IS NULL OR function_name = $1) AND ($2::text IS"
          + " NULL OR user_id = $2)";
  private static final String EXPIRED =
      """
      DELETE FROM stored_contents WHERE id IN (
        SELECT id FROM stored_contents WHERE expires_at < now() ORDER BY expires_at LIMIT $1)
      """;

  private final Database database;

  ContentTable(Database database) {
    this.database = database;
  }

  /** Writes contents; those that are there already stay as they are. */
  Future<Void> add(List<StoredContent> contents) {
    return database.jobs(
        c ->
            c.preparedQuery(INSERT)
                .executeBatch(contents.stream().map(ContentTable::row).toList())
                .mapEmpty());
  }

  private static Tuple row(StoredContent content) {
    return Tuple.tuple()
        .addUUID(content.id())
        .addString(content.user())
        .addString(content.function())
        .addString(content.version())
        .addString(content.kind().label())
        .addUUID(content.source().orElse(null))
        .addString(content.run().orElse(null))
        .addString(content.model())
        .addBuffer(Json.write(content.input()))
        .addBuffer(content.output().map(Json::write).orElse(null))
        .addString(content.error().orElse(null))
        .addBuffer(content.expected().map(Json::write).orElse(null))
        .addBigDecimal(content.cost().dollars())
        .addLong(content.latency().toMillis())
        .addOffsetDateTime(content.createdAt().atOffset(ZoneOffset.UTC))
        .addOffsetDateTime(content.expiresAt().atOffset(ZoneOffset.UTC));
  }

  Future<List<StoredContent>> find(Contents.Filter filter, int most) {
    return database.admin(
        c ->
            c.preparedQuery(FIND)
                .execute(
                    Tuple.tuple()
                        .addString(filter.function().orElse(null))
                        .addString(filter.version().orElse(null))
                        .addString(filter.kind().map(StoredContent.Kind::label).orElse(null))
                        .addString(filter.run().orElse(null))
                        .addString(filter.user().orElse(null))
                        .addUUID(filter.after().orElse(null))
                        .addInteger(most))
                .map(
                    rows -> {
                      var all = new ArrayList<StoredContent>(rows.size());
                      rows.forEach(row -> all.add(content(row)));
                      return all;
                    }));
  }

  Future<Optional<StoredContent>> get(UUID id) {
    return database.admin(
        c ->
            c.preparedQuery(GET)
                .execute(Tuple.of(id))
                .map(
                    rows -> {
                      for (var row : rows) {
                        return Optional.of(content(row));
                      }
                      return Optional.empty();
                    }));
  }

  private static StoredContent content(Row row) {
    return new StoredContent(
        row.getUUID("id"),
        StoredContent.Kind.valueOf(row.getString("kind").toUpperCase(Locale.ROOT)),
        Optional.ofNullable(row.getUUID("source_id")),
        Optional.ofNullable(row.getString("run_name")),
        row.getString("user_id"),
        row.getString("function_name"),
        row.getString("function_version"),
        row.getString("model"),
        Json.parse(row.getBuffer("input")),
        tree(row, "output"),
        Optional.ofNullable(row.getString("error_code")),
        tree(row, "expected"),
        Usd.of(row.getBigDecimal("cost_usd")),
        Duration.ofMillis(row.getLong("latency_ms")),
        row.getOffsetDateTime("created_at").toInstant(),
        row.getOffsetDateTime("expires_at").toInstant());
  }

  private static Optional<JsonNode> tree(Row row, String column) {
    return Optional.<Buffer>ofNullable(row.getBuffer(column)).map(Json::parse);
  }

  Future<Void> expect(UUID id, Optional<JsonNode> answer) {
    return database.admin(
        c ->
            c.preparedQuery(EXPECT)
                .execute(Tuple.tuple().addUUID(id).addBuffer(answer.map(Json::write).orElse(null)))
                .mapEmpty());
  }

  Future<Long> delete(UUID id) {
    return database.admin(
        c -> c.preparedQuery(DELETE).execute(Tuple.of(id)).map(rows -> (long) rows.rowCount()));
  }

  Future<Long> deleteAll(Optional<String> function, Optional<String> user) {
    return database.admin(
        c ->
            c.preparedQuery(DELETE_ALL)
                .execute(
                    Tuple.tuple().addString(function.orElse(null)).addString(user.orElse(null)))
                .map(rows -> (long) rows.rowCount()));
  }

  Future<Void> clean(Turn turn) {
    return turn.write(c -> c.preparedQuery(EXPIRED).execute(Tuple.of(BATCH)))
        .compose(gone -> gone.rowCount() == BATCH ? clean(turn) : Future.<Void>succeededFuture());
  }
}
