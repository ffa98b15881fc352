package dev.weir.cache;

import dev.weir.core.Clock;
import dev.weir.gateway.Exchange;
import dev.weir.gateway.Kept;
import dev.weir.gateway.Target;
import dev.weir.storage.Database;
import io.vertx.core.Future;
import io.vertx.sqlclient.Row;
import io.vertx.sqlclient.RowSet;
import io.vertx.sqlclient.Tuple;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.time.Duration;
import java.util.Optional;

/**
 * Finds answers to inputs that mean the same: of the same function, version, arm and scope as an
 * exact match would be, made by the same models of the same providers, and compared by vectors of
 * the same maker. The newest {@value #MOST} are compared, exactly. Thread-safe.
 */
final class Similar {
  private static final int MOST = 200;
  private static final Duration PATIENCE = Duration.ofSeconds(1);
  private static final int AT_ONCE = 16;
  private static final String CANDIDATES =
      """
      SELECT c.cache_key, array_send(c.embedding) AS sent FROM response_cache c
      WHERE c.function_name = $1 AND c.function_version = $2 AND c.user_id IS NOT DISTINCT FROM $3 AND c.experiment = $4
        AND c.variant = $5 AND c.provider = ANY($6) AND c.model = ANY($9) AND c.embedding_model = $7
        AND c.embedding IS NOT NULL
        AND c.expires_at > now()
        AND weir_cache_valid(c.cache_key, c.user_id, c.function_name, c.function_version, c.generation)
      ORDER BY c.created_at DESC LIMIT $8
      """;
  private static final String ANSWER = "SELECT cache_data FROM response_cache WHERE cache_key = $1";

  private final Database database;
  private final SecondLevel second;
  private final StepAside looking;
  private final Clock clock;

  Similar(Database database, SecondLevel second, CacheMeters meters, Clock clock) {
    this.database = database;
    this.second = second;
    this.looking = new StepAside(PATIENCE, AT_ONCE, clock);
    this.clock = clock;
    this.meters = meters;
  }

  private final CacheMeters meters;

  /** An entry and how near its input is. */
  record Found(Entry entry, Kept.Match match) {}

  private record Nearest(String key, double cosine) {}

  /** The nearest entry that is near enough; never fails. */
  Future<Optional<Found>> find(Exchange x, Terms terms, Embedder.Embedded input) {
    var threshold = terms.similarity().orElse(2);
    return looking.run(
        () ->
            database.inUser(
                terms.user(),
                c ->
                    c.preparedQuery(CANDIDATES)
                        .execute(candidates(x, terms, input))
                        .map(rows -> nearest(rows, input.vector()))
                        .compose(
                            nearest ->
                                nearest.isPresent() && nearest.get().cosine() >= threshold
                                    ? c.preparedQuery(ANSWER)
                                        .execute(Tuple.of(nearest.get().key()))
                                        .map(rows -> found(rows, terms, nearest.get(), threshold))
                                    : Future.succeededFuture(Optional.empty()))),
        Optional.empty(),
        meters::aside);
  }

  private static Tuple candidates(Exchange x, Terms terms, Embedder.Embedded input) {
    var subjects = terms.subjects();
    return Tuple.tuple()
        .addString(subjects.function())
        .addString(subjects.version())
        .addString(subjects.owner().orElse(null))
        .addString(x.plan().experiment().orElse(""))
        .addString(x.plan().variant().orElse(""))
        .addArrayOfString(
            x.plan().route().targets().stream().map(Target::servedBy).toArray(String[]::new))
        .addString(input.model())
        .addInteger(MOST)
        .addArrayOfString(
            x.plan().route().targets().stream()
                .map(target -> target.model().toString())
                .toArray(String[]::new));
  }

  private static Optional<Nearest> nearest(RowSet<Row> rows, Vector input) {
    Optional<Nearest> best = Optional.empty();
    for (var row : rows) {
      var cosine = input.cosineOfSent(row.getBuffer("sent"));
      if (best.isEmpty() || cosine > best.get().cosine()) {
        best = Optional.of(new Nearest(row.getString("cache_key"), cosine));
      }
    }
    return best;
  }

  private Optional<Found> found(RowSet<Row> rows, Terms terms, Nearest nearest, double threshold) {
    for (var row : rows) {
      var subjects = terms.subjects();
      return CacheKey.parse(nearest.key())
          .flatMap(
              key ->
                  second.open(
                      row.getBuffer("cache_data").getBytes(),
                      key,
                      new Subjects(
                          subjects.function(),
                          subjects.version(),
                          subjects.owner(),
                          nearest.key())))
          .filter(entry -> entry.counts(clock.now(), terms.maxAge()))
          .map(entry -> new Found(entry, match(nearest.cosine(), threshold)));
    }
    return Optional.empty();
  }

  private static Kept.Match match(double cosine, double threshold) {
    var shown = BigDecimal.valueOf(cosine).setScale(4, RoundingMode.HALF_EVEN);
    return new Kept.Match(
        shown.doubleValue(),
        "an earlier input of this function and scope has a cosine of "
            + shown
            + " to this one; the function takes "
            + BigDecimal.valueOf(threshold)
            + " and more");
  }
}
