package dev.weir.evaluation;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.weir.core.Json;
import dev.weir.experiments.stats.PairedMean;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;
import java.util.function.ToDoubleFunction;

/**
 * What one scorer says of whole users. An item that lacks a score on either side, since its judge
 * or a version's provider failed, is left out, and which ones lack it may well have to do with how
 * good they are (a judge's provider may refuse just the bad ones). So nothing is found where more
 * than {@value #MOST_MISSING} of them do, be it of the items, or of the users with each of them
 * weighed alike.
 */
final class ScorerLine {
  /** The share of pairs that may lack a score. */
  static final double MOST_MISSING = 0.02;

  /** The finding where more do. */
  static final String TOO_MUCH_MISSING = "too_much_missing";

  private final String scorer;
  private final boolean needsExpected;
  private final PairedMean paired;
  private final Means baseline = new Means();
  private final Means candidate = new Means();
  private int items;
  private int withoutExpected;
  private int withoutScore;
  private int missingBaseline;
  private int missingCandidate;

  /** Users with an item that could have a score, and the sum of their shares that have none. */
  private int users;

  private double missingShares;

  /**
   * A line of a scorer.
   *
   * @param alpha the error that it may have
   * @param most how many users it could see at most
   */
  ScorerLine(String scorer, boolean needsExpected, double alpha, int most) {
    this.scorer = scorer;
    this.needsExpected = needsExpected;
    this.paired = new PairedMean(alpha, Math.max(1, most));
  }

  /** Adds a user with all its items. */
  void user(List<Scored> all) {
    var asked = all.stream().filter(s -> !s.gone()).toList();
    var pairs =
        asked.stream()
            .map(s -> s.scores().getOrDefault(scorer, Optional.empty()))
            .flatMap(Optional::stream)
            .toList();
    var none = asked.size() - pairs.size();
    if (needsExpected) {
      withoutExpected += none;
    } else {
      withoutScore += none;
      missingBaseline += none;
      missingCandidate += none;
    }
    missingBaseline += count(pairs, pair -> pair.baseline().isEmpty());
    missingCandidate += count(pairs, pair -> pair.candidate().isEmpty());
    var whole = pairs.stream().filter(Scored.Pair::whole).toList();
    withoutScore += pairs.size() - whole.size();
    items += whole.size();
    var possible = needsExpected ? pairs.size() : asked.size();
    if (possible > 0) {
      users++;
      missingShares += (double) (possible - whole.size()) / possible;
    }
    if (!whole.isEmpty()) {
      paired.observe(
          baseline.user(whole, pair -> pair.baseline().orElseThrow()),
          candidate.user(whole, pair -> pair.candidate().orElseThrow()));
    }
  }

  private static int count(List<Scored.Pair> pairs, Predicate<Scored.Pair> which) {
    return (int) pairs.stream().filter(which).count();
  }

  private boolean tooMuchMissing() {
    return withoutScore > MOST_MISSING * (items + withoutScore)
        || missingShares > MOST_MISSING * users;
  }

  /** The line as it is reported; without a finding where no item could have a score. */
  ObjectNode json() {
    var json = Json.object().put("scorer", scorer).put("items", items).put("users", baseline.users);
    if (needsExpected) {
      json.put("without_expected", withoutExpected);
    }
    json.put("without_score", withoutScore)
        .put("missing_baseline", missingBaseline)
        .put("missing_candidate", missingCandidate);
    if (items > 0) {
      json.put("baseline_mean", baseline.mean())
          .put("candidate_mean", candidate.mean())
          .put("baseline_items_mean", baseline.itemsMean())
          .put("candidate_items_mean", candidate.itemsMean());
    }
    if (tooMuchMissing()) {
      return json.put("finding", TOO_MUCH_MISSING);
    }
    if (items > 0) {
      var estimate = paired.estimate();
      json.put("difference", candidate.mean() - baseline.mean())
          .put("lower", Math.max(-1, estimate.lower()))
          .put("upper", Math.min(1, estimate.upper()))
          .put("p_value", estimate.pValue())
          .put("finding", finding(estimate.lower(), estimate.upper()));
    }
    return json;
  }

  private static String finding(double lower, double upper) {
    return lower > 0 ? "better" : upper < 0 ? "worse" : "no_difference_found";
  }

  /** Means over users, and over items. */
  private static final class Means {
    private int users;
    private double sum;
    private int items;
    private double itemsSum;

    /** Adds a user; the mean of its scores. */
    double user(List<Scored.Pair> pairs, ToDoubleFunction<Scored.Pair> score) {
      var total = pairs.stream().mapToDouble(score).sum();
      // A mean of ones must not be above one.
      var mean = Math.clamp(total / pairs.size(), 0, 1);
      users++;
      sum += mean;
      items += pairs.size();
      itemsSum += total;
      return mean;
    }

    double mean() {
      return sum / users;
    }

    double itemsMean() {
      return itemsSum / items;
    }
  }
}
