package dev.weir.app;

import static dev.weir.testing.Turn.agentCompleted;
import static dev.weir.testing.Turn.status;
import static org.assertj.core.api.Assertions.assertThat;

import dev.weir.testing.Eventually;
import dev.weir.testing.TestDatabase;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** Answers that nobody gives now keep no others from their turn, and are not asked for for ever. */
@ExtendWith(TestDatabase.Extension.class)
class WarmUpUnansweredIT {
  private WarmUpWorld world;

  @BeforeEach
  void start(TestDatabase database, @TempDir Path directory) throws IOException {
    world = new WarmUpWorld(database, directory, "10", 1);
  }

  @AfterEach
  void stop() {
    world.close();
  }

  private List<String> askedAfter(int before) {
    var requests = world.fake.requests();
    return requests.subList(before, requests.size()).stream()
        .map(seen -> seen.body().toString().replaceAll("(?s).*Tell of (\\w+)\\..*", "$1"))
        .toList();
  }

  @Test
  void whereOnlyAFallbackThatIsTooDearIsLeftTheOthersHaveTheirTurn() {
    world.keep("frail", List.of("ant", "bee"));
    world.keep(List.of("cat"));
    var before = world.fake.requests().size();
    world.fake.then(status(503));
    world.areDue(Map.of("ant", 60, "bee", 50, "cat", 10));

    Eventually.until("the one after it is refreshed", () -> world.refreshed().contains("cat"));

    assertThat(askedAfter(before)).startsWith("ant", "cat");
    assertThat(world.passedOver("unanswered")).isPositive();
    world.awaitRefreshed("bee", "cat");
    assertThat(askedAfter(before)).containsExactly("ant", "cat", "bee");
    world.awaitRecords(3);
    Eventually.until("all is settled", () -> world.recorded().compareTo(world.spent()) == 0);
  }

  @Test
  void whileAProvidersCircuitIsOpenItIsNotTriedForEachAnswerInEachRun() {
    var kept = List.of("ant", "bee", "cat", "dog", "eel", "fox", "gnu", "hen");
    world.keep(kept);
    world.fake.always(status(503));
    Eventually.until("the circuit is open", () -> world.ask("yak").status() == 503);
    world.areDue(
        Map.of(
            "ant", 10, "bee", 11, "cat", 12, "dog", 13, "eel", 14, "fox", 15, "gnu", 16, "hen",
            17));

    Eventually.until("two runs have passed them over", () -> world.passedOver("unanswered") >= 15);

    assertThat(
            world.database.count(
                "SELECT count(*) FROM ai_usage_metrics WHERE user_id = ?", WarmUpWorld.USER))
        .isLessThan(kept.size());
    // A run that is under way has reserved what it tries.
    Eventually.until("nothing is spent", () -> world.spent().signum() == 0);
  }

  @Test
  void whereOnlyTheVectorOfAnInputWasPaidForItIsNotPaidForInVain() {
    world.keep("meant", List.of("ant"));
    world.fake.then(agentCompleted("its vector")).then(status(503));
    world.areDue(Map.of("ant", 60));

    Eventually.until(
        "it is passed over",
        () -> world.passedOver("unanswered") + world.passedOver("in_vain") >= 1);

    assertThat(world.passedOver("in_vain")).isZero();
    assertThat(world.spent()).isEqualByComparingTo("0.001");
    world.awaitRecords(1);
    assertThat(world.recorded()).isEqualByComparingTo("0.001");
  }

  @Test
  void whatIsDueWhenANodeStartsIsRefreshedAsSoonAsItServes() {
    world.keep(List.of("ant", "bee"));
    world.weir.close();
    world.fake.always(agentCompleted("A fresh answer.").tokens(100, 200));
    world.areDue(Map.of("ant", 60, "bee", 50));

    world.startAgain();

    Eventually.until("both are refreshed", () -> world.refreshed().size() == 2);
    assertThat(world.passedOver("changed")).isZero();
  }
}
