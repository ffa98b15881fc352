package dev.weir.storage;

import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import java.time.Duration;
import java.util.Optional;
import java.util.function.Supplier;

/**
 * Keeps in memory what the database holds: reads it again when the database notifies, when a
 * connection that may have missed a notification is back, and every five seconds in case none of
 * these was heard.
 *
 * <p>One read runs at a time. Whoever asks while one runs gets the next one, which begins when that
 * ends, since what changed after it began may not be in it; so at most one waits, however many ask.
 * Any thread; the reads begin on the thread that asked or on the one that ended the read before.
 */
public final class Rereading {
  private static final Duration LOOK = Duration.ofSeconds(5);

  private final Supplier<Future<Void>> read;
  private final Duration look;
  private boolean reading;
  private Optional<Promise<Void>> next = Optional.empty();

  /**
   * Reads nothing yet.
   *
   * @param read reads once and puts what was read where it belongs; where it fails, what was read
   *     before stays
   */
  public Rereading(Supplier<Future<Void>> read) {
    this(read, LOOK);
  }

  Rereading(Supplier<Future<Void>> read, Duration look) {
    this.read = read;
    this.look = look;
  }

  /**
   * Reads, and from now on again whenever the channel says so, while {@code vertx} lives.
   *
   * @return how the first read ended; where it failed, it is tried again all the same
   */
  public Future<Void> follow(Vertx vertx, Notifications notifications, String channel) {
    notifications.listen(channel, _ -> again(), this::again);
    vertx.setPeriodic(look.toMillis(), _ -> again());
    return again();
  }

  /** Reads what stands there now. Ends as a read does that began after this was asked. */
  public Future<Void> again() {
    synchronized (this) {
      if (reading) {
        var waiting = next.orElseGet(Promise::promise);
        next = Optional.of(waiting);
        return waiting.future();
      }
      reading = true;
    }
    Promise<Void> done = Promise.promise();
    begin(done);
    return done.future();
  }

  private void begin(Promise<Void> done) {
    one()
        .onComplete(
            result -> {
              Optional<Promise<Void>> waiting;
              synchronized (this) {
                waiting = next;
                next = Optional.empty();
                reading = waiting.isPresent();
              }
              // Before those who waited are told: nothing that they do may keep it from beginning.
              waiting.ifPresent(this::begin);
              done.handle(result);
            });
  }

  private Future<Void> one() {
    try {
      return read.get();
    } catch (RuntimeException e) {
      // One that is not even begun is one that failed; the next must not wait for it for ever.
      return Future.failedFuture(e);
    }
  }
}
