package dev.weir.storage;

import dev.weir.core.AIError;
import dev.weir.core.Clock;
import dev.weir.core.ErrorCode;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import org.apache.logging.log4j.LogManager;
import org.apache.logging.log4j.Logger;

/**
 * The database's time, carried on by the monotonic clock: replicas agree about it however wrong
 * their own wall clocks are, and a wall clock that steps moves nothing. Until it is anchored it
 * tells the machine's own time; while the database is away it goes on from the last anchor.
 * Thread-safe.
 */
public final class DatabaseClock implements Clock {
  private static final Logger LOG = LogManager.getLogger(DatabaseClock.class);
  private static final Duration EVERY = Duration.ofSeconds(30);

  /** An answer that took longer says too little about when it was true, but more than nothing. */
  private static final Duration TOO_SLOW = Duration.ofSeconds(1);

  private static final Duration WORTH_A_WORD = Duration.ofSeconds(2);

  /** A machine that starts many things at once may be slow to let the first connection in. */
  private static final int FIRST_TRIES = 10;

  private static final Duration BETWEEN_TRIES = Duration.ofMillis(500);

  private volatile Anchor anchor =
      new Anchor(Instant.now(), System.nanoTime(), Duration.ofDays(1).toNanos());

  /** A moment, told by both clocks, and by how much it may be wrong. */
  private record Anchor(Instant time, long nanos, long blur) {
    Instant at(long nanoTime) {
      return time.plusNanos(nanoTime - nanos);
    }
  }

  @Override
  public Instant now() {
    return anchor.at(System.nanoTime());
  }

  @Override
  public long nanoTime() {
    return System.nanoTime();
  }

  /**
   * Anchors it now and every 30 seconds, for as long as {@code vertx} lives. Succeeds with the
   * first anchor, for which a database that does not answer is asked several times. Never blocks.
   */
  public Future<Void> follow(Vertx vertx, Database database) {
    vertx.setPeriodic(
        EVERY.toMillis(),
        _ -> anchor(database).onFailure(e -> LOG.debug("The database did not tell its time", e)));
    return first(vertx, database, FIRST_TRIES);
  }

  private Future<Void> first(Vertx vertx, Database database, int tries) {
    return anchor(database)
        .recover(
            e ->
                tries > 1
                        && e instanceof AIError away
                        && away.code() == ErrorCode.STORAGE_UNAVAILABLE
                    ? vertx
                        .timer(BETWEEN_TRIES.toMillis(), TimeUnit.MILLISECONDS)
                        .compose(_ -> first(vertx, database, tries - 1))
                    : Future.failedFuture(e));
  }

  private Future<Void> anchor(Database database) {
    return database.jobs(
        connection -> {
          var asked = System.nanoTime();
          return connection
              .query("SELECT clock_timestamp() AS now")
              .execute()
              .map(
                  rows -> {
                    set(asked, rows.iterator().next().getOffsetDateTime("now"));
                    return null;
                  });
        });
  }

  private void set(long asked, OffsetDateTime told) {
    var answered = System.nanoTime();
    var took = answered - asked;
    if (took > TOO_SLOW.toNanos() && took / 2 >= anchor.blur()) {
      return;
    }
    var next = new Anchor(Objects.requireNonNull(told).toInstant(), asked + took / 2, took / 2);
    var off = Duration.between(next.time(), Instant.now()).minusNanos(took / 2);
    if (off.abs().compareTo(WORTH_A_WORD) > 0) {
      LOG.warn(
          "This machine's clock is {} ms {} the database's, whose time is the one that counts",
          off.abs().toMillis(),
          off.isNegative() ? "behind" : "ahead of");
    }
    anchor = next;
  }
}
