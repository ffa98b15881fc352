package dev.weir.jobs;

import dev.weir.core.Clock;
import dev.weir.storage.Database;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.sqlclient.Row;
import io.vertx.sqlclient.RowSet;
import io.vertx.sqlclient.Tuple;
import java.time.Duration;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalLong;
import org.apache.logging.log4j.LogManager;
import org.apache.logging.log4j.Logger;

/**
 * One job on this node: a beat asks for its leadership, or renews it, and while this node leads the
 * body runs whenever its period is over. The beat goes on during a run, so a long run keeps the
 * lead. Confined to its context, but for {@link #status}.
 *
 * <p>The period is measured by the monotonic clock. Leadership is the database's to give: its own
 * clock alone ends a lease, and the fence, not this node's opinion, guards what the body writes.
 */
final class Led {
  private static final Logger LOG = LogManager.getLogger(Led.class);
  private static final String LEAD =
      "SELECT weir_lead($1, $2, make_interval(secs => $3::double precision))";

  private final Vertx vertx;
  private final Context context;
  private final Database database;
  private final Clock clock;
  private final String holder;
  private final Job job;

  private Optional<Future<Void>> run = Optional.empty();
  private OptionalLong dueNanos = OptionalLong.empty();
  private OptionalLong fence = OptionalLong.empty();
  private Future<OptionalLong> beat = Future.succeededFuture(OptionalLong.empty());
  private boolean unheard;
  private boolean closed;
  private long timer;
  private volatile JobStatus status;

  Led(Vertx vertx, Context context, Database database, Clock clock, String holder, Job job) {
    this.vertx = vertx;
    this.context = context;
    this.database = database;
    this.clock = clock;
    this.holder = holder;
    this.job = job;
    this.status = new JobStatus(job.name(), false, false, Optional.empty(), Optional.empty());
  }

  /** Begins to beat, at once. */
  void start() {
    context.runOnContext(
        _ -> {
          timer = vertx.setPeriodic(job.beat().toMillis(), _ -> beat());
          beat();
        });
  }

  /** Any thread. */
  JobStatus status() {
    return status;
  }

  /** Beats no more, waits for the run under way, and lets the leadership go. */
  Future<Void> close() {
    var done = Promise.<Void>promise();
    context.runOnContext(
        _ -> {
          closed = true;
          vertx.cancelTimer(timer);
          // The last beat first: it must not renew what is let go here.
          Future.join(beat, run.orElse(Future.succeededFuture()))
              .transform(_ -> fence.isEmpty() ? Future.succeededFuture() : lead(Duration.ZERO))
              .<Void>mapEmpty()
              .onComplete(done);
        });
    return done.future();
  }

  private void beat() {
    if (closed || !beat.isComplete()) {
      return;
    }
    beat = lead(job.timeToLive());
    beat.onComplete(
        (given, failure) -> {
          if (failure == null) {
            heard(given);
          } else {
            lost(failure);
          }
        });
  }

  private Future<OptionalLong> lead(Duration time) {
    return database
        .jobs(
            c ->
                c.preparedQuery(LEAD)
                    .execute(Tuple.of(job.name(), holder, time.toMillis() / 1000.0)))
        .map(Led::fence);
  }

  private static OptionalLong fence(RowSet<Row> rows) {
    var given = rows.iterator().next().getLong(0);
    return given == null ? OptionalLong.empty() : OptionalLong.of(given);
  }

  private void heard(OptionalLong given) {
    unheard = false;
    if (!given.equals(fence)) {
      LOG.debug("Job {} is {}", job.name(), given.isPresent() ? "led here" : "led elsewhere");
      // Whoever begins to lead runs at once: the leader before may have died in the middle of it.
      dueNanos = given.isPresent() ? OptionalLong.of(clock.nanoTime()) : OptionalLong.empty();
    }
    fence = given;
    status = status(status.running(), status.lastFailure());
    if (due()) {
      run();
    }
  }

  /** The database does not answer: it may give the lead to another, so nothing new is begun. */
  private void lost(Throwable failure) {
    if (!unheard) {
      LOG.warn("Job {} waits for the database: {}", job.name(), failure.getMessage());
    }
    unheard = true;
  }

  private boolean due() {
    return !closed
        && run.isEmpty()
        && dueNanos.isPresent()
        // A beat that comes a moment early must not cost a whole one.
        && clock.nanoTime() - dueNanos.getAsLong() >= -job.beat().toNanos() / 2;
  }

  private void run() {
    dueNanos = OptionalLong.of(clock.nanoTime() + job.period().toNanos());
    status = new JobStatus(job.name(), true, true, Optional.of(clock.now()), status.lastFailure());
    var ended = body(new Turn(job.name(), fence.orElseThrow(), database)).<Void>mapEmpty();
    run = Optional.of(ended);
    ended.onComplete(
        (_, failure) -> context.runOnContext(_ -> ended(Optional.ofNullable(failure))));
  }

  private Future<?> body(Turn turn) {
    try {
      return job.body().apply(turn);
    } catch (RuntimeException e) {
      return Future.failedFuture(e);
    }
  }

  private void ended(Optional<Throwable> failure) {
    run = Optional.empty();
    failure.ifPresent(
        e -> LOG.warn("Job {} failed; its next period tries again: {}", job.name(), e.toString()));
    status =
        status(false, failure.map(e -> Objects.requireNonNullElse(e.getMessage(), e.toString())));
  }

  private JobStatus status(boolean running, Optional<String> failure) {
    return new JobStatus(job.name(), fence.isPresent(), running, status.lastRun(), failure);
  }
}
