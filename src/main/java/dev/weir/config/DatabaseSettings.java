package dev.weir.config;

import dev.weir.core.Secret;
import java.util.Optional;

/**
 * Where the data lives.
 *
 * @param url {@code postgres://user:password@host:port/database}; empty for the embedded server
 * @param migrationUrl a login that may migrate, where the service's own may not
 * @param embedded whether the embedded server is to be started
 * @param poolSize connections per role at most
 * @param directUrl the same database past a transaction pooler, for LISTEN and leader election;
 *     empty where {@code url} is direct already
 */
public record DatabaseSettings(
    Optional<Secret> url,
    Optional<Secret> migrationUrl,
    boolean embedded,
    int poolSize,
    Optional<Secret> directUrl) {

  /** Without a pooler in between. */
  public DatabaseSettings(
      Optional<Secret> url, Optional<Secret> migrationUrl, boolean embedded, int poolSize) {
    this(url, migrationUrl, embedded, poolSize, Optional.empty());
  }
}
