package dev.weir.app;

import dev.weir.config.DatabaseSettings;
import dev.weir.config.WeirConfig;
import dev.weir.core.Secret;
import dev.weir.storage.Database;
import dev.weir.storage.DatabaseUrl;
import dev.weir.storage.EmbeddedPostgres;
import dev.weir.storage.Migrations;
import io.vertx.core.Vertx;
import java.time.Duration;
import org.apache.logging.log4j.LogManager;
import org.apache.logging.log4j.Logger;

/**
 * Brings the database up: the embedded server where one is wanted, the migrations, then the pools.
 * Blocks.
 */
final class OpenDatabase {
  private static final Logger LOG = LogManager.getLogger(OpenDatabase.class);
  private static final Duration CLOSE = Duration.ofSeconds(5);

  private OpenDatabase() {}

  /**
   * The address of a database that is up and migrated; an embedded server is remembered for the
   * shutdown.
   */
  static DatabaseUrl migrated(WeirConfig config, Shutdown shutdown) {
    return config.database().embedded() ? embedded(config, shutdown) : external(config.database());
  }

  /** The pools on it. */
  static Database pools(Vertx vertx, DatabaseUrl url, WeirConfig config, Shutdown shutdown) {
    var database = Database.open(vertx, url, Database.Limits.of(config.database().poolSize()));
    shutdown.opened("the database pools", () -> Waiting.on(database.close(), CLOSE, "closing"));
    return database;
  }

  private static DatabaseUrl embedded(WeirConfig config, Shutdown shutdown) {
    var server = EmbeddedPostgres.start(EmbeddedPostgres.Settings.in(config.dataDir()));
    shutdown.opened("the embedded PostgreSQL", server::close);
    tell(Migrations.migrate(server.administratorUrl()));
    Migrations.createLogin(server.administratorUrl(), server.serviceUrl());
    return server.serviceUrl();
  }

  private static DatabaseUrl external(DatabaseSettings settings) {
    var url =
        settings
            .url()
            .map(Secret::value)
            .map(DatabaseUrl::parse)
            .orElseThrow(
                () ->
                    new StartFailure(
                        "No database: set WEIR_DATABASE_URL, or WEIR_DATABASE_EMBEDDED=true for one"
                            + " node."));
    var migrating = settings.migrationUrl().map(Secret::value).map(DatabaseUrl::parse).orElse(url);
    tell(Migrations.migrate(migrating));
    Migrations.admit(migrating, url.user());
    return url;
  }

  private static void tell(int migrations) {
    if (migrations > 0) {
      LOG.info("Migrated the database: {} new migrations", migrations);
    }
  }
}
