package dev.weir.bus;

import dev.weir.core.AIError;
import java.time.Duration;
import java.util.Optional;
import java.util.UUID;

/** Told of every message that never became a call, for logs and metrics. */
@FunctionalInterface
public interface RefusalListener {
  /**
   * A message was refused. Called on the door's event loop; must not block and must not throw.
   *
   * @param id the gateway's own id
   * @param correlation the sender's id
   * @param why what was wrong; the cause of an {@code INTERNAL} is for the log alone
   * @param took from its arrival
   */
  void refused(UUID id, Optional<String> correlation, AIError why, Duration took);
}
