package dev.weir.gateway;

import java.util.Optional;

/**
 * What a caller shows at a door; judged by an {@link Authenticator}.
 *
 * @param key the key as it was sent ({@code Authorization: Bearer}, {@code x-api-key} or the bus
 *     message's {@code key}); empty if there was none. A secret: it is not printed by {@link
 *     #toString}
 * @param actingFor the end user that a service key names ({@code x-weir-user}); empty if none
 * @param remoteAddress the caller's IP address as text, or {@code bus} for the event bus
 */
public record Credentials(Optional<String> key, Optional<String> actingFor, String remoteAddress) {
  /** A caller without a key. */
  public static Credentials none(String remoteAddress) {
    return new Credentials(Optional.empty(), Optional.empty(), remoteAddress);
  }

  @Override
  public String toString() {
    return "Credentials[key=" + (key.isPresent() ? "***" : "none") + "]";
  }
}
