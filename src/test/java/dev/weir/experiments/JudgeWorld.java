package dev.weir.experiments;

import dev.weir.core.Clock;
import dev.weir.core.Json;
import dev.weir.jobs.Turn;
import dev.weir.storage.Database;
import dev.weir.testing.TestDatabase;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.sqlclient.SqlConnection;
import io.vertx.sqlclient.Tuple;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import java.util.function.BiFunction;

/**
 * Experiments in a database, users as their calls would leave them, and a judge who looks when
 * told.
 */
final class JudgeWorld {
  private static final int PAGE = 40;

  final TestDatabase sql;
  final Database database;
  final Hand clock = new Hand();
  private final Vertx vertx;
  private final ExperimentTable table;
  private final ArmTable arms;
  private Evaluation evaluation;
  private Turn turn;

  /** A clock whose monotonic hand moves by hand; the wall's is the machine's. */
  static final class Hand implements Clock {
    private long nanos;

    @Override
    public Instant now() {
      return Instant.now();
    }

    @Override
    public long nanoTime() {
      return nanos;
    }

    void pass(Duration time) {
      nanos += time.toNanos();
    }
  }

  JudgeWorld(Vertx vertx, TestDatabase sql) {
    this.vertx = vertx;
    this.sql = sql;
    this.database = sql.database(vertx);
    this.table = new ExperimentTable(clock);
    this.arms = new ArmTable(table);
    for (var table :
        new String[] {"experiment_units", "experiments", "alert_events", "job_leases"}) {
      sql.execute("DELETE FROM " + table);
    }
    this.evaluation = new Evaluation(vertx, clock, PAGE);
    this.turn = lead();
  }

  /** Another node takes the lead: it knows nothing of what was read. */
  void changeOfLead() {
    sql.execute("DELETE FROM job_leases");
    evaluation = new Evaluation(vertx, clock, PAGE);
    turn = lead();
  }

  private Turn lead() {
    var fence =
        done(
            database.jobs(
                c ->
                    c.preparedQuery("SELECT weir_lead('experiments', $1, interval '1 hour')")
                        .execute(Tuple.of(UUID.randomUUID().toString()))
                        .map(rows -> rows.iterator().next().getLong(0))));
    return new Turn("experiments", fence, database);
  }

  /** One look, some time after the one before. */
  void look() {
    clock.pass(Duration.ofMinutes(2));
    done(evaluation.look(turn));
  }

  static <T> T done(Future<T> future) {
    try {
      return future.toCompletionStage().toCompletableFuture().get(60, TimeUnit.SECONDS);
    } catch (Exception e) {
      throw new AssertionError(e);
    }
  }

  /** A running experiment of arms a (control), b and so on, of equal weight, in its first epoch. */
  void experiment(String name, int arms, String plan) {
    sql.execute(
        "INSERT INTO experiments (experiment_name, function_name, salt, status, settle, plan,"
            + " started_at, mode) VALUES (?, 'chat', 's', 'running', '0', ?::jsonb, now(), ?)",
        name,
        plan,
        Json.parse(plan).path("mode").asText("fixed"));
    for (var n = 0; n < arms; n++) {
      sql.execute(
          "INSERT INTO prompt_experiments (experiment_name, prompt_variant, is_control, place)"
              + " VALUES (?, ?, ?, ?)",
          name,
          arm(n),
          n == 0,
          n);
    }
    epoch(name, 1, equal(arms));
  }

  static String arm(int n) {
    return String.valueOf((char) ('a' + n));
  }

  private static String equal(int arms) {
    var weights = Json.object();
    for (var n = 0; n < arms; n++) {
      weights.put(arm(n), 1.0 / arms);
    }
    return weights.toString();
  }

  void epoch(String name, int epoch, String weights) {
    sql.execute(
        "INSERT INTO experiment_epochs (experiment_name, epoch, weights) VALUES (?, ?, ?::jsonb)",
        name,
        epoch,
        weights);
    sql.execute("UPDATE experiments SET epoch = ? WHERE experiment_name = ?", epoch, name);
  }

  private int batches;

  /**
   * Users of the epoch of now whose windows are over, arms mixed: each ten trials, every third of
   * them worth half as much again.
   *
   * @param firstFails the share of them whose first trial failed
   * @param good how many of the ten succeeded
   * @param costUsd of all ten, more or less
   */
  void users(String name, String arm, int many, double firstFails, int good, double costUsd) {
    sql.execute(
        """
        INSERT INTO experiment_units (experiment_name, user_id, first_variant, probability, epoch, exposed_at, window_ends_at,
          trials, successes, cost_usd, first_trial_at, first_trial_latency_ms, first_trial_outcome)
        SELECT e.experiment_name, md5(n::text || ?), ?, 0.5, e.epoch, now() - interval '7 days', now(), 10, ?::int,
          round((?::float8 * CASE n % 3 WHEN 0 THEN 1.25 ELSE 0.75 END)::numeric, 9), now(), 100 + n % 50,
          CASE WHEN (n * 7919) % 100 < 100 * ?::float8 THEN 'failure' ELSE 'success' END
        FROM experiments AS e CROSS JOIN generate_series(1, ?::int) AS n WHERE e.experiment_name = ?\
        """,
        arm + batches++, arm, good, costUsd, firstFails, many, name);
    // Whatever the order in which a test tells of them, they came mixed.
    sql.execute(
        "UPDATE experiment_units SET window_ends_at = now() - random() * interval '1 second',"
            + " first_trial_at = now() - random() * interval '1 second' WHERE closed_at IS NULL AND"
            + " experiment_name = ? AND window_ends_at <= now()",
        name);
  }

  /** Whether an arm is switched off. */
  boolean isOff(String name, String arm) {
    return sql.count(
            "SELECT count(*) FROM prompt_experiments WHERE experiment_name = ? AND prompt_variant ="
                + " ? AND switched_off_at IS NOT NULL",
            name,
            arm)
        == 1;
  }

  /** What a guardrail of an arm was last said to be. */
  String state(String name, String arm) {
    return String.valueOf(
        sql.value(
            "SELECT verdict #>> ARRAY['variants', ?, 'guardrails', '0', 'state'] FROM experiments"
                + " WHERE experiment_name = ?",
            arm,
            name));
  }

  /** What can be done to an experiment by hand. */
  Future<?> change(
      String name, BiFunction<SqlConnection, ExperimentTable.Locked, Future<?>> change) {
    return database.admin(
        c -> table.lock(c, name).compose(e -> change.apply(c, e).<Void>mapEmpty()));
  }

  void off(String name, String arm) {
    var isOff =
        sql.count(
            "SELECT count(*) FROM prompt_experiments WHERE experiment_name = ? AND prompt_variant ="
                + " ? AND switched_off_at IS NOT NULL",
            name,
            arm);
    if (isOff > 0) {
      return; // A second time is refused, and changes nothing.
    }
    done(change(name, (c, e) -> arms.off(c, e, arm, true, why("switched_off", arm))));
  }

  void on(String name, String arm) {
    done(change(name, (c, e) -> arms.on(c, e, arm, 1, why("switched_on", arm))));
  }

  private static ExperimentTable.Decision why(String what, String arm) {
    return new ExperimentTable.Decision("ada", what, Optional.of(arm), "a test", Json.object());
  }

  /** The epoch of now. */
  int epoch(String name) {
    return (int) sql.count("SELECT epoch FROM experiments WHERE experiment_name = ?", name);
  }

  long decisions(String name, String what) {
    return sql.count(
        "SELECT count(*) FROM experiment_decisions WHERE experiment_name = ? AND decision = ?",
        name,
        what);
  }
}
