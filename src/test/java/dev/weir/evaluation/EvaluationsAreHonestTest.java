package dev.weir.evaluation;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

/**
 * Two equal versions, over and over: users with one item and users with thirty, whose items are
 * alike, and somebody who looks after every tenth user and stops at the first difference.
 */
class EvaluationsAreHonestTest {
  private static final int EVALUATIONS = 2_000;
  private static final int USERS = 60;
  private static final Scored.Side FINE = new Scored.Side("ok", Optional.empty(), Optional.empty());

  /** Some users are better served by one version and some by the other; on the whole none is. */
  private static List<Scored> items(SplittableRandom random) {
    var items = new ArrayList<Scored>();
    for (var user = 0; user < USERS; user++) {
      var many = random.nextInt(10) == 0 ? 30 : 1 + random.nextInt(3);
      var baseline = random.nextDouble();
      var candidate = random.nextDouble();
      for (var i = 0; i < many; i++) {
        items.add(
            new Scored(
                items.size(),
                user,
                many,
                "u" + user,
                Optional.empty(),
                FINE,
                FINE,
                Optional.empty(),
                Map.of(
                    "judge:j",
                    Optional.of(
                        new Scored.Pair(
                            random.nextDouble() < baseline ? 1 : 0,
                            random.nextDouble() < candidate ? 1 : 0)))));
      }
    }
    return items;
  }

  /** The same items as if each were a user of its own. */
  private static List<Scored> asIfIndependent(List<Scored> items) {
    return items.stream()
        .map(
            s ->
                new Scored(
                    s.position(),
                    s.position(),
                    1,
                    "u" + s.position(),
                    s.source(),
                    s.baseline(),
                    s.candidate(),
                    s.same(),
                    s.scores()))
        .toList();
  }

  private static boolean everFinds(List<Scored> items, int units) {
    var report = new EvaluationReport(List.of("judge:j"), units, 0);
    for (var users = 10; users <= units; users += 10) {
      var most = users;
      var so = report.of(items.stream().filter(s -> s.unit() < most).toList());
      if (!so.at("/scorers/0/finding").asText().equals("no_difference_found")) {
        return true;
      }
    }
    return false;
  }

  @Test
  void equalVersionsAreRarelyFoundDifferentHoweverOftenOneLooks() {
    var random = new SplittableRandom(20261130);
    var found = 0;
    for (var i = 0; i < EVALUATIONS; i++) {
      found += everFinds(items(random), USERS) ? 1 : 0;
    }

    assertThat(found).isLessThan((int) (EVALUATIONS * EvaluationReport.ALPHA));
  }

  @Test
  void countingItemsInsteadOfUsersWouldFindFarMore() {
    var random = new SplittableRandom(20261130);
    var some = EVALUATIONS / 10;
    var found = 0;
    for (var i = 0; i < some; i++) {
      var items = asIfIndependent(items(random));
      found += everFinds(items, items.size()) ? 1 : 0;
    }

    assertThat(found).isGreaterThan((int) (some * 3 * EvaluationReport.ALPHA));
  }

  @Test
  void aBetterVersionIsFound() {
    var random = new SplittableRandom(7);
    var found = 0;
    var some = 200;
    for (var i = 0; i < some; i++) {
      var items = new ArrayList<Scored>();
      for (var user = 0; user < 200; user++) {
        items.add(
            new Scored(
                user,
                user,
                1,
                "u" + user,
                Optional.empty(),
                FINE,
                FINE,
                Optional.empty(),
                Map.of(
                    "judge:j",
                    Optional.of(
                        new Scored.Pair(
                            random.nextDouble() < 0.5 ? 1 : 0,
                            random.nextDouble() < 0.75 ? 1 : 0)))));
      }
      found +=
          new EvaluationReport(List.of("judge:j"), 200, 0)
                  .of(items)
                  .at("/scorers/0/finding")
                  .asText()
                  .equals("better")
              ? 1
              : 0;
    }

    assertThat(found).isGreaterThan(some * 8 / 10);
  }
}
