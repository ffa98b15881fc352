package dev.weir.cache;

import dev.weir.core.Clock;
import dev.weir.storage.Database;
import io.vertx.core.Future;
import io.vertx.core.buffer.Buffer;
import io.vertx.sqlclient.Row;
import io.vertx.sqlclient.RowSet;
import io.vertx.sqlclient.Tuple;
import java.time.Duration;
import java.util.Optional;
import org.apache.logging.log4j.LogManager;
import org.apache.logging.log4j.Logger;

/**
 * What all nodes keep, in {@code response_cache}: each user's transaction sees that user's answers
 * and the shared ones. It steps aside when the database is slow or away; a row that is no entry
 * counts as none. Thread-safe.
 */
final class SecondLevel {
  private static final Logger LOG = LogManager.getLogger(SecondLevel.class);
  private static final String FIND =
      """
      SELECT c.cache_data, c.expires_at > now() AS counts FROM response_cache c
      WHERE c.cache_key = $1 AND c.keep_until > now()
        AND weir_cache_valid(c.cache_key, c.user_id, c.function_name, c.function_version, c.generation)
      """;
  private static final String STORE =
      """
      SELECT weir_cache_store($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18) AS stored
      """;

  /** Look-ups under way at once; the pool's connections are fewer, so the others wait. */
  private static final int MOST_FINDS = 64;

  /** Stores under way at once: nobody waits for them, but each holds its frame. */
  private static final int MOST_STORES = 256;

  private static final Duration STORE_PATIENCE = Duration.ofSeconds(15);

  private final Database database;
  private final CacheMeters meters;
  private final int largest;
  private final StepAside finding;
  private final StepAside storing;

  /**
   * A second level.
   *
   * @param patience how long a look-up may take
   * @param largest the largest frame that is kept
   */
  SecondLevel(Database database, Duration patience, int largest, CacheMeters meters, Clock clock) {
    this.database = database;
    this.meters = meters;
    this.largest = largest;
    this.finding = new StepAside(patience, MOST_FINDS, clock);
    this.storing = new StepAside(STORE_PATIENCE, MOST_STORES, clock);
  }

  /**
   * What was found.
   *
   * @param entry the entry
   * @param counts whether its time is not over yet, by the database's clock
   */
  record Found(Entry entry, boolean counts) {}

  /** What goes into the row beside the entry. */
  record Extras(
      String experiment,
      String variant,
      Optional<Buffer> input,
      Optional<Embedder.Embedded> embedded,
      long flight) {}

  /** What is kept on these terms; never fails. */
  Future<Optional<Found>> find(Terms terms) {
    return finding.run(
        () ->
            database.inUser(
                terms.user(),
                c ->
                    c.preparedQuery(FIND)
                        .execute(Tuple.of(terms.subjects().key()))
                        .map(rows -> first(rows, terms))),
        Optional.empty(),
        meters::aside);
  }

  private Optional<Found> first(RowSet<Row> rows, Terms terms) {
    for (var row : rows) {
      return open(row.getBuffer("cache_data").getBytes(), terms.key(), terms.subjects())
          .map(entry -> new Found(entry, row.getBoolean("counts")));
    }
    return Optional.empty();
  }

  /** The entry in a row's frame; of one that is none only a counter and a line tell. */
  Optional<Entry> open(byte[] frame, CacheKey key, Subjects subjects) {
    return switch (Frame.open(frame, key, subjects.owner(), largest)) {
      case Frame.Opened.Good(var entry) -> Optional.of(entry);
      case Frame.Opened.Bad(var flaw) -> {
        meters.flaw(flaw);
        LOG.warn(
            "The row {} of response_cache ({}) counts as a miss: {}",
            subjects.key(),
            subjects.function(),
            flaw.label());
        yield Optional.empty();
      }
    };
  }

  /**
   * Keeps an entry, in the background.
   *
   * @param stamp the generations when the call began
   * @return what became of it; never fails
   */
  Future<Fate> store(Terms terms, Stamp stamp, Entry entry, Extras extras) {
    return storing.run(
        () ->
            database
                .inUser(
                    terms.user(),
                    c ->
                        c.preparedQuery(STORE)
                            .execute(row(terms, stamp, entry, extras))
                            .map(rows -> rows.iterator().next().getBoolean("stored"))
                            .map(stored -> stored ? Fate.STORED : Fate.REFUSED))
                .onFailure(e -> LOG.debug("An answer was not kept: {}", e.getMessage())),
        Fate.LOST,
        meters::aside);
  }

  private static Tuple row(Terms terms, Stamp stamp, Entry entry, Extras extras) {
    var subjects = terms.subjects();
    return Tuple.tuple()
        .addString(subjects.key())
        .addString(subjects.owner().orElse(null))
        .addString(subjects.function())
        .addString(subjects.version())
        .addString(extras.experiment())
        .addString(extras.variant())
        .addString(entry.target().servedBy())
        .addString(entry.target().model().toString())
        .addBuffer(Buffer.buffer(entry.frame().bytes()))
        .addBuffer(extras.input().orElse(null))
        .addBigDecimal(entry.cost().dollars())
        .addLong(entry.took().toMillis())
        .addDouble(terms.ttl().toMillis() / 1000.0)
        .addDouble(terms.staleIfError().toMillis() / 1000.0)
        .addArrayOfLong(stamp.generations())
        .addArrayOfFloat(extras.embedded().map(e -> e.vector().boxed()).orElse(null))
        .addString(extras.embedded().map(Embedder.Embedded::model).orElse(null))
        .addLong(extras.flight());
  }
}
