package dev.weir.storage;

import java.time.Duration;

/**
 * Waiting between two looks at something that tells nobody when it changes. Blocks; start and end
 * only.
 */
final class Pause {
  private Pause() {}

  static void of(Duration time) {
    try {
      Thread.sleep(time);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new StorageException("Interrupted while waiting for PostgreSQL", e);
    }
  }
}
