package dev.weir.experiments;

import dev.weir.experiments.ExperimentPlan.Rail;
import dev.weir.experiments.ExperimentPlan.Watched;
import dev.weir.experiments.stats.Arm;
import dev.weir.experiments.stats.BoundedComparison;
import dev.weir.experiments.stats.EpochRule;
import dev.weir.experiments.stats.Estimate;
import dev.weir.experiments.stats.Guardrail;
import dev.weir.experiments.stats.GuardrailVerdict;
import dev.weir.experiments.stats.QuantileEffect;
import dev.weir.experiments.stats.RatioComparison;
import dev.weir.experiments.stats.RatioSums;
import dev.weir.experiments.stats.Sketch;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;

/** One arm beside control, as users come one by one. Constant room. Not thread-safe. */
final class Comparison {
  private static final double TAIL = 0.95;

  private final Errors errors;
  private final BoundedComparison primary;
  private final BoundedComparison answers;
  private final Map<Rail, Guardrail> rails = new HashMap<>();
  private final Map<Integer, Costs> costs = new TreeMap<>();
  private final Map<Odds, Tails> tails = new LinkedHashMap<>();

  /**
   * What is fixed before the start.
   *
   * @param alpha of this comparison
   * @param railAlpha of each guardrail of it, one-sided
   * @param users when a decision is expected
   * @param alertUsers when harm should have been noticed
   * @param rule how epochs are put together
   * @param floor below which no arm's probability falls
   */
  record Errors(
      double alpha, double railAlpha, long users, long alertUsers, EpochRule rule, double floor) {}

  /** Cost and successes of both arms' users in one epoch. */
  private record Costs(RatioSums control, RatioSums treated) {
    static final Costs NONE = new Costs(RatioSums.NONE, RatioSums.NONE);
  }

  /** The probabilities under which a user was drawn. */
  record Odds(double control, double treated) {
    boolean tell() {
      return control > 0 && treated > 0;
    }
  }

  /** The buckets of both arms' first trials under the same odds, with their counts. */
  private record Tails(Map<Integer, Long> control, Map<Integer, Long> treated) {
    Tails() {
      this(new HashMap<>(), new HashMap<>());
    }
  }

  Comparison(Errors errors, List<Rail> guardrails) {
    this.errors = errors;
    this.primary =
        new BoundedComparison(errors.alpha(), errors.users(), errors.rule(), errors.floor());
    this.answers =
        new BoundedComparison(errors.alpha(), errors.users(), errors.rule(), errors.floor());
    for (var rail : guardrails) {
      if (rail.watched() != Watched.COST_PER_SUCCESS) {
        rails.put(rail, new Guardrail(rail.margin(), errors.railAlpha(), errors.alertUsers()));
      }
    }
  }

  /** A user with a judged trial. */
  void share(Arm side, double share, Odds odds) {
    primary.observe(side, share, odds.control(), odds.treated());
  }

  /** The share of a user's trials of which an opinion was given. */
  void answered(Arm side, double share, Odds odds) {
    answers.observe(side, share, odds.control(), odds.treated());
  }

  /** What a user of either arm has cost. */
  void cost(Arm side, int epoch, double cost, long successes) {
    var was = costs.getOrDefault(epoch, Costs.NONE);
    switch (side) {
      case CONTROL ->
          costs.put(epoch, new Costs(was.control().with(cost, (double) successes), was.treated()));
      case TREATED ->
          costs.put(epoch, new Costs(was.control(), was.treated().with(cost, (double) successes)));
      case OTHER -> {}
    }
  }

  /** A user's first trial. */
  void first(Arm side, FirstTrial trial, Odds odds) {
    rails.forEach(
        (rail, guardrail) ->
            guardrail.observe(side, harmed(rail, trial), odds.control(), odds.treated()));
    if (odds.tell()) {
      var same = tails.computeIfAbsent(odds, _ -> new Tails());
      var bucket = Sketch.bucket((double) trial.latencyMs());
      switch (side) {
        case CONTROL -> same.control().merge(bucket, 1L, Long::sum);
        case TREATED -> same.treated().merge(bucket, 1L, Long::sum);
        case OTHER -> {}
      }
    }
  }

  private static boolean harmed(Rail rail, FirstTrial trial) {
    return switch (rail.watched()) {
      case FAILED -> trial.failed();
      case SLOW -> trial.unanswered() || trial.latencyMs() > rail.overMs();
      case COST_PER_SUCCESS -> false;
    };
  }

  Estimate effect() {
    return primary.estimate();
  }

  /** How much more often users of the arm say what they think. */
  Estimate answers() {
    return answers.estimate();
  }

  /**
   * The 95th percentile of first trials, in ms; compared among users who were drawn under the same
   * odds, so that what changes with time changes it for both arms.
   */
  Estimate tail() {
    var stretches = new ArrayList<QuantileEffect.Stretch>();
    tails.forEach(
        (odds, of) ->
            stretches.add(
                new QuantileEffect.Stretch(
                    sketch(of.control()), sketch(of.treated()), odds.control(), odds.treated())));
    return new QuantileEffect(TAIL, errors.alpha(), errors.users())
        .difference(stretches, errors.rule());
  }

  private static Sketch sketch(Map<Integer, Long> buckets) {
    return new Sketch(
        buckets.keySet().stream().mapToInt(Integer::intValue).toArray(),
        buckets.values().stream().mapToLong(Long::longValue).toArray());
  }

  Estimate costPerSuccess(Judged now, Judged.Arm arm) {
    return RatioComparison.difference(
        epochs(now, arm), errors.rule(), errors.alpha(), errors.users());
  }

  GuardrailVerdict verdict(Judged now, Judged.Arm arm, Rail rail) {
    return rail.watched() == Watched.COST_PER_SUCCESS
        ? Guardrail.costPerSuccess(
            epochs(now, arm), errors.rule(), rail.margin(), errors.railAlpha(), errors.alertUsers())
        : Objects.requireNonNull(rails.get(rail)).verdict();
  }

  private List<RatioComparison.Epoch> epochs(Judged now, Judged.Arm arm) {
    var all = new ArrayList<RatioComparison.Epoch>();
    costs.forEach(
        (epoch, sums) -> {
          var odds = now.odds(epoch, now.control(), arm.name());
          if (odds.tell()) {
            all.add(
                new RatioComparison.Epoch(
                    sums.control(), sums.treated(), odds.control(), odds.treated()));
          }
        });
    return all;
  }
}
