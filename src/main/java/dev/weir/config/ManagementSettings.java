package dev.weir.config;

import dev.weir.core.Secret;
import java.util.Optional;

/**
 * The management port.
 *
 * @param host the address to listen on
 * @param port 0 to 65535; 0 takes a free one
 * @param metricsToken the bearer token of {@code /metrics}, if it wants one
 * @param adminKey the first admin key in prod ({@code WEIR_ADMIN_KEY_FILE})
 */
public record ManagementSettings(
    String host, int port, Optional<Secret> metricsToken, Optional<Secret> adminKey) {
  /** Port 8081 on loopback, open metrics. */
  public static final ManagementSettings DEFAULT =
      new ManagementSettings("127.0.0.1", 8081, Optional.empty(), Optional.empty());
}
