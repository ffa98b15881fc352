package dev.weir.metering;

import dev.weir.core.ErrorCode;
import dev.weir.gateway.Exchange;
import java.time.Duration;
import java.util.Optional;

/**
 * Is told of every call that ends: for the log and the meters. Called on the call's event loop;
 * must not block.
 */
@FunctionalInterface
public interface CallListener {
  /**
   * A call has ended.
   *
   * @param x the call; its tally is complete
   * @param took how long it lasted
   * @param error why it failed, or empty
   */
  void finished(Exchange x, Duration took, Optional<ErrorCode> error);

  /** This listener and then another. */
  default CallListener and(CallListener other) {
    return (x, took, error) -> {
      finished(x, took, error);
      other.finished(x, took, error);
    };
  }
}
