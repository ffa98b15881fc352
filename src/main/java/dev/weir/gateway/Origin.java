package dev.weir.gateway;

import java.util.Optional;
import java.util.UUID;

/**
 * Where and when a call came in. Made by its door first of all, so that even a refusal has an id.
 *
 * @param id the gateway's own id of the call (UUIDv7): {@code x-request-id}, {@code
 *     meta.request_id}, the key of its records
 * @param correlation the caller's own id, echoed and stored, a key to nothing
 * @param door which door it came through
 * @param arrivedNanos the monotonic clock at its arrival
 */
public record Origin(UUID id, Optional<String> correlation, Door door, long arrivedNanos) {
  /** The doors of the gateway. */
  public enum Door {
    /** {@code POST /v1/functions/{name}}. */
    FUNCTIONS("functions"),
    /** {@code POST /v1/chat/completions}. */
    CHAT("chat"),
    /** {@code POST /v1/embeddings}. */
    EMBEDDINGS("embeddings"),
    /** The event-bus address {@code weir.invoke}. */
    BUS("bus"),
    /** None: Weir itself asks. */
    OWN("own");

    private final String label;

    Door(String label) {
      this.label = label;
    }

    /** Its name in records and metrics. */
    public String label() {
      return label;
    }
  }
}
