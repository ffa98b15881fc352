package dev.weir.cache;

import dev.weir.gateway.Tally.CacheStatus;
import dev.weir.jobs.Turn;
import dev.weir.storage.Database;
import io.vertx.core.Future;
import io.vertx.sqlclient.SqlConnection;
import io.vertx.sqlclient.Tuple;
import java.time.ZoneOffset;
import java.util.Comparator;
import java.util.Map;

/** What is written beside the answers: hit counts and savings, and what is cleaned away. */
final class CacheTable {
  private static final int BATCH = 500;

  /** In the order of the keys, so that two nodes wait for each other and never deadlock. */
  private static final String HITS =
      """
      WITH counted AS (SELECT * FROM unnest($1::text[], $2::bigint[]) AS h (key, hits)),
      locked AS (
        SELECT c.cache_key FROM response_cache c JOIN counted ON c.cache_key = counted.key
        ORDER BY c.cache_key FOR UPDATE OF c)
      UPDATE response_cache c SET hit_count = c.hit_count + counted.hits, last_hit_at = now()
      FROM counted WHERE c.cache_key = counted.key AND c.cache_key IN (SELECT cache_key FROM locked)
      """;

  private static final String SAVINGS =
      """
      INSERT INTO cache_savings AS s (hour, function_name, hits, semantic, stale, coalesced, misses, refreshes,
        saved_usd, saved_ms, spent_usd, spent_ms)
      VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
      ON CONFLICT (hour, function_name) DO UPDATE SET
        hits = s.hits + excluded.hits, semantic = s.semantic + excluded.semantic, stale = s.stale + excluded.stale,
        coalesced = s.coalesced + excluded.coalesced, misses = s.misses + excluded.misses,
        refreshes = s.refreshes + excluded.refreshes, saved_usd = s.saved_usd + excluded.saved_usd,
        saved_ms = s.saved_ms + excluded.saved_ms, spent_usd = s.spent_usd + excluded.spent_usd,
        spent_ms = s.spent_ms + excluded.spent_ms
      """;

  private static final String EXPIRED =
      """
      DELETE FROM response_cache WHERE cache_key IN (
        SELECT cache_key FROM response_cache WHERE keep_until <= now()
        ORDER BY cache_key LIMIT $1 FOR UPDATE SKIP LOCKED)
      """;

  /**
   * Nothing older than the oldest generation can have been invalidated: the index ends the scan.
   */
  private static final String INVALIDATED =
      """
      DELETE FROM response_cache WHERE cache_key IN (
        SELECT cache_key FROM response_cache c
        WHERE c.generation < (SELECT max(generation) FROM cache_generations)
          AND NOT weir_cache_valid(c.cache_key, c.user_id, c.function_name, c.function_version, c.generation)
        LIMIT $1 FOR UPDATE SKIP LOCKED)
      """;

  /** Only once all that they hit is gone. Longer than any call lasts. */
  private static final String FORGET =
      "DELETE FROM cache_generations WHERE changed_at < now() - interval '1 hour'";

  private static final String LANDED =
      "DELETE FROM cache_flights WHERE expires_at < now() - interval '1 minute'";

  private final Database database;

  CacheTable(Database database) {
    this.database = database;
  }

  /** Adds what was counted. */
  Future<Void> add(Tallies.Batch batch) {
    var hits =
        batch.hits().entrySet().stream()
            .map(hit -> Map.entry(hit.getKey().hex(), hit.getValue()))
            .sorted(Map.Entry.comparingByKey())
            .toList();
    var lines =
        batch.sums().entrySet().stream()
            .sorted(
                Comparator.comparing(
                    (Map.Entry<Tallies.Line, Tallies.Sums> line) ->
                        line.getKey().hour() + line.getKey().function()))
            .map(line -> row(line.getKey(), line.getValue()))
            .toList();
    if (lines.isEmpty()) {
      return Future.succeededFuture();
    }
    return database.jobs(
        c -> {
          var saved = c.preparedQuery(SAVINGS).executeBatch(lines).mapEmpty();
          return hits.isEmpty()
              ? saved.mapEmpty()
              : saved.compose(
                  _ ->
                      c.preparedQuery(HITS)
                          .execute(
                              Tuple.tuple()
                                  .addArrayOfString(
                                      hits.stream().map(Map.Entry::getKey).toArray(String[]::new))
                                  .addArrayOfLong(
                                      hits.stream().map(Map.Entry::getValue).toArray(Long[]::new)))
                          .mapEmpty());
        });
  }

  private static Tuple row(Tallies.Line line, Tallies.Sums sums) {
    return Tuple.tuple()
        .addOffsetDateTime(line.hour().atOffset(ZoneOffset.UTC))
        .addString(line.function())
        .addLong(sums.served(CacheStatus.HIT))
        .addLong(sums.served(CacheStatus.SEMANTIC))
        .addLong(sums.served(CacheStatus.STALE))
        .addLong(sums.served(CacheStatus.COALESCED))
        .addLong(sums.served(CacheStatus.MISS))
        .addLong(sums.served(CacheStatus.REFRESH))
        .addBigDecimal(sums.saved().dollars())
        .addLong(sums.savedMillis())
        .addBigDecimal(sums.spent().dollars())
        .addLong(sums.spentMillis());
  }

  /** Deletes what is over, in small batches, each a transaction of its own. */
  Future<Void> clean(Turn turn) {
    return all(turn, EXPIRED)
        .compose(_ -> all(turn, INVALIDATED))
        .compose(
            _ -> turn.write(c -> c.query(FORGET).execute().compose(_ -> c.query(LANDED).execute())))
        .mapEmpty();
  }

  private static Future<Void> all(Turn turn, String delete) {
    return turn.write(c -> some(c, delete))
        .compose(gone -> gone == BATCH ? all(turn, delete) : Future.<Void>succeededFuture());
  }

  private static Future<Integer> some(SqlConnection c, String delete) {
    return c.preparedQuery(delete).execute(Tuple.of(BATCH)).map(rows -> rows.rowCount());
  }
}
