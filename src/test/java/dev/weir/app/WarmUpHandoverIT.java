package dev.weir.app;

import static dev.weir.testing.Turn.agentCompleted;
import static org.assertj.core.api.Assertions.assertThat;

import dev.weir.testing.Eventually;
import dev.weir.testing.TestDatabase;
import java.io.IOException;
import java.math.BigDecimal;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** Warm-up changes hands in the middle of a run: the day's budget holds over both nodes. */
@ExtendWith(TestDatabase.Extension.class)
class WarmUpHandoverIT {
  private WarmUpWorld world;

  @BeforeEach
  void start(TestDatabase database, @TempDir Path directory) throws IOException {
    world = new WarmUpWorld(database, directory, "0.07", 2);
    world.keep(List.of("ant", "bee", "cat", "dog", "eel", "fox"));
  }

  @AfterEach
  void stop() {
    world.close();
  }

  private void due() {
    world.areDue(Map.of("ant", 10, "bee", 60, "cat", 30, "dog", 50, "eel", 20, "fox", 40));
  }

  private CompletableFuture<Void> gate() {
    var gate = new CompletableFuture<Void>();
    world.fake.always(agentCompleted("A fresh answer.").tokens(100, 200).once(gate));
    return gate;
  }

  @Test
  void whatIsUnderWayWhenItsNodeGoesDownIsSettledByWhatItDidCost() {
    var before = world.fake.requests().size();
    gate();
    due();
    Eventually.until("two are under way", () -> world.fake.requests().size() == before + 2);

    world.weir.close();

    world.awaitRecords(2);
    assertThat(world.spent()).isEqualByComparingTo(world.recorded());
  }

  @Test
  void twoLeadersOneAfterTheOtherSpendNoMoreThanTheDayHasTogether() {
    var before = world.fake.requests().size();
    var gate = gate();
    due();
    Eventually.until("two are under way", () -> world.fake.requests().size() == before + 2);
    var first = world.weir;
    var leader =
        world.database.value("SELECT holder FROM job_leases WHERE job_name = 'cache-warm-up'");
    world.startAgain();
    try {
      Eventually.until(
          "the other leads too",
          () -> {
            // Not that of the other, which would write nothing then.
            world.database.execute(
                "UPDATE job_leases SET expires_at = now() - interval '1 second' WHERE job_name ="
                    + " 'cache-warm-up' AND holder = ?",
                leader);
            return world.fake.requests().size() >= before + 3 || world.passedOver("budget") > 0;
          });
      assertThat(world.spent()).isLessThanOrEqualTo(new BigDecimal("0.07"));
      gate.complete(null);
      // 0.012 each: after five of them 0.01 are left, and a call may cost 0.02.
      Eventually.until(
          "nothing fits any more, and all is settled",
          () ->
              world.spent().compareTo(new BigDecimal("0.06")) == 0
                  && world.recorded().compareTo(world.spent()) == 0);
    } finally {
      first.close();
    }
  }
}
