package dev.weir.experiments;

import dev.weir.core.AIError;
import dev.weir.core.Clock;
import dev.weir.core.ErrorCode;
import dev.weir.core.Ids;
import dev.weir.jobs.Job;
import dev.weir.storage.Database;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.sqlclient.Row;
import io.vertx.sqlclient.SqlConnection;
import io.vertx.sqlclient.Tuple;
import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import org.apache.logging.log4j.LogManager;
import org.apache.logging.log4j.Logger;

/**
 * What users think of answers. The same opinion twice is one; a different one within the window
 * replaces it; a later one is kept and changes no verdict. Of those that count no more the newest
 * few stay, so that a call has a bounded number of rows however often a mind is changed. A user can
 * judge the own calls alone: row-level security hides the others, so they are as unknown as those
 * that never were. Any thread.
 */
public final class Feedback {
  private static final Logger LOG = LogManager.getLogger(Feedback.class);
  private static final Duration AROUND = Duration.ofHours(25);
  private static final Duration YOUNG = Duration.ofMinutes(2);
  private static final int TIME_VERSION = 7;

  /** An answer may be judged before its row is in the database, which is a moment. */
  private static final List<Duration> WAITS =
      List.of(Duration.ofMillis(100), Duration.ofMillis(300), Duration.ofMillis(800));

  /** Of a call's replaced opinions, and of its late ones, so many are kept: the newest. */
  private static final int KEPT = 5;

  private static final int BATCH = 1_000;
  private static final Duration PERIOD = Duration.ofSeconds(10);

  private static final String LOCK = "SELECT pg_advisory_xact_lock(hashtextextended($1, 0))";
  private static final String CALL =
      """
      SELECT m.experiment,
        m.experiment_outcome IN ('success', 'failure') AND EXISTS (
          SELECT FROM experiment_units AS u
          WHERE u.experiment_name = m.experiment AND u.user_id = m.user_id AND u.first_variant = m.variant) AS trial,
        now() > m.started_at + make_interval(secs => m.execution_time_ms / 1000.0)
          + coalesce(e.feedback_window, interval '24 hours') AS late
      FROM ai_usage_metrics AS m LEFT JOIN experiments AS e ON e.experiment_name = m.experiment
      WHERE m.id = $1 AND m.started_at BETWEEN $2 AND $3
      """;
  private static final String GIVEN =
      """
      SELECT id, success, score, status FROM feedback
      WHERE request_id = $1 AND user_id = $2 AND status IN ('current', 'late')
      ORDER BY received_at DESC, id DESC
      """;
  private static final String REPLACE = "UPDATE feedback SET status = 'replaced' WHERE id = $1";
  private static final String INSERT =
      """
      INSERT INTO feedback (id, request_id, user_id, success, score, status, experiment_name, counts)
      VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
      """;
  private static final String FORGET =
      """
      DELETE FROM feedback WHERE id IN (
        SELECT o.id FROM (
          SELECT id, row_number() OVER (PARTITION BY status ORDER BY received_at DESC, id DESC) AS n
          FROM feedback WHERE request_id = $1 AND user_id = $2 AND status <> 'current'
        ) AS o WHERE o.n > $3)
      """;
  private static final String FOLD = "SELECT weir_fold_feedback($1) AS folded";

  private final Vertx vertx;
  private final Database database;
  private final Clock clock;

  /** What became of an opinion. */
  public enum Outcome {
    /** It is kept. */
    RECORDED,
    /** It was there already. */
    UNCHANGED,
    /** It takes the place of another. */
    REPLACED,
    /** It is kept, but came too late to count. */
    LATE;

    /** Its name on the wire. */
    public String label() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  private record Opinion(UUID request, Optional<Boolean> success, Optional<Double> score) {
    boolean is(Row row) {
      return Objects.equals(success.orElse(null), row.getBoolean("success"))
          && Objects.equals(score.orElse(null), row.getDouble("score"));
    }
  }

  /** Over this database. */
  public Feedback(Vertx vertx, Database database, Clock clock) {
    this.vertx = vertx;
    this.database = database;
    this.clock = clock;
  }

  /**
   * Takes an opinion.
   *
   * @param user whose call it must be
   * @param request the call's id
   * @param success whether it served its purpose
   * @param score how well, from 0 to 1
   * @return what became of it; {@code NOT_FOUND} for a call that is unknown or another's
   */
  public Future<Outcome> give(
      String user, UUID request, Optional<Boolean> success, Optional<Double> score) {
    var opinion = new Opinion(request, success, score);
    return at(request)
        .map(came -> give(user, opinion, came, 0))
        .orElseGet(() -> Future.failedFuture(unknown()));
  }

