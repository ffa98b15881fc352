package dev.weir.cache;

import java.util.Optional;

/**
 * How a call asks.
 *
 * @param beganNanos when it began, by the monotonic clock
 * @param embedded its input's vector, where the function matches by meaning
 * @param lease its lead over all nodes, for a function that is expensive
 */
record Asked(
    long beganNanos, Optional<Embedder.Embedded> embedded, Optional<FlightLeases.Lease> lease) {
  /** Tells the other nodes how it ended. */
  void end(FlightLeases.End how) {
    lease.ifPresent(l -> l.end(how));
  }

  /** What became of its answer; if it was stored, the other nodes have been told. */
  void became(Fate fate) {
    lease.ifPresent(
        l -> {
          if (fate == Fate.STORED) {
            l.stored();
          } else {
            l.end(FlightLeases.End.UNCACHEABLE);
          }
        });
  }
}
