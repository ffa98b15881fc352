package dev.weir.app;

import static dev.weir.testing.Turn.agentCompleted;
import static dev.weir.testing.Turn.agentIncomplete;
import static org.assertj.core.api.Assertions.assertThat;

import dev.weir.testing.Eventually;
import dev.weir.testing.TestDatabase;
import java.io.IOException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/**
 * Warm-up asks for several answers at a time, and refreshes the same ones within the same budget as
 * if it asked for one after the other.
 */
@ExtendWith(TestDatabase.Extension.class)
class WarmUpAtOnceIT {
  /** So many hits are worth more than what those that are gone would save. */
  private static final int MOST = 1_000_000;

  @TempDir private Path directory;
  private Optional<WarmUpWorld> started = Optional.empty();

  private WarmUpWorld start(TestDatabase database, String budget, int atOnce) throws IOException {
    var world = new WarmUpWorld(database, directory, budget, atOnce);
    started = Optional.of(world);
    return world;
  }

  @AfterEach
  void stop() {
    started.ifPresent(WarmUpWorld::close);
  }

  /** From now on the provider answers nobody before the gate is opened. */
  private static CompletableFuture<Void> gate(WarmUpWorld world) {
    var gate = new CompletableFuture<Void>();
    world.fake.always(agentCompleted("A fresh answer.").tokens(100, 200).once(gate));
    return gate;
  }

  /** Hits of some that come before those that are gone, and of others that come after them. */
  private static Map<String, Integer> aboveThoseThatAreGone(
      Map<String, Integer> above, int gone, Map<String, Integer> below) {
    var hits = new HashMap<>(above);
    IntStream.rangeClosed(1, gone).forEach(g -> hits.put("old" + g, 1_000));
    hits.putAll(below);
    return hits;
  }

  /** What the provider was asked after so many requests. */
  private static List<String> askedAfter(WarmUpWorld world, int before) {
    var requests = world.fake.requests();
    return requests.subList(before, requests.size()).stream()
        .map(seen -> seen.body().toString().replaceAll("(?s).*Tell of (\\w+)\\..*", "$1"))
        .toList();
  }

  @Test
  void soManyAreAskedForAtATimeAndTheMostValuableFirst(TestDatabase database) throws IOException {
    var world = start(database, "10", 3);
    world.keep(List.of("ant", "bee", "cat", "dog", "eel", "fox", "gnu"));
    var before = world.fake.requests().size();
    var gate = gate(world);
    world.areDue(
        Map.of("ant", 10, "bee", 60, "cat", 30, "dog", 50, "eel", 20, "fox", 40, "gnu", 15));

    Eventually.until("three are under way", () -> askedAfter(world, before).size() == 3);
    assertThat(askedAfter(world, before)).containsExactlyInAnyOrder("bee", "dog", "fox");
    assertThat(world.spent()).as("each with its worst price").isEqualByComparingTo("0.06");
    gate.complete(null);

    world.awaitRefreshed("ant", "bee", "cat", "dog", "eel", "fox", "gnu");
    assertThat(world.fake.highWater()).isEqualTo(3);
    world.awaitRecords(7);
    Eventually.until("all is settled", () -> world.recorded().compareTo(world.spent()) == 0);
    assertThat(world.spent()).isEqualByComparingTo("0.084");
    assertThat(world.passedOver("budget")).isZero();
  }

  @Test
  void whatOnlyReservationsUnderWayKeepOutWaitsForThemAndIsNotPassedOver(TestDatabase database)
      throws IOException {
    var world = start(database, "0.05", 4);
    world.keep(List.of("ant", "bee", "cat", "dog", "eel", "fox"));
    var before = world.fake.requests().size();
    var gate = gate(world);
    world.areDue(Map.of("ant", 10, "bee", 60, "cat", 30, "dog", 50, "eel", 20, "fox", 40));

    // Two may cost 0.04 together: the third could bring it to 0.06, and will not.
    Eventually.until("two are under way", () -> askedAfter(world, before).size() == 2);
    assertThat(askedAfter(world, before)).containsExactlyInAnyOrder("bee", "dog");
    assertThat(world.passedOver("budget")).isZero();
    gate.complete(null);

    Eventually.until("those after the third do not fit", () -> world.passedOver("budget") >= 3);
    world.awaitRefreshed("bee", "dog", "fox");
    assertThat(world.spent()).isEqualByComparingTo("0.036");
    world.awaitRecords(3);
    assertThat(world.recorded()).isEqualByComparingTo("0.036");
  }

