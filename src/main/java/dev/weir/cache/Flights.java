package dev.weir.cache;

import dev.weir.core.AIError;
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

  /**
   * Which calls are identical.
   *
   * @param key the key of their answer
   * @param stamp the generations when they began: who comes after an invalidation does not wait for
   *     who came before
   * @param together {@link Generations#together} when they began: the same goes for invalidations
   *     that nobody here has heard of
   * @param maxAge how old an answer they take
   */
  record Id(CacheKey key, Stamp stamp, long together, Optional<Duration> maxAge) {}

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
  Flights(Runnable promoted) {
    this.promoted = promoted;
  }

  /** Joins the flight of this id, or begins one. */
  Future<Reply> join(Id id, Exchange x, Part part) {
    var seat = new Flight.Seat(x, part, Vertx.currentContext(), Promise.promise());
    while (true) {
      var flight = flying.computeIfAbsent(id, i -> new Flight(f -> flying.remove(i, f), promoted));
      var reply = flight.board(seat);
      if (reply.isPresent()) {
        return reply.get();
      }
      // It has just ended; the next look begins another.
      Thread.onSpinWait();
    }
  }

  /** How many there are. */
  long size() {
    return flying.size();
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
