package dev.weir.app;

import static dev.weir.testing.Turn.agentCompleted;
import static dev.weir.testing.Turn.reset;
import static org.assertj.core.api.Assertions.assertThat;

import dev.weir.testing.Eventually;
import dev.weir.testing.TestDatabase;
import java.io.IOException;
import java.math.BigDecimal;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/**
 * Warm-up never spends more than its day's budget, and spends it on what is worth most. One call at
 * a time here, so that scripts of the provider meet the calls that they are meant for.
 */
@ExtendWith(TestDatabase.Extension.class)
class WarmUpBudgetIT {
  private WarmUpWorld world;

  @BeforeEach
  void start(TestDatabase database, @TempDir Path directory) throws IOException {
    world = new WarmUpWorld(database, directory, "0.05", 1);
  }

  @AfterEach
  void stop() {
    world.close();
  }

  @Test
  void exactlyTheMostValuableAreRefreshedTheBudgetHoldsAndTheNextDayGoesOn() {
    world.keep(List.of("ant", "bee", "cat", "dog", "eel", "fox"));
    world.areDue(Map.of("ant", 10, "bee", 60, "cat", 30, "dog", 50, "eel", 20, "fox", 40));

    Eventually.until("the fourth does not fit", () -> world.passedOver("budget") >= 3);

    // 0.012 each; after three of them 0.014 are left, and a call may cost 0.02
    world.awaitRefreshed("bee", "dog", "fox");
    assertThat(world.spent()).isEqualByComparingTo("0.036");
    world.awaitRecords(3);
    assertThat(world.recorded()).isEqualByComparingTo(world.spent());
    assertThat(world.database.count("SELECT refreshed FROM cache_warm_ups WHERE refreshed > 0"))
        .isEqualTo(3);

    world.database.execute("DELETE FROM cache_warm_ups WHERE refreshed = 0");
    world.database.execute("UPDATE cache_warm_ups SET day = day - 2");
    Eventually.until("the next day goes on", () -> world.refreshed().size() == 6);

    assertThat(world.spent()).isLessThanOrEqualTo(new BigDecimal("0.10"));
    world.awaitRecords(6);
    Eventually.until("all is settled", () -> world.recorded().compareTo(world.spent()) == 0);
  }

  @Test
  void anAnswerThatCostsMoreThanItOnceDidStaysWithinTheBudget() {
    world.fake.always(agentCompleted("Short.").tokens(100, 10));
    world.keep(List.of("gnu", "hen", "ibis"));
    // Each is twice as dear now as when it was kept, and as dear as it can be.
    world.fake.always(agentCompleted("Long.").tokens(100, 1_000));
    world.areDue(Map.of("gnu", 10, "hen", 30, "ibis", 20));

    Eventually.until("the third does not fit", () -> world.passedOver("budget") >= 1);

    world.awaitRefreshed("hen", "ibis");
    assertThat(world.spent()).isEqualByComparingTo("0.04");
    world.awaitRecords(2);
    assertThat(world.recorded()).isEqualByComparingTo(world.spent());
  }

  @Test
  void aCallWhoseAttemptCostMoneyInVainIsNotTriedAgainBeyondItsCap() {
    world.keep(List.of("jay", "kid"));
    var before = world.fake.requests().size();
    // Sent, and never answered: it may have cost its fee. Three attempts would be allowed.
    world.fake.then(reset());
    world.areDue(Map.of("jay", 90, "kid", 10));

    Eventually.until("the second one is refreshed", () -> world.refreshed().contains("kid"));

    world.awaitRefreshed("kid");
    assertThat(world.fake.requests()).as("one for each").hasSize(before + 2);
    world.awaitRecords(2);
    Eventually.until("all is settled", () -> world.recorded().compareTo(world.spent()) == 0);
    assertThat(world.spent()).isEqualByComparingTo("0.022");
    Eventually.until("it is remembered", () -> world.passedOver("in_vain") >= 1);
    assertThat(world.fake.requests()).hasSize(before + 2);
  }

  @Test
  void answersOfExperimentsArmsAreLeftAloneAndCounted() {
    world.keep(List.of("lark", "mole"));
    world.database.execute(
        "UPDATE response_cache SET experiment = 'words', variant = 'short' WHERE user_id = 'lark'");
    world.areDue(Map.of("lark", 90, "mole", 10));

    Eventually.until("the other one is refreshed", () -> world.refreshed().contains("mole"));

    world.awaitRefreshed("mole");
    // They are counted when a run begins: that which refreshed the other one may have begun before.
    Eventually.until("they are counted", () -> world.passedOver("experiment") >= 1);
  }

  @Test
  void answersThatCannotBeAskedForAgainKeepNoOthersFromIt() {
    world.keep(List.of("ant"));
    world.keepOfAFunctionThatIsGone(260);
    var hits = new HashMap<>(Map.of("ant", 60));
    IntStream.rangeClosed(1, 260).forEach(g -> hits.put("old" + g, 1_000));
    // All in the same moment: they stand before the one that can be asked for.
    world.areDue(hits);

    Eventually.until(
        "the one that can is refreshed", () -> world.refreshed().equals(List.of("ant")));

    assertThat(world.passedOver("changed")).isEqualTo(260);
  }
}
