package dev.weir.app;

import java.util.ArrayDeque;
import java.util.Deque;
import org.apache.logging.log4j.LogManager;
import org.apache.logging.log4j.Logger;

/**
 * What was opened, to be closed in reverse: the last opened first. A part that fails to close is
 * logged and holds up no other. Confined to the thread that starts and stops the service.
 */
final class Shutdown {
  private static final Logger LOG = LogManager.getLogger(Shutdown.class);

  private final Deque<Part> parts = new ArrayDeque<>();

  private record Part(String name, Closing closing) {}

  /** Closes one part; blocks until it is closed, for a bounded time. */
  @FunctionalInterface
  interface Closing {
    void close() throws Exception;
  }

  /** Remembers how to close what was just opened. */
  void opened(String name, Closing closing) {
    parts.push(new Part(name, closing));
  }

  /** Closes everything, once. */
  void run() {
    while (!parts.isEmpty()) {
      var part = parts.pop();
      try {
        part.closing().close();
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        LOG.warn("Interrupted while closing {}", part.name());
      } catch (Exception e) {
        LOG.warn("Could not close {}: {}", part.name(), e.toString());
      }
    }
  }
}
