package dev.weir.metering;

import static org.assertj.core.api.Assertions.assertThat;

import dev.weir.core.ErrorCode;
import dev.weir.gateway.Assignment;
import dev.weir.testing.TestDatabase;
import io.vertx.core.Vertx;
import io.vertx.junit5.VertxExtension;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** The sums of experiments' users, whatever the writer of usage has to do twice. */
@ExtendWith({VertxExtension.class, TestDatabase.Extension.class})
class UnitsAreFoldedOnceIT {
  private TestDatabase database;
  private BatchWriter writer;

  @BeforeEach
  void begin(Vertx vertx, TestDatabase given) {
    database = given;
    writer = new BatchWriter(vertx, given.database(vertx));
    database.execute("DELETE FROM experiment_units");
    database.execute("DELETE FROM experiments");
    database.execute(
        "INSERT INTO experiments (experiment_name, function_name, salt, status) VALUES ('tone',"
            + " 'chat', 's', 'running')");
    database.execute(
        "INSERT INTO prompt_experiments (experiment_name, prompt_variant) VALUES ('tone', 'a'),"
            + " ('tone', 'b')");
    database.execute(
        "INSERT INTO experiment_epochs (experiment_name, epoch, weights) VALUES ('tone', 1,"
            + " '{\"a\": 0.75, \"b\": 0.25}')");
  }

  @Test
  void aBatchThatIsWrittenTwiceIsAddedOnce() throws Exception {
    var batch = new ArrayList<UsageRecord>();
    for (var n = 0; n < 7; n++) {
      batch.add(trial(UsageRecords.of("ann"), "b", "miss", UsageRecord.Outcome.OK));
    }

    write(batch);
    write(batch);

    var unit = unit("ann");
    assertThat(unit).containsEntry("trials", 7L).containsEntry("successes", 7L);
    assertThat(unit).containsEntry("probability", 0.25).containsEntry("first_variant", "b");
    assertThat(unit.get("tokens")).isEqualTo(7 * 1_200L);
    assertThat(unit.get("cost")).isEqualTo("0.000086415");
  }

  @Test
  void aLateEndMovesTheSumsByTheDifference() throws Exception {
    var ended = trial(UsageRecords.of("bob"), "a", "miss", UsageRecord.Outcome.OK);
    var interrupted = UsageRecords.interrupted(ended, 999);

    write(List.of(interrupted));
    assertThat(unit("bob")).containsEntry("trials", 0L).containsEntry("not_trials", 1L);
    write(List.of(ended));

    var unit = unit("bob");
    assertThat(unit)
        .containsEntry("trials", 1L)
        .containsEntry("successes", 1L)
        .containsEntry("not_trials", 0L)
        .containsEntry("first_trial_outcome", "success");
    assertThat(unit.get("cost")).isEqualTo("0.000012345");
    assertThat(apart("a", "interrupted")).isZero();
  }

  @Test
  void whatIsNoTrialIsCountedApart() throws Exception {
    write(
        List.of(
            trial(UsageRecords.of("eve"), "a", "hit", UsageRecord.Outcome.OK),
            trial(UsageRecords.of("eve"), "a", "off", UsageRecord.Outcome.CANCELLED),
            trial(UsageRecords.of("eve"), "a", "off", UsageRecord.Outcome.ERROR),
            // Somebody who belongs to another arm, by a node that did not know it.
            trial(UsageRecords.of("eve"), "b", "off", UsageRecord.Outcome.OK)));

    var unit = unit("eve");
    assertThat(unit)
        .containsEntry("trials", 1L)
        .containsEntry("successes", 0L)
        .containsEntry("cancelled", 1L)
        .containsEntry("not_trials", 1L);
    assertThat(apart("a", "hit")).isEqualTo(1);
    assertThat(apart("b", "crossed")).isEqualTo(1);
  }

  @Test
  void aFirstTrialThatTimedOutIsToldFromOneThatFailed() throws Exception {
    var timedOut = failed(UsageRecords.of("tim"), ErrorCode.TIMEOUT);
    var late = failed(UsageRecords.of("lea"), ErrorCode.TIMEOUT);

    write(
        List.of(
            timedOut,
            failed(UsageRecords.of("fay"), ErrorCode.PROVIDER_ERROR),
            UsageRecords.interrupted(late, 999)));
    write(List.of(late));

    assertThat(unit("tim"))
        .containsEntry("first_trial_outcome", "timeout")
        .containsEntry("trials", 1L)
        .containsEntry("successes", 0L);
    assertThat(unit("fay")).containsEntry("first_trial_outcome", "failure");
    assertThat(unit("lea")).containsEntry("first_trial_outcome", "timeout");
  }

  @Test
  void aClosedUnitIsFinal() throws Exception {
    write(List.of(trial(UsageRecords.of("zoe"), "a", "miss", UsageRecord.Outcome.OK)));
    database.execute("UPDATE experiment_units SET closed_at = now() WHERE user_id = 'zoe'");

    write(List.of(trial(UsageRecords.of("zoe"), "a", "miss", UsageRecord.Outcome.OK)));

    assertThat(unit("zoe")).containsEntry("trials", 1L);
    assertThat(apart("a", "late")).isEqualTo(1);
  }

  private static UsageRecord failed(UsageRecord call, ErrorCode why) {
    return trial(call, "a", "off", UsageRecord.Outcome.ERROR, Optional.of(why));
  }

  private static UsageRecord trial(
      UsageRecord call, String arm, String cache, UsageRecord.Outcome outcome) {
    var why =
        outcome == UsageRecord.Outcome.ERROR
            ? Optional.of(ErrorCode.PROVIDER_ERROR)
            : Optional.<ErrorCode>empty();
    return trial(call, arm, cache, outcome, why);
  }

  private static UsageRecord trial(
      UsageRecord call,
      String arm,
      String cache,
      UsageRecord.Outcome outcome,
      Optional<ErrorCode> why) {
    return UsageRecords.ofExperiment(
        call,
        new Assignment("tone", arm, 1, arm.equals("a") ? 0.75 : 0.25, Assignment.Kind.ASSIGNED),
        cache,
        false,
        outcome,
        why,
        call.attempts());
  }

  private void write(List<UsageRecord> batch) throws Exception {
    writer.write(batch).toCompletionStage().toCompletableFuture().get(30, TimeUnit.SECONDS);
  }

  private Map<String, Object> unit(String user) {
    return database
        .query("SELECT *, cost_usd::text AS cost FROM experiment_units WHERE user_id = ?", user)
        .getFirst();
  }

  private long apart(String arm, String kind) {
    return database.count(
        "SELECT coalesce(sum(calls), 0) FROM experiment_apart WHERE prompt_variant = ? AND kind ="
            + " ?",
        arm,
        kind);
  }
}
