package dev.weir.metering;

import dev.weir.core.AIError;
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
  void finished(Exchange x, Duration took, Optional<AIError> error);
}
