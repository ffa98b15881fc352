package dev.weir.experiments;

import dev.weir.core.Clock;
import dev.weir.jobs.Turn;
import dev.weir.storage.Database;
import dev.weir.storage.EmbeddedPostgres;
import dev.weir.storage.Migrations;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.sqlclient.Tuple;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Stream;

/**
 * What the judge of experiments costs at a look: one experiment of two arms with so many users
 * whose windows have closed, a guardrail on their first trials.
 *
 * <p>{@code mvn -ntp test-compile exec:exec@bench -Dbench="dev.weir.experiments.EvaluationBench
 * 1000000"}
 */
public final class EvaluationBench {

  private static final int LOOKS = 12;
  private static final int FRESH = 1_000;

  private final Vertx vertx;
  private final Database database;
  private final Path folder;
  private final Evaluation evaluation;
  private final Turn turn;
  private final AtomicLong stall = new AtomicLong();
  private int batch;

  private EvaluationBench(Vertx vertx, Database database, Path folder) {
    this.vertx = vertx;
    this.database = database;
    this.folder = folder;
    this.evaluation = new Evaluation(vertx, Clock.system());
    this.turn =
        new Turn(
            "experiments", number("SELECT weir_lead('experiments', 'bench', '1 day')"), database);
  }

  /** Runs it and prints the figures. */
  public static void main(String[] args) throws Exception {
    var users = args.length > 0 ? Integer.parseInt(args[0]) : 1_000_000;
    var folder = Files.createTempDirectory("weir-evaluation");
    try (var server = EmbeddedPostgres.start(EmbeddedPostgres.Settings.in(folder))) {
      Migrations.migrate(server.administratorUrl());
      Migrations.createLogin(server.administratorUrl(), server.serviceUrl());
      var vertx = Vertx.vertx();
      var database = Database.open(vertx, server.serviceUrl(), Database.Limits.of(8));
      new EvaluationBench(vertx, database, folder).run(users);
      done(database.close());
      done(vertx.close());
    }
  }

  private void run(int users) {
    admin(
        "INSERT INTO experiments (experiment_name, function_name, salt, status, settle, plan,"
            + " started_at) VALUES ('bench', 'chat', 's', 'running', '0', '{\"expected_users\":"
            + " 1000000, \"guardrails\": [{\"metric\": \"failed\", \"margin\": 0.02}]}', now())");
    admin(
        "INSERT INTO prompt_experiments (experiment_name, prompt_variant, is_control, place) VALUES"
            + " ('bench', 'a', true, 0), ('bench', 'b', false, 1)");
    admin(
        "INSERT INTO experiment_epochs (experiment_name, epoch, weights) VALUES ('bench', 1,"
            + " '{\"a\": 0.5, \"b\": 0.5}')");
    for (var from = 0; from < users; from += 50_000) {
      enter(Math.min(50_000, users - from), true);
    }
    vertx.setPeriodic(1, new Lag());
    measured("the first look, which reads " + users + " users", () -> {});
    for (var i = 0; i < 6; i++) {
      measured("  it goes on", () -> {});
    }
    for (var i = 0; i < LOOKS; i++) {
      measured("a look at which nothing is new", () -> {});
    }
    for (var i = 0; i < LOOKS; i++) {
      measured(
          "a look at " + FRESH + " who closed and first trials of as many",
          () -> enter(FRESH, false));
    }
  }

  private final class Lag implements io.vertx.core.Handler<Long> {
    private long last = System.nanoTime();

    @Override
    public void handle(Long id) {
      var now = System.nanoTime();
      stall.accumulateAndGet(now - last, Math::max);
      last = now;
    }
  }

  /** Users of both arms, who have closed, or whose windows are over. */
  private void enter(int many, boolean closed) {
    done(
        database.ledger(
            c ->
                c.preparedQuery(
                        """
                        INSERT INTO experiment_units (experiment_name, user_id, first_variant, probability, epoch, exposed_at,
                          window_ends_at, closed_at, trials, successes, cost_usd, first_trial_at, first_trial_latency_ms,
                          first_trial_outcome)
                        SELECT 'bench', 'user-' || $1::int || '-' || n, CASE WHEN random() < 0.5 THEN 'a' ELSE 'b' END, 0.5, 1,
                          now(), now(), CASE WHEN $3::boolean THEN now() END, 10, 3 + n % 8, 0.01 + random() * 0.01,
                          clock_timestamp(), 300 + random() * 2000, CASE WHEN n % 20 = 0 THEN 'failure' ELSE 'success' END
                        FROM generate_series(1, $2) AS n\
                        """)
                    .execute(Tuple.of(batch++, many, closed))));
  }

  private void measured(String what, Runnable before) {
    before.run();
    var cpu = seconds(ProcessHandle.current());
    var theirs = postgres();
    stall.set(0);
    var began = System.nanoTime();
    var outcome = "";
    try {
      done(evaluation.look(turn));
    } catch (IllegalStateException e) {
      outcome = " FAILED: " + e.getMessage();
    }
    System.out.printf(
        Locale.ROOT,
        "%-70s %8.1f ms, CPU %6.0f ms here, %6.0f ms in PostgreSQL, event loop held for %4.0f"
            + " ms%s%n",
        what,
        (System.nanoTime() - began) / 1e6,
        (seconds(ProcessHandle.current()) - cpu) * 1e3,
        (postgres() - theirs) * 1e3,
        stall.get() / 1e6,
        outcome);
  }

  private static double seconds(ProcessHandle process) {
    return process.info().totalCpuDuration().map(d -> d.toNanos() / 1e9).orElse(0.0);
  }

  private double postgres() {
    return ProcessHandle.allProcesses()
        .filter(p -> p.info().commandLine().orElse("").contains(folder.toString()))
        .flatMap(p -> Stream.concat(Stream.of(p), p.descendants()))
        .distinct()
        .mapToDouble(EvaluationBench::seconds)
        .sum();
  }

  private void admin(String sql) {
    done(database.admin(c -> c.query(sql).execute()));
  }

  private long number(String sql) {
    return done(
        database.jobs(c -> c.query(sql).execute().map(rows -> rows.iterator().next().getLong(0))));
  }

  private static <T> T done(Future<T> future) {
    try {
      return future.toCompletionStage().toCompletableFuture().get(10, TimeUnit.MINUTES);
    } catch (Exception e) {
      throw new IllegalStateException(e);
    }
  }
}
