package dev.weir.experiments;

import static org.assertj.core.api.Assertions.assertThat;

import dev.weir.testing.TestDatabase;
import io.vertx.core.Vertx;
import io.vertx.junit5.VertxExtension;
import java.sql.Timestamp;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.SplittableRandom;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The judge reads what is new; what it says must be what somebody says who reads everything in one
 * go, whatever happens in whatever order.
 */
@ExtendWith({VertxExtension.class, TestDatabase.Extension.class})
class ALookSaysWhatAWholeReadSaysIT {
  private static final String NAME = "one";
  private static final String PLAN =
      """
      {"expected_users": 300, "guardrails": [
        {"metric": "failed", "margin": 0.1}, {"metric": "slow", "margin": 0.1, "over_ms": 600},
        {"metric": "cost_per_success", "margin": 0.5}]%s}\
      """;
  private JudgeWorld world;
  private int users;

  @BeforeEach
  void begin(Vertx vertx, TestDatabase database) {
    world = new JudgeWorld(vertx, database);
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3, 4})
  void ofAnyHistory(int seed) {
    var random = new SplittableRandom(seed);
    var more = seed % 2 == 0 ? ", \"epoch_rule\": \"by_users\"" : "";
    world.experiment(NAME, 3, PLAN.formatted(more));
    enter(random, 200);
    for (var step = 0; step < 20; step++) {
      happens(random);

      world.look();
      // What the first look decided by itself is seen by the second.
      world.look();

      assertSaysWhatAWholeReadSays("seed " + seed + ", step " + step);
    }
    assertThat(world.sql.count("SELECT count(*) FROM experiment_units WHERE closed_at IS NOT NULL"))
        .isGreaterThan(50);
  }

  private void happens(SplittableRandom random) {
    switch (random.nextInt(12)) {
      case 0 -> world.changeOfLead();
      case 1 -> erase(random);
      case 2 -> otherWeights(random);
      case 3 -> world.off(NAME, random.nextBoolean() ? "b" : "c");
      case 4 -> world.on(NAME, random.nextBoolean() ? "b" : "c");
      case 5 -> setTheClockBack(random);
      case 6 -> {}
      default -> {
        enter(random, random.nextInt(80));
        firstTrials(random);
        windowsEnd(random);
      }
    }
  }

  /** Users of the epoch of now, by its odds; some have called already. */
  private void enter(SplittableRandom random, int many) {
    world.sql.execute(
        """
        INSERT INTO experiment_units (experiment_name, user_id, first_variant, probability, epoch, exposed_at, window_ends_at,
          trials, successes, cost_usd)
        SELECT e.experiment_name, md5(u.n::text || ?), w.arm, w.share, e.epoch, now(), now() + interval '7 days',
          u.trials, ceil(u.trials * u.good), round((u.trials * 0.01 * (0.5 + u.good))::numeric, 6)
        FROM experiments AS e JOIN experiment_epochs AS p USING (experiment_name, epoch)
        CROSS JOIN LATERAL (
          SELECT n, setseed(n / 1000000.0) IS NULL AS seeded, floor(random() * 6) AS trials, random() AS good, random() AS point
          FROM generate_series(?::int + 1, ?::int) AS n
        ) AS u
        JOIN LATERAL (
          SELECT k AS arm, v::float8 AS share, sum(v::float8) OVER (ORDER BY k) AS up_to FROM jsonb_each_text(p.weights) AS t (k, v)
        ) AS w ON w.share > 0 AND u.point < w.up_to AND u.point >= w.up_to - w.share
        WHERE e.experiment_name = ?\
        """,
        "x" + random.nextInt(1000),
        users,
        users + many,
        NAME);
    users += many;
  }

  /**
   * First trials come in, some of them long after they began; some turn out to be not the first.
   */
  private void firstTrials(SplittableRandom random) {
    world.sql.execute(
        """
        UPDATE experiment_units SET first_trial_at = now() - ?::int * random() * interval '1 minute',
          first_trial_latency_ms = 100 + random() * 600,
          first_trial_outcome = CASE WHEN random() < CASE first_variant WHEN 'c' THEN 0.3 ELSE 0.1 END THEN 'failure'
            WHEN random() < 0.05 THEN 'cancelled' ELSE 'success' END
        WHERE closed_at IS NULL AND first_trial_at IS NULL AND random() < 0.6\
        """,
        random.nextInt(3) == 0 ? 120 : 0);
    if (random.nextInt(3) == 0) {
      world.sql.execute(
          """
          UPDATE experiment_units SET first_trial_at = first_trial_at - interval '10 minutes', first_trial_latency_ms = 77,
            first_trial_outcome = 'failure'
          WHERE closed_at IS NULL AND first_trial_at IS NOT NULL AND random() < 0.02\
          """);
    }
  }

  private void windowsEnd(SplittableRandom random) {
    world.sql.execute(
        """
        UPDATE experiment_units SET window_ends_at = now() - ?::int * random() * interval '1 second'
        WHERE closed_at IS NULL AND random() < 0.4\
        """,
        random.nextInt(2));
  }

  private void erase(SplittableRandom random) {
    world.sql.execute(
        "DELETE FROM experiment_units WHERE user_id LIKE ?",
        Integer.toHexString(random.nextInt(16)) + "%");
  }

  private void setTheClockBack(SplittableRandom random) {
    world.sql.execute(
        "UPDATE experiment_units SET closed_at = closed_at - interval '1 hour' WHERE closed_at IS"
            + " NOT NULL AND user_id LIKE ?",
        Integer.toHexString(random.nextInt(16)) + "%");
  }

  private void otherWeights(SplittableRandom random) {
    var off =
        world
            .sql
            .query(
                "SELECT prompt_variant FROM prompt_experiments WHERE switched_off_at IS NOT NULL")
            .toString();
    var b = off.contains("=b") ? 0 : 0.1 + 0.3 * random.nextDouble();
    var c = off.contains("=c") ? 0 : 0.1 + 0.3 * random.nextDouble();
    world.epoch(
        NAME,
        world.epoch(NAME) + 1,
        "{\"a\": " + (1 - b - c) + ", \"b\": " + b + ", \"c\": " + c + "}");
  }

  private void assertSaysWhatAWholeReadSays(String when) {
    var experiment = JudgeWorld.done(world.database.jobs(JudgeTable::judged)).getFirst();
    var whole = new Judgement(experiment);
    everybody(
            "closed_at IS NOT NULL AND NOT ended_early ORDER BY closed_at, window_ends_at, user_id")
        .forEach(row -> whole.closed(experiment, unit(row)));
    everybody("first_trial_at <= now() ORDER BY first_trial_at, user_id")
        .forEach(row -> whole.first(experiment, trial(row)));
    var said = whole.finish(experiment).json().path("variants");

    assertThat(
            world.sql.query(
                "SELECT v.key, v.value::text AS looks, ?::jsonb -> v.key AS whole FROM experiments,"
                    + " jsonb_each(verdict -> 'variants') AS v WHERE v.value <> ?::jsonb -> v.key",
                said.toString(),
                said.toString()))
        .as(when)
        .isEmpty();
  }

  private List<Map<String, Object>> everybody(String where) {
    return world.sql.query(
        "SELECT *, cost_usd::float8 AS cost FROM experiment_units WHERE " + where);
  }

  private static ClosedUnit unit(Map<String, Object> row) {
    return new ClosedUnit(
        String.valueOf(row.get("first_variant")),
        number(row, "epoch").intValue(),
        ((Timestamp) row.get("window_ends_at")).toInstant(),
        number(row, "trials").longValue(),
        number(row, "successes").longValue(),
        number(row, "cost").doubleValue(),
        number(row, "feedback_answers").longValue(),
        number(row, "feedback_successes").longValue());
  }

  private static FirstTrial trial(Map<String, Object> row) {
    return new FirstTrial(
        String.valueOf(row.get("first_variant")),
        number(row, "epoch").intValue(),
        ((Timestamp) row.get("first_trial_at")).toInstant(),
        String.valueOf(row.get("first_trial_outcome")),
        number(row, "first_trial_latency_ms").longValue());
  }

  private static Number number(Map<String, Object> row, String column) {
    return (Number) Objects.requireNonNull(row.get(column));
  }

  @Test
  void ofUsersOfAnEpochThatBeganWhileItRead() {
    world.experiment(NAME, 2, "{}");
    var before = JudgeWorld.done(world.database.jobs(JudgeTable::judged)).getFirst();
    world.epoch(NAME, 2, "{\"a\": 0.5, \"b\": 0.5}");
    world.users(NAME, "a", 10, 0, 10, 1);
    world.users(NAME, "b", 10, 0, 10, 1);
    world.look();
    var reading = new Reading(before, 7);

    JudgeWorld.done(reading.on(world.database, before));
    var now = JudgeWorld.done(world.database.jobs(JudgeTable::judged)).getFirst();
    JudgeWorld.done(reading.on(world.database, now));

    var said = reading.judgement().finish(now).json();
    assertThat(said.at("/variants/b/primary/users").asInt()).isEqualTo(20);
    assertThat(said.at("/variants/b/p95_ms/users").asInt()).isEqualTo(20);
  }

  @Test
  void andWritesNothingWhereNothingIsNew() {
    world.experiment(NAME, 2, "{}");
    enter(new SplittableRandom(1), 100);
    world.sql.execute("UPDATE experiment_units SET window_ends_at = now() - interval '1 second'");
    world.look();
    world.look();
    var before = writings();

    world.look();
    assertThat(writings()).isEqualTo(before);
    enter(new SplittableRandom(2), 1);
    world.sql.execute("UPDATE experiment_units SET window_ends_at = now() WHERE closed_at IS NULL");
    world.look();

    assertThat(writings()).isNotEqualTo(before);
    assertThat(world.sql.count("SELECT sum(user_count) FROM prompt_experiments")).isEqualTo(101);
  }

  private Object writings() {
    return world.sql.query(
        "SELECT e.xmin::text AS e, v.xmin::text AS v FROM experiments AS e JOIN prompt_experiments"
            + " AS v USING (experiment_name) ORDER BY v.prompt_variant");
  }
}
