package dev.weir.app;

import dev.weir.config.WeirConfig;
import dev.weir.pricing.PriceTable;
import dev.weir.storage.Database;
import dev.weir.storage.DatabaseClock;
import dev.weir.storage.Notifications;
import dev.weir.telemetry.EventLoopLag;
import dev.weir.telemetry.Metrics;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import java.time.Duration;

/**
 * What every room of a running service stands on.
 *
 * @param config the settings
 * @param shutdown what was opened, to be closed in reverse
 * @param prices what models cost
 * @param metrics the meters
 * @param loops event loops
 * @param vertx the reactor
 * @param clock the database's time, which all nodes share
 * @param lag how late the event loops are
 * @param database the pools
 * @param notifications hears what other nodes tell through the database
 */
record Ground(
    WeirConfig config,
    Shutdown shutdown,
    PriceTable prices,
    Metrics metrics,
    int loops,
    Vertx vertx,
    DatabaseClock clock,
    EventLoopLag lag,
    Database database,
    Notifications notifications) {
  /** A part of the start may take so long. */
  static final Duration STEP = Duration.ofSeconds(30);

  /** A part of the end may take so long. */
  static final Duration CLOSE = Duration.ofSeconds(5);

  /** Migrates the database, then opens the reactor and everything between the two. Blocks. */
  static Ground open(WeirConfig config, PriceTable prices, Shutdown shutdown) {
    var url = OpenDatabase.migrate(config, shutdown).url();
    var metrics = new Metrics();
    shutdown.opened("the meters", metrics::close);
    var loops = Runtime.getRuntime().availableProcessors();
    var vertx = metrics.vertx(new VertxOptions().setEventLoopPoolSize(loops)).build();
    shutdown.opened("Vert.x", () -> Waiting.on(vertx.close(), CLOSE, "closing"));
    var clock = new DatabaseClock();
    var lag = new EventLoopLag(clock, metrics.registry(), loops);
    Waiting.on(lag.watch(vertx), STEP, "Starting the event loops");
    var database = OpenDatabase.pools(vertx, url, config, shutdown);
    Waiting.on(clock.follow(vertx, database), STEP, "The database's time");
    var notifications = OpenDatabase.notifications(vertx, url, config, shutdown);
    return new Ground(
        config, shutdown, prices, metrics, loops, vertx, clock, lag, database, notifications);
  }
}
