package dev.weir.cache;

import dev.weir.core.AIError;
import dev.weir.gateway.Exchange;
import dev.weir.gateway.Kept;
import dev.weir.gateway.Reply;
import dev.weir.gateway.Tally.CacheStatus;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.util.ArrayDeque;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * One flight: who leads, and who waits. It ends once, by an answer, by an error that is everyone's,
 * or when nobody is left. The lock guards the state alone; whatever runs, runs outside of it.
 */
final class Flight {
  private final long beganNanos;
  private final Consumer<Flight> ended;
  private final Runnable promoted;
  private final ReentrantLock lock = new ReentrantLock();
  private final ArrayDeque<Seat> waiting = new ArrayDeque<>();
  private @Nullable Lead leader;
  private boolean over;

  Flight(long beganNanos, Consumer<Flight> ended, Runnable promoted) {
    this.beganNanos = beganNanos;
    this.ended = ended;
    this.promoted = promoted;
  }

  /** Whether it began before a moment of the monotonic clock. */
  boolean beganBefore(long nanoTime) {
    return nanoTime != Generations.ANY && beganNanos - nanoTime < 0;
  }

  /**
   * What a flight landed with.
   *
   * @param entry the answer
   * @param status how those who waited got it
   * @param match how near the input it answered is; empty where it is the same
   */
  record Landed(Entry entry, CacheStatus status, Optional<Kept.Match> match) {}

  /** One call in a flight. */
  record Seat(Exchange x, Flights.Part part, @Nullable Context context, Promise<Reply> reply) {
    /** On the call's own event loop. */
    void run(Runnable work) {
      if (context == null) {
        work.run();
      } else {
        context.runOnContext(_ -> work.run());
      }
    }
  }

  /** How many calls wait for its leader's. */
  int waiting() {
    lock.lock();
    try {
      return waiting.size();
    } finally {
      lock.unlock();
    }
  }

  /** Takes a call in; empty if the flight is over already. On the call's event loop. */
  Optional<Future<Reply>> board(Seat seat) {
    Lead lead = null;
    lock.lock();
    try {
      if (over) {
        return Optional.empty();
      }
      if (leader == null) {
        lead = new Lead(seat);
        leader = lead;
      } else {
        waiting.add(seat);
      }
    } finally {
      lock.unlock();
    }
    if (lead != null) {
      return Optional.of(lead.begin());
    }
    var forget = seat.x().cancellation().onCancel(reason -> leave(seat, reason));
    return Optional.of(seat.reply().future().onComplete((_, _) -> forget.run()));
  }

  /**
   * A call that waits is over at once. One that has taken the lead is not: what it has asked for
   * ends by itself, so that its bill is complete.
   */
  private void leave(Seat seat, AIError reason) {
    lock.lock();
    try {
      if (!waiting.remove(seat)) {
        return;
      }
    } finally {
      lock.unlock();
    }
    seat.reply().tryFail(reason);
  }

  /** Takes everyone who waits out, if this one still leads; else nobody. */
  private List<Seat> end(Lead by) {
    lock.lock();
    try {
      if (over || leader != by) {
        return List.of();
      }
      over = true;
      var all = List.copyOf(waiting);
      waiting.clear();
      return all;
    } finally {
      lock.unlock();
      if (over) {
        ended.accept(this);
      }
    }
  }

  /** The next one leads; with nobody left the flight is over. */
  private void promote(Lead by) {
    Lead next = null;
    lock.lock();
    try {
      if (over || leader != by) {
        return;
      }
      var seat = waiting.poll();
      if (seat == null) {
        over = true;
      } else {
        next = new Lead(seat);
      }
      leader = next;
    } finally {
      lock.unlock();
    }
    if (next == null) {
      ended.accept(this);
    } else {
      promoted.run();
      next.takeOver();
    }
  }

  /** The lead of a flight. Its first word counts; what it says after that is ignored. */
  final class Lead {
    private final Seat seat;

    private Lead(Seat seat) {
      this.seat = seat;
    }

    /** Leads from the start. A cancelled leader is not waited for, whatever is below it. */
    private Future<Reply> begin() {
      var forget = seat.x().cancellation().onCancel(_ -> promote(this));
      try {
        return seat.part()
            .lead()
            .apply(this)
            .onComplete((_, _) -> forget.run())
            .onFailure(e -> failed(AIError.from(e)));
      } catch (RuntimeException e) {
        failed(AIError.from(e));
        return Future.failedFuture(e);
      }
    }

    private void takeOver() {
      seat.run(
          () -> {
            var cancelled = seat.x().cancellation().reason();
            if (cancelled.isPresent()) {
              promote(this); // it was cancelled on its way to the lead
              seat.reply().tryFail(cancelled.get());
            } else {
              begin().onComplete(seat.reply()::tryComplete, seat.reply()::tryFail);
            }
          });
    }

    /** There is an answer: everyone gets it. */
    void landed(Landed landed) {
      for (var follower : end(this)) {
        follower.run(() -> follow(follower, landed));
      }
    }

    /** It failed: everyone does, unless that is the leader's own end; then the next one leads. */
    void failed(AIError error) {
      if (Flights.isOwn(seat.x(), error)) {
        promote(this);
      } else {
        for (var follower : end(this)) {
          follower.run(() -> follower.reply().tryFail(error));
        }
      }
    }
  }

  private static void follow(Seat seat, Landed landed) {
    if (!seat.reply().future().isComplete()) {
      seat.reply().tryComplete(seat.part().follow().apply(landed));
    }
  }
}
