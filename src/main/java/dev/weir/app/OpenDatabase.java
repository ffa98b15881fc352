package dev.weir.app;

import dev.weir.config.DatabaseSettings;
import dev.weir.config.WeirConfig;
import dev.weir.core.Secret;
import dev.weir.storage.Database;
import dev.weir.storage.DatabaseUrl;
import dev.weir.storage.EmbeddedPostgres;
import dev.weir.storage.Migrations;
import dev.weir.storage.Notifications;
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
   * A database that is up and has this version's schema.
   *
   * @param url the service's own address of it
   * @param applied how many migrations were new
   */
  record Migrated(DatabaseUrl url, int applied) {}

  /** Brings it up; an embedded server is remembered for the shutdown. */
  static Migrated migrate(WeirConfig config, Shutdown shutdown) {
    var migrated =
        config.database().embedded() ? embedded(config, shutdown) : external(config.database());
    if (migrated.applied() > 0) {
      LOG.info("Migrated the database: {} new migrations", migrated.applied());
    }
    return migrated;
  }

  /** The pools on it. */
  static Database pools(Vertx vertx, DatabaseUrl url, WeirConfig config, Shutdown shutdown) {
    var database = Database.open(vertx, url, Database.Limits.of(config.database().poolSize()));
    shutdown.opened("the database pools", () -> Waiting.on(database.close(), CLOSE, "closing"));
    return database;
  }

  /** The connection that hears what it tells, past a pooler if there is one. */
  static Notifications notifications(
      Vertx vertx, DatabaseUrl url, WeirConfig config, Shutdown shutdown) {
    var direct =
        config.database().directUrl().map(Secret::value).map(DatabaseUrl::parse).orElse(url);
    var notifications = Notifications.open(vertx, direct);
    shutdown.opened("the notifications", () -> Waiting.on(notifications.close(), CLOSE, "closing"));
    return notifications;
  }

  private static Migrated embedded(WeirConfig config, Shutdown shutdown) {
    var server = EmbeddedPostgres.start(EmbeddedPostgres.Settings.in(config.dataDir()));
    shutdown.opened("the embedded PostgreSQL", server::close);
    var applied = Migrations.migrate(server.administratorUrl());
    Migrations.createLogin(server.administratorUrl(), server.serviceUrl());
    return new Migrated(server.serviceUrl(), applied);
  }

  private static Migrated external(DatabaseSettings settings) {
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
    var applied = Migrations.migrate(migrating);
    Migrations.admit(migrating, url.user());
    return new Migrated(url, applied);
  }
}
