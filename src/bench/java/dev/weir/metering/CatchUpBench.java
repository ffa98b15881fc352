package dev.weir.metering;

import dev.weir.core.Usage;
import dev.weir.core.Usd;
import dev.weir.storage.Database;
import dev.weir.storage.EmbeddedPostgres;
import dev.weir.storage.Migrations;
import io.vertx.core.Vertx;
import java.nio.file.Files;
import java.time.Instant;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;

/**
 * How fast the writer catches up after an outage: so many calls wait in the journal, then the
 * writer starts, with everything that stands on the rows: indexes, roll-ups, settlement.
 *
 * <p>{@code mvn -ntp test-compile exec:exec@bench -Dbench="dev.weir.metering.CatchUpBench 400000"
 * -Dweir.jvm=-Xmx1g}
 */
public final class CatchUpBench {
  private CatchUpBench() {}

  /** Runs it and prints the rate. */
  public static void main(String[] args) throws Exception {
    var calls = args.length > 0 ? Integer.parseInt(args[0]) : 400_000;
    var folder = Files.createTempDirectory("weir-catch-up");
    try (var server = EmbeddedPostgres.start(EmbeddedPostgres.Settings.in(folder));
        var journal = new Journals(folder.resolve("journal"), 4 << 20, 256)) {
      Migrations.migrate(server.administratorUrl());
      Migrations.createLogin(server.administratorUrl(), server.serviceUrl());
      fill(journal, calls);
      var vertx = Vertx.vertx();
      var database = Database.open(vertx, server.serviceUrl(), Database.Limits.of(8));
      var writer = new UsageWriter(vertx, database, journal.directory, List.of());
      var ours = cpu(ProcessHandle.current());
      var theirs = postgres(folder);
      var began = System.nanoTime();
      writer.start();
      writer.flush().toCompletionStage().toCompletableFuture().get(30, TimeUnit.MINUTES);
      var seconds = (System.nanoTime() - began) / 1e9;
      System.out.printf(
          "%d calls in %.1f s: %.0f rows a second; CPU a row: %.1f us here, %.1f us in"
              + " PostgreSQL%n",
          calls,
          seconds,
          calls / seconds,
          (cpu(ProcessHandle.current()) - ours) * 1e6 / calls,
          (postgres(folder) - theirs) * 1e6 / calls);
      writer.stop();
      database.close().toCompletionStage().toCompletableFuture().get(10, TimeUnit.SECONDS);
      vertx.close().toCompletionStage().toCompletableFuture().get(10, TimeUnit.SECONDS);
    }
  }

  /** The seconds of CPU that a process has had: fair on a machine that others use too. */
  private static double cpu(ProcessHandle process) {
    return process.info().totalCpuDuration().map(d -> d.toNanos() / 1e9).orElse(0.0);
  }

  private static double postgres(java.nio.file.Path folder) {
    return ProcessHandle.allProcesses()
        .filter(p -> p.info().commandLine().orElse("").contains(folder.toString()))
        .flatMap(
            p -> java.util.stream.Stream.concat(java.util.stream.Stream.of(p), p.descendants()))
        .distinct()
        .mapToDouble(CatchUpBench::cpu)
        .sum();
  }

  /** 2,000 users, few of them busy, on ten functions. */
  private static void fill(Journals journal, int calls) {
    var random = new Random(1);
    var began = Instant.now().minusSeconds(600);
    for (var i = 0; i < calls; i++) {
      var user = "user-" + (int) (2_000 * Math.pow(random.nextDouble(), 3));
      var record =
          UsageRecords.at(began.plusNanos(i * 1_000_000L), user, "function-" + random.nextInt(10));
      journal.call(
          record.billed(
              record.debit(),
              record.target(),
              0,
              Usage.of(100 + random.nextInt(5_000), random.nextInt(1_000)),
              java.util.Optional.of(new Usd(random.nextInt(10_000_000))),
              record.attempts()));
    }
  }
}
