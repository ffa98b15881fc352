package dev.weir.gateway;

import io.vertx.core.MultiMap;
import io.vertx.core.http.HttpHeaders;
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
  private static final String BEARER = "bearer ";

  /** A caller without a key. */
  public static Credentials none(String remoteAddress) {
    return new Credentials(Optional.empty(), Optional.empty(), remoteAddress);
  }

  /**
   * The key that an HTTP request presents: of {@code Authorization: Bearer}, else of {@code
   * x-api-key}. Every port reads it by this one rule.
   */
  public static Optional<String> key(MultiMap headers) {
    return Optional.ofNullable(headers.get(HttpHeaders.AUTHORIZATION))
        .filter(value -> value.regionMatches(true, 0, BEARER, 0, BEARER.length()))
        .map(value -> value.substring(BEARER.length()).strip())
        .filter(key -> !key.isEmpty())
        .or(() -> Optional.ofNullable(headers.get("x-api-key")).map(String::strip))
        .filter(key -> !key.isEmpty());
  }

  @Override
  public String toString() {
    return "Credentials[key=" + (key.isPresent() ? "***" : "none") + "]";
  }
}
