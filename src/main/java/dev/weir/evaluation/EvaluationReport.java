package dev.weir.evaluation;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.weir.core.Json;
import dev.weir.core.Usd;
import dev.weir.experiments.stats.PairedMean;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.function.Predicate;

/**
 * What may be said of scored items. The user is the unit: the mean score of a user's items is one
 * observation, in an order that knows nothing of scores, and the difference of candidate and
 * baseline is bounded by {@link PairedMean} at {@value #ALPHA} over the number of scorers. Of an
 * evaluation that stopped early only users count before whom, and of whom, nothing is missing:
 * which items were quick or cheap enough to be in already would not be a fair draw. Pure; takes
 * time in proportion to items and scorers.
 */
final class EvaluationReport {
  /** The error of all scorers together. */
  static final double ALPHA = 0.05;

  private final List<String> scorers;
  private final int units;
  private final int unitsExpected;

  /**
   * A report by these scorers.
   *
   * @param units how many users the whole evaluation has
   * @param unitsExpected how many of them have an item with an expected answer
   */
  EvaluationReport(List<String> scorers, int units, int unitsExpected) {
    this.scorers = scorers;
    this.units = units;
    this.unitsExpected = unitsExpected;
  }

  /** The report of these items, which come in the order of their positions. */
  ObjectNode of(List<Scored> all) {
    var users = whole(all);
    var items = users.stream().flatMap(List::stream).toList();
    var json = Json.object();
    json.put("items", items.size())
        .put("users", users.size())
        .put("gone", count(items, Scored::gone))
        .put("left_out", all.size() - items.size())
        .put("alpha", ALPHA)
        .put("alpha_of_each", ALPHA / scorers.size());
    var lines = json.putArray("scorers");
    scorers.forEach(scorer -> lines.add(line(scorer, users)));
    var both = count(items, s -> s.same().isPresent());
    var same = count(items, s -> s.same().orElse(false));
    var agreement = json.putObject("agreement").put("both_answered", both).put("same", same);
    if (both > 0) {
      agreement.put("share", (double) same / both);
    }
    json.set("baseline", side(items, Scored::baseline));
    json.set("candidate", side(items, Scored::candidate));
    return json;
  }

  /** Takes the findings out: what made an evaluation fail may be in its scores. */
  static void findNothing(ObjectNode report) {
    report.path("scorers").forEach(line -> ((ObjectNode) line).remove("finding"));
  }

  /** The items of each user, up to the first item that is missing. */
  private static List<List<Scored>> whole(List<Scored> all) {
    var users = new ArrayList<List<Scored>>();
    var user = new ArrayList<Scored>();
    for (var i = 0; i < all.size() && all.get(i).position() == i; i++) {
      user.add(all.get(i));
      if (user.size() == all.get(i).unitItems()) {
        users.add(List.copyOf(user));
        user.clear();
      }
    }
    return users;
  }

  private ObjectNode line(String scorer, List<List<Scored>> users) {
    var known = scorer.equals("exact") || scorer.equals("contains");
    var line = new ScorerLine(scorer, known, ALPHA / scorers.size(), known ? unitsExpected : units);
    users.forEach(line::user);
    return line.json();
  }

  private static ObjectNode side(List<Scored> items, Function<Scored, Scored.Side> which) {
    var sides =
        items.stream().map(which).filter(s -> !s.word().equals(Outcome.GONE.word())).toList();
    var errors = new TreeMap<String, Integer>();
    sides.stream()
        .map(Scored.Side::word)
        .filter(word -> !word.equals(Outcome.OK))
        .forEach(word -> errors.merge(word, 1, Integer::sum));
    var took =
        sides.stream()
            .filter(s -> s.word().equals(Outcome.OK))
            .flatMap(s -> s.took().stream())
            .sorted()
            .toList();
    var costs = sides.stream().flatMap(s -> s.cost().stream()).toList();
    var json =
        Json.object()
            .put("answered", sides.size() - errors.values().stream().mapToInt(i -> i).sum());
    var failed = json.putObject("failed");
    errors.forEach(failed::put);
    json.put("p50_ms", took.isEmpty() ? null : median(took).toMillis());
    json.put("mean_cost_usd", costs.isEmpty() ? null : mean(costs));
    return json;
  }

  private static Duration median(List<Duration> sorted) {
    var upper = sorted.get(sorted.size() / 2);
    return sorted.size() % 2 == 1
        ? upper
        : sorted.get(sorted.size() / 2 - 1).plus(upper).dividedBy(2);
  }

  private static BigDecimal mean(List<Usd> costs) {
    return costs.stream()
        .reduce(Usd.ZERO, Usd::plus)
        .dollars()
        .divide(BigDecimal.valueOf(costs.size()), 9, RoundingMode.HALF_UP);
  }

  private static int count(List<Scored> items, Predicate<Scored> which) {
    return (int) items.stream().filter(which).count();
  }
}
