package dev.weir.cache;

import dev.weir.core.AIError;
import dev.weir.core.Clock;
import dev.weir.gateway.Exchange;
import dev.weir.gateway.Reply;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.function.Function;

/**
 * Identical calls in flight: one of them leads and asks, the others wait for its answer, each with
 * its own deadline and cancellation. What is the leader's own end (see {@link Flight.Lead#failed})
 * makes the next one lead, who goes the whole way by itself. Over all event loops of the process;
 * thread-safe, each call's part runs on its own event loop.
 */
final class Flights {
  private final ConcurrentMap<Id, Flight> flying = new ConcurrentHashMap<>();
  private final Runnable promoted;
  private final Clock clock;

  /**
   * Which calls are identical.
   *
   * @param key the key of their answer
   * @param stamp the generations when they began: who comes after an invalidation does not wait for
   *     who came before
   * @param maxAge how old an answer they take
   */
  record Id(CacheKey key, Stamp stamp, Optional<Duration> maxAge) {}

  /**
   * How a call takes part.
   *
   * @param lead asks for itself; tells the flight how that ended
   * @param follow makes its reply of an answer that another asked for
   */
  record Part(Function<Flight.Lead, Future<Reply>> lead, Function<Flight.Landed, Reply> follow) {}

  /**
   * No flights yet.
   *
   * @param promoted told each time that one who waited takes the lead
   */
  Flights(Runnable promoted, Clock clock) {
    this.promoted = promoted;
    this.clock = clock;
  }

  /**
   * Joins the flight of this id, or begins one.
   *
   * @param from a flight that began before this moment of the monotonic clock is not joined: it
   *     goes on with those that it has, and another takes its place
   */
  Future<Reply> join(Id id, long from, Exchange x, Part part) {
    var seat = new Flight.Seat(x, part, Vertx.currentContext(), Promise.promise());
    while (true) {
      var flight =
          flying.compute(
              id, (i, there) -> there == null || there.beganBefore(from) ? begun(i) : there);
      var reply = flight.board(seat);
      if (reply.isPresent()) {
        return reply.get();
      }
      // It has just ended; the next look begins another.
      Thread.onSpinWait();
    }
  }

  private Flight begun(Id id) {
    return new Flight(clock.nanoTime(), f -> flying.remove(id, f), promoted);
  }

  /** How many there are. */
  long size() {
    return flying.size();
  }

  /** How many calls wait for the answer of another. */
  long waiting() {
    return flying.values().stream().mapToLong(Flight::waiting).sum();
  }

  /** Whether an error is the end of this call alone and says nothing about its answer. */
  static boolean isOwn(Exchange x, AIError error) {
    return x.cancellation().reason().isPresent()
        || switch (error.code()) {
          case TIMEOUT,
              CANCELLED,
              RATE_LIMITED,
              QUOTA_EXCEEDED,
              BUDGET_EXCEEDED,
              MODEL_UNPRICED,
              FORBIDDEN,
              OVERLOADED,
              DRAINING,
              STORAGE_UNAVAILABLE ->
              true;
          default -> false;
        };
  }
}