  @Test
  void whileACallTakesItsTimeThoseOfTheNextLookHaveTheirTurn(TestDatabase database)
      throws IOException {
    var world = start(database, "10", 2);
    world.keep(List.of("ant", "bee", "cat"));
    world.keepOfAFunctionThatIsGone(49);
    var before = world.fake.requests().size();
    var gate = new CompletableFuture<Void>();
    world.fake.whoSays("of ant", agentCompleted("A slow answer.").tokens(100, 200).once(gate));
    // The first look finds the slow one and those that are gone.
    world.areDue(aboveThoseThatAreGone(Map.of("ant", MOST), 49, Map.of("bee", 20, "cat", 10)));

    Eventually.until("two others are refreshed", () -> world.refreshed().size() == 2);

    assertThat(world.refreshed()).containsExactly("bee", "cat");
    assertThat(askedAfter(world, before))
        .containsExactlyInAnyOrder("ant", "bee", "cat")
        .endsWith("cat");
    gate.complete(null);
    world.awaitRefreshed("ant", "bee", "cat");
    world.awaitRecords(3);
    Eventually.until("all is settled", () -> world.recorded().compareTo(world.spent()) == 0);
    assertThat(askedAfter(world, before)).as("none twice").hasSize(3);
  }

  @Test
  void whereAllThatIsLeftIsReservedTheNextLookWaitsForWhatComesBack(TestDatabase database)
      throws IOException {
    var world = start(database, "0.06", 4);
    world.keep(List.of("ant", "bee", "cat", "dog", "lark"));
    // Each run counts it once, when it begins.
    database.execute("UPDATE response_cache SET experiment = 'words' WHERE user_id = 'lark'");
    world.keepOfAFunctionThatIsGone(47);
    var before = world.fake.requests().size();
    var first = gate(world);
    world.areDue(
        aboveThoseThatAreGone(
            Map.of("ant", MOST, "bee", MOST - 1, "cat", MOST - 2),
            47,
            Map.of("dog", 20, "lark", 10)));
    Eventually.until("three are under way", () -> askedAfter(world, before).size() == 3);
    Eventually.until("all of the first look are seen", () -> world.passedOver("changed") == 47);
    assertThat(world.spent()).isEqualByComparingTo("0.06");
    var runs = world.passedOver("experiment");
    var second = gate(world);

    first.complete(null);
    Eventually.until("the fourth is under way", () -> askedAfter(world, before).size() == 4);

    assertThat(world.passedOver("experiment")).as("in the same run").isEqualTo(runs);
    second.complete(null);
    world.awaitRefreshed("ant", "bee", "cat", "dog");
    world.awaitRecords(4);
    Eventually.until("all is settled", () -> world.recorded().compareTo(world.spent()) == 0);
    assertThat(world.spent()).isEqualByComparingTo("0.048");
  }

  @Test
  void whatSomebodyHasAskedForMeanwhileIsNotPaidForTwice(TestDatabase database) throws IOException {
    var world = start(database, "10", 1);
    world.keep(List.of("ant", "bee", "cat"));
    var before = world.fake.requests().size();
    var gate = gate(world);
    world.areDue(Map.of("ant", 30, "bee", 20, "cat", 10));
    Eventually.until("the first is under way", () -> askedAfter(world, before).size() == 1);

    database.execute(
        "UPDATE response_cache SET created_at = now(), warm_from = now() + interval '480 seconds',"
            + " expires_at = now() + interval '600 seconds' WHERE user_id = 'bee'");
    gate.complete(null);

    world.awaitRefreshed("ant", "bee", "cat");
    assertThat(askedAfter(world, before)).containsExactly("ant", "cat");
    world.awaitRecords(2);
  }

  @Test
  void anAnswerThatIsNoneToKeepIsPaidForOnce(TestDatabase database) throws IOException {
    var world = start(database, "10", 2);
    world.keep(List.of("ant"));
    var before = world.fake.requests().size();
    world.fake.always(agentIncomplete("Cut off at its").tokens(100, 1_000));
    world.areDue(Map.of("ant", 30));

    Eventually.until("it was found due again", () -> world.passedOver("in_vain") >= 1);

    assertThat(askedAfter(world, before)).containsExactly("ant");
    Eventually.until("all is settled", () -> world.recorded().compareTo(world.spent()) == 0);
    assertThat(world.spent()).isEqualByComparingTo("0.02");
    assertThat(world.refreshed()).isEmpty();
  }

