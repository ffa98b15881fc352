package dev.weir.gateway;

import io.vertx.core.Future;

/** Who gets which arm of an experiment, for Weir's own work in the name of a user. Thread-safe. */
@FunctionalInterface
public interface Arms {
  /**
   * A call of Weir's own under the plan that a call of this user would have now: the arm's where
   * the user is in an experiment, or would come into one. It brings nobody into one.
   *
   * @param x planned, and not begun
   * @return fails if nobody can tell in time
   */
  Future<Exchange> as(Exchange x, String user);
}
