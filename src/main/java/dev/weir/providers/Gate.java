package dev.weir.providers;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Optional;

/**
 * Lets so many calls through to a provider at once, lets so many more wait in the order in which
 * they came, and turns the rest away.
 *
 * <p>The client's own pool can do that too, but a caller who gives up would stay in its queue until
 * a connection is free, and a hung provider would fill the queue with callers long gone. Here they
 * leave at once; and when the connections close, nobody is sent after them. Confined to its event
 * loop.
 */
final class Gate {
  private final int permits;
  private final int places;
  private final Deque<Ticket> queue = new ArrayDeque<>();
  private int inside;
  private boolean closed;

  Gate(int permits, int places) {
    this.permits = permits;
    this.places = places;
  }

  /** A place inside or in the queue. */
  final class Ticket {
    private final Runnable admitted;
    private final Runnable turnedAway;
    private boolean in;
    private boolean left;

    private Ticket(Runnable admitted, Runnable turnedAway) {
      this.admitted = admitted;
      this.turnedAway = turnedAway;
    }

    /** Whether it was let through. */
    boolean inside() {
      return in;
    }

    /** Gives the place back; harmless when done twice. */
    void leave() {
      if (left) {
        return;
      }
      left = true;
      if (in) {
        inside--;
        admit();
      } else {
        queue.remove(this);
      }
    }

    private void enter() {
      in = true;
      inside++;
      admitted.run();
    }
  }

  /**
   * Asks for a place.
   *
   * @param admitted run when it is granted, perhaps before this returns
   * @param turnedAway run instead once this is {@linkplain #close closed}, perhaps before this
   *     returns
   * @return the ticket, or empty if the queue is full
   */
  Optional<Ticket> enter(Runnable admitted, Runnable turnedAway) {
    if (!closed && inside >= permits && queue.size() >= places) {
      return Optional.empty();
    }
    var ticket = new Ticket(admitted, turnedAway);
    queue.add(ticket);
    admit();
    return Optional.of(ticket);
  }

  /** From now on nobody is let in; who waits is turned away. Those inside leave by themselves. */
  void close() {
    closed = true;
    admit();
  }

  /** Calls that are inside. */
  int inside() {
    return inside;
  }

  /** Calls that wait. */
  int waiting() {
    return queue.size();
  }

  private void admit() {
    while (closed || inside < permits) {
      var next = queue.poll();
      if (next == null) {
        return;
      }
      if (closed) {
        next.turnedAway.run();
      } else {
        next.enter();
      }
    }
  }
}
