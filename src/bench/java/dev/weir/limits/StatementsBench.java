package dev.weir.limits;

import dev.weir.core.Clock;
import dev.weir.core.Ids;
import dev.weir.core.Usd;
import dev.weir.gateway.Cancellation;
import dev.weir.storage.Database;
import dev.weir.storage.EmbeddedPostgres;
import dev.weir.storage.Migrations;
import io.vertx.core.Vertx;
import java.nio.file.Files;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;

/**
 * Statements to the ledger for 100 calls, by how busy a subject is: a process of its own for each
 * row, real Postgres, calls at an even pace that reserve and settle money.
 *
 * <p>{@code mvn -ntp test-compile exec:exec@bench -Dbench="dev.weir.limits.StatementsBench 30"}.
 */
public final class StatementsBench {
  private record Row(String name, String day, double perSecond) {}

  private static final List<Row> ROWS =
      List.of(
          new Row("free: 20 a day, one in two seconds", "20", 0.5),
          new Row("pro: 200 a day, 2 a second", "200", 2),
          new Row("enterprise: 2,000 a day, 10 a second", "2000", 10),
          new Row("100,000 a day, 50 a second", "100000", 50),
          new Row("100,000 a day, 200 a second", "100000", 200));

  private StatementsBench() {}

  /**
   * Runs it.
   *
   * @param args seconds for each row, all at the same time (30)
   */
  public static void main(String[] args) throws Exception {
    var seconds = args.length > 0 ? Integer.parseInt(args[0]) : 30;
    var vertx = Vertx.vertx();
    try (var server =
        EmbeddedPostgres.start(
            EmbeddedPostgres.Settings.in(Files.createTempDirectory("weir-statements")))) {
      var url = server.administratorUrl();
      Migrations.migrate(url);
      var pools = Database.open(vertx, url, Database.Limits.of(8));
      var runs = new ArrayList<Thread>();
      System.out.printf(
          "%-36s %8s %20s %20s%n", "subject", "calls", "per 100 from cold", "once warm");
      for (var row : ROWS) {
        runs.add(Thread.ofVirtual().start(() -> run(vertx, pools, row, seconds)));
      }
      for (var run : runs) {
        run.join();
      }
      pools.close().await();
    }
    vertx.close().await();
  }

  private static void run(Vertx vertx, Database pools, Row row, int seconds) {
    var who = new Who("user-" + UUID.randomUUID(), UUID.randomUUID(), Optional.empty());
    for (var period : List.of("day", "month")) {
      pools
          .admin(
              c ->
                  c.query(
                          "INSERT INTO subject_limits VALUES ('user', '%s', 'calls', '%s', %s)"
                              .formatted(who.user(), period, row.day()))
                      .execute())
          .await();
    }
    var connection =
        LedgerConnection.open(
            vertx,
            pools,
            Ids.next(Clock.system()),
            "bench",
            Clock.system(),
            Limits.Enforcement.ENFORCE);
    var limits = connection.limits();
    var calls = new AtomicLong();
    var began = System.nanoTime();
    var pace = (long) (1e9 / row.perSecond());
    var half = new long[2];
    for (var i = 0L; System.nanoTime() - began < Duration.ofSeconds(seconds).toNanos(); i++) {
      LockSupport.parkNanos(began + i * pace - System.nanoTime());
      if (half[0] == 0 && System.nanoTime() - began > Duration.ofSeconds(seconds).toNanos() / 2) {
        half[0] = calls.get();
        half[1] = limits.exchanges();
      }
      vertx.runOnContext(
          _ ->
              limits
                  .enforce(Ids.next(Clock.system()), who, new Cancellation())
                  .compose(
                      charge ->
                          limits
                              .reserve(charge, new Usd(500_000), new Cancellation())
                              .onComplete(
                                  _ -> {
                                    charge.use();
                                    charge.settle(500_000, 0);
                                    limits.end(charge, false);
                                    calls.incrementAndGet();
                                  })));
    }
    LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(500));
    System.out.printf(
        "%-36s %8d %20.2f %20.2f%n",
        row.name(),
        calls.get(),
        100.0 * limits.exchanges() / calls.get(),
        100.0 * (limits.exchanges() - half[1]) / (calls.get() - half[0]));
    connection.close().await();
  }
}
