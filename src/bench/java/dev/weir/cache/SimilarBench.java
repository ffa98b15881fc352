package dev.weir.cache;

import dev.weir.storage.Database;
import dev.weir.storage.EmbeddedPostgres;
import dev.weir.storage.Migrations;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import io.vertx.sqlclient.Row;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.util.Arrays;
import java.util.List;
import java.util.function.ToDoubleFunction;

/**
 * What a look for an answer of the same meaning takes of its event loop: 200 vectors of 1,536
 * numbers read as Postgres sends them, beside it as boxed numbers, the way it once was, and what
 * the reading alone takes.
 *
 * <p>{@code mvn -ntp test-compile exec:exec@bench -Dbench="dev.weir.cache.SimilarBench 300"}.
 */
public final class SimilarBench {
  private static final int NUMBERS = 1_536;
  private static final String FILL =
      """
      CREATE TABLE vectors AS SELECT
        (SELECT array_agg(sin(i * r)::real) FROM generate_series(1, 1536) i) AS v FROM generate_series(1, 200) r;
      GRANT SELECT ON vectors TO PUBLIC
      """;

  private SimilarBench() {}

  /**
   * Runs it.
   *
   * @param args looks of each kind (300)
   */
  public static void main(String[] args) throws Exception {
    var looks = args.length > 0 ? Integer.parseInt(args[0]) : 300;
    var vertx = Vertx.vertx(new VertxOptions().setEventLoopPoolSize(1));
    try (var server =
        EmbeddedPostgres.start(
            EmbeddedPostgres.Settings.in(Files.createTempDirectory("weir-similar")))) {
      Migrations.migrate(server.administratorUrl());
      WarmUpScanBench.statement(server.administratorUrl(), FILL);
      var database = Database.open(vertx, server.administratorUrl(), Database.Limits.of(2));
      var numbers = new float[NUMBERS];
      for (var i = 0; i < NUMBERS; i++) {
        numbers[i] = (float) Math.cos(i + 1);
      }
      var vector = Vector.of(numbers);
      var list = List.of(vector.boxed());
      for (var round = 0; round < 2; round++) {
        run(
            database,
            vertx,
            looks,
            "boxed",
            "SELECT v FROM vectors",
            row -> cosine(list, Arrays.asList(row.getArrayOfFloats("v"))));
        run(
            database,
            vertx,
            looks,
            "sent",
            "SELECT array_send(v) AS sent FROM vectors",
            row -> vector.cosineOfSent(row.getBuffer("sent")));
        run(
            database,
            vertx,
            looks,
            "read",
            "SELECT array_send(v) AS sent FROM vectors",
            row -> row.getBuffer("sent").length());
      }
      database.close().await();
    }
    vertx.close().await();
  }

  private static void run(
      Database database,
      Vertx vertx,
      int looks,
      String name,
      String sql,
      ToDoubleFunction<Row> cosine) {
    look(database, vertx, looks, sql, cosine).await();
    var began = System.nanoTime();
    var used = look(database, vertx, looks, sql, cosine).await();
    System.out.printf(
        "%-6s %6.2f ms of the event loop's processor time, %6.2f ms in all%n",
        name, used / 1e6 / looks, (System.nanoTime() - began) / 1e6 / looks);
  }

  /** The processor time of the event loop for so many looks, one after the other. */
  private static Future<Long> look(
      Database database, Vertx vertx, int looks, String sql, ToDoubleFunction<Row> cosine) {
    var done = Promise.<Long>promise();
    vertx.runOnContext(
        _ -> {
          var threads = ManagementFactory.getThreadMXBean();
          var before = threads.getCurrentThreadCpuTime();
          next(database, looks, sql, cosine)
              .map(_ -> threads.getCurrentThreadCpuTime() - before)
              .onComplete(done);
        });
    return done.future();
  }

  private static Future<Double> next(
      Database database, int left, String sql, ToDoubleFunction<Row> cosine) {
    return database
        .jobs(
            c ->
                c.preparedQuery(sql)
                    .execute()
                    .map(
                        rows -> {
                          var best = -1.0;
                          for (var row : rows) {
                            best = Math.max(best, cosine.applyAsDouble(row));
                          }
                          return best;
                        }))
        .compose(
            best ->
                left == 1 ? Future.succeededFuture(best) : next(database, left - 1, sql, cosine));
  }

  /** As it was. */
  private static double cosine(List<Float> one, List<Float> other) {
    double product = 0;
    double lengthOfOne = 0;
    double lengthOfOther = 0;
    for (var i = 0; i < one.size(); i++) {
      double a = one.get(i);
      double b = other.get(i);
      product += a * b;
      lengthOfOne += a * a;
      lengthOfOther += b * b;
    }
    return product / (Math.sqrt(lengthOfOne) * Math.sqrt(lengthOfOther));
  }
}