  @Test
  void whatIsStoredLateWasNotAskedForInVain(TestDatabase database) throws Exception {
    var world = start(database, "10", 2);
    world.keep(List.of("ant"));
    var before = world.fake.requests().size();
    world.areDue(Map.of("ant", 30));
    try (var slow = database.connect();
        var lock = slow.createStatement()) {
      slow.setAutoCommit(false);
      lock.execute("SELECT FROM response_cache WHERE user_id = 'ant' FOR UPDATE");

      // Looks come every second; a statement may take ten.
      Eventually.until(
          "it has been waiting to be stored for seconds",
          () ->
              database.count(
                      "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND"
                          + " wait_event_type = 'Lock' AND query LIKE '%weir_cache_store%' AND"
                          + " query_start < clock_timestamp() - interval '7 seconds'")
                  == 1);
      slow.rollback();
    }

    world.awaitRefreshed("ant");
    assertThat(world.passedOver("in_vain")).isZero();
    assertThat(askedAfter(world, before)).containsExactly("ant");
    // Due once more, it is asked for once more.
    world.areDue(Map.of("ant", 30));
    world.awaitRefreshed("ant");
    assertThat(askedAfter(world, before)).containsExactly("ant", "ant");
  }

  @Test
  void whatTheDatabaseDoesNotTakeIsNotPaidForAgainInTheNextRun(TestDatabase database)
      throws IOException {
    var world = start(database, "10", 2);
    world.keep(List.of("ant", "lark"));
    // Each run counts it once, when it begins.
    database.execute("UPDATE response_cache SET experiment = 'words' WHERE user_id = 'lark'");
    database.execute(
        "ALTER TABLE response_cache ADD CONSTRAINT taken CHECK (created_at < now() - interval '8"
            + " minutes' OR user_id <> 'ant') NOT VALID");
    try {
      var before = world.fake.requests().size();
      world.areDue(Map.of("ant", 30, "lark", 10));

      Eventually.until("it was paid for", () -> world.passedOver("in_vain") == 1);
      var runs = world.passedOver("experiment");
      Eventually.until("two more have run", () -> world.passedOver("experiment") >= runs + 2);

      assertThat(world.passedOver("in_vain")).isOne();
      assertThat(askedAfter(world, before)).containsExactly("ant");
    } finally {
      database.execute("ALTER TABLE response_cache DROP CONSTRAINT taken");
    }
  }

  @Test
  void whereItsAccountMayHaveFewerCallsAtOnceItHasFewerAndARunGoesOn(TestDatabase database)
      throws IOException {
    var world = start(database, "10", 4);
    world.limit("{\"concurrent_calls\": 2}");
    world.keep(List.of("ant", "bee", "cat", "dog", "eel", "fox", "lark"));
    // Each run counts it once, when it begins.
    database.execute("UPDATE response_cache SET experiment = 'words' WHERE user_id = 'lark'");
    var before = world.fake.requests().size();
    var first = gate(world);
    world.areDue(
        Map.of("ant", 60, "bee", 50, "cat", 40, "dog", 30, "eel", 20, "fox", 10, "lark", 90));
    Eventually.until("two are under way", () -> askedAfter(world, before).size() == 2);
    var runs = world.passedOver("experiment");
    var second = gate(world);

    first.complete(null);
    Eventually.until("two others are", () -> askedAfter(world, before).size() == 4);

    assertThat(world.passedOver("experiment")).as("in the same run").isEqualTo(runs);
    second.complete(null);
    world.awaitRefreshed("ant", "bee", "cat", "dog", "eel", "fox");
    assertThat(world.fake.highWater()).isEqualTo(2);
    world.awaitRecords(6);
    Eventually.until("all is settled", () -> world.recorded().compareTo(world.spent()) == 0);
  }

  @Test
  void aLimitOfItsAccountEndsARunAndWhatIsUnderWayGoesOn(TestDatabase database) throws IOException {
    var world = start(database, "10", 2);
    world.limit("{\"calls_per_day\": 3}");
    world.keep(List.of("ant", "bee", "cat", "dog", "eel"));
    var before = world.fake.requests().size();
    world.areDue(Map.of("ant", 50, "bee", 40, "cat", 30, "dog", 20, "eel", 10));

    world.awaitRefreshed("ant", "bee", "cat");
    world.awaitRecords(3);
    Eventually.until(
        "what the refused one had reserved is given back",
        () -> world.spent().compareTo(world.recorded()) == 0);
    assertThat(askedAfter(world, before)).containsExactlyInAnyOrder("ant", "bee", "cat");
  }
}