  private Future<Outcome> give(String user, Opinion opinion, Instant came, int tries) {
    return database
        .inUser(user, c -> take(c, user, opinion, came))
        .compose(
            taken -> {
              if (taken.isPresent()) {
                fold();
                return Future.succeededFuture(taken.get());
              }
              var young = Duration.between(came, clock.now()).compareTo(YOUNG) < 0;
              return young && tries < WAITS.size()
                  ? vertx
                      .timer(WAITS.get(tries).toMillis(), TimeUnit.MILLISECONDS)
                      .compose(_ -> give(user, opinion, came, tries + 1))
                  : Future.failedFuture(unknown());
            });
  }

  /** Empty if the user has no such call. */
  private Future<Optional<Outcome>> take(
      SqlConnection c, String user, Opinion opinion, Instant came) {
    return c.preparedQuery(LOCK)
        .execute(Tuple.of(opinion.request().toString()))
        .compose(
            _ ->
                c.preparedQuery(CALL)
                    .execute(
                        Tuple.of(
                            opinion.request(), utc(came.minus(AROUND)), utc(came.plus(AROUND)))))
        .compose(
            calls -> {
              for (var call : calls) {
                return c.preparedQuery(GIVEN)
                    .execute(Tuple.of(opinion.request(), user))
                    .compose(
                        rows -> {
                          Optional<Row> last =
                              rows.size() == 0
                                  ? Optional.empty()
                                  : Optional.of(rows.iterator().next());
                          return keep(c, user, opinion, call, last);
                        })
                    .map(Optional::of);
              }
              return Future.succeededFuture(Optional.empty());
            });
  }

  private Future<Outcome> keep(
      SqlConnection c, String user, Opinion opinion, Row call, Optional<Row> last) {
    if (last.filter(opinion::is).isPresent()) {
      return Future.succeededFuture(Outcome.UNCHANGED);
    }
    boolean late = call.getBoolean("late");
    var replaced = last.filter(row -> !late && row.getString("status").equals("current"));
    var row =
        Tuple.tuple()
            .addUUID(Ids.next(clock))
            .addUUID(opinion.request())
            .addString(user)
            .addBoolean(opinion.success().orElse(null))
            .addDouble(opinion.score().orElse(null))
            .addString(late ? "late" : "current")
            .addString(call.getString("experiment"))
            .addBoolean(!late && Boolean.TRUE.equals(call.getBoolean("trial")));
    return replaced
        .<Future<?>>map(old -> c.preparedQuery(REPLACE).execute(Tuple.of(old.getUUID("id"))))
        .orElseGet(Future::succeededFuture)
        .compose(_ -> c.preparedQuery(INSERT).execute(row))
        .compose(_ -> c.preparedQuery(FORGET).execute(Tuple.of(opinion.request(), user, KEPT)))
        .map(_ -> late ? Outcome.LATE : replaced.isPresent() ? Outcome.REPLACED : Outcome.RECORDED);
  }

  /** Into the sums of users; what fails here is done by the job. */
  private void fold() {
    database
        .ledger(c -> c.preparedQuery(FOLD).execute(Tuple.of(BATCH)))
        .onFailure(e -> LOG.debug("Feedback waits to be summed up: {}", e.getMessage()));
  }

  /** Sums up what nobody has. */
  public Job job() {
    return Job.every(
        PERIOD,
        "feedback",
        turn -> turn.write(c -> c.preparedQuery(FOLD).execute(Tuple.of(BATCH)).mapEmpty()));
  }

  /** When a call came in, as its id tells; empty if it is no id of ours. */
  private static Optional<Instant> at(UUID request) {
    return request.version() == TIME_VERSION
        ? Optional.of(Instant.ofEpochMilli(request.getMostSignificantBits() >>> 16))
        : Optional.empty();
  }

  private static AIError unknown() {
    return AIError.of(
        ErrorCode.NOT_FOUND,
        "You have no call with this id; send the x-request-id of one of your answers, within the"
            + " time that calls are kept.");
  }

  private static OffsetDateTime utc(Instant moment) {
    return moment.atOffset(ZoneOffset.UTC);
  }
}
