package dev.weir.config;

import dev.weir.core.Secret;
import java.net.URI;
import java.net.URISyntaxException;
import java.util.Optional;

/** The database among the settings. */
final class DatabaseReading {
  private static final int POOL = 8;

  private final Reading reading;
  private final Mode mode;

  DatabaseReading(Reading reading, Mode mode) {
    this.reading = reading;
    this.mode = mode;
  }

  /** In dev the embedded server, unless another is named; in prod one of the two, said aloud. */
  DatabaseSettings database() {
    var url = url("database.url");
    var embedded = reading.flag("database.embedded", mode == Mode.DEV && url.isEmpty());
    if (url.isPresent() && embedded) {
      reading.fault(
          "database.embedded",
          "is true while WEIR_DATABASE_URL names another server; choose one of the two");
    } else if (url.isEmpty() && !embedded && !isAnswered()) {
      reading.fault(
          "database.url",
          "is missing: set WEIR_DATABASE_URL=postgres://user:password@host:5432/weir, or"
              + " WEIR_DATABASE_EMBEDDED=true for a server of its own (one node only)");
    }
    return new DatabaseSettings(
        url,
        url("database.migration_url"),
        embedded,
        reading.count("database.pool_size", POOL, 1, 1000),
        url("database.direct_url"));
  }

  /** Whether an earlier fault explains why there is no database. */
  private boolean isAnswered() {
    return reading.isWrong("mode") || reading.isWrong("database.url");
  }

  /** The address is never quoted: it holds a password. */
  private Optional<Secret> url(String key) {
    var url = reading.secret(key);
    url.ifPresent(
        secret -> {
          if (!isDatabase(secret.value())) {
            reading.fault(key, "must be postgres://user:password@host:5432/database");
          }
        });
    return url;
  }

  private static boolean isDatabase(String text) {
    try {
      var url = new URI(text);
      return ("postgres".equals(url.getScheme()) || "postgresql".equals(url.getScheme()))
          && url.getHost() != null
          && url.getPath() != null
          && url.getPath().length() > 1;
    } catch (URISyntaxException _) {
      return false;
    }
  }
}
