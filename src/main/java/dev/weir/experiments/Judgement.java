package dev.weir.experiments;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.weir.core.Json;
import dev.weir.experiments.ExperimentPlan.Primary;
import dev.weir.experiments.ExperimentPlan.Rail;
import dev.weir.experiments.stats.Alpha;
import dev.weir.experiments.stats.Arm;
import dev.weir.experiments.stats.EpochRule;
import dev.weir.experiments.stats.Estimate;
import dev.weir.experiments.stats.Posterior;
import dev.weir.experiments.stats.RatioSums;
import dev.weir.experiments.stats.SampleRatio;
import dev.weir.experiments.stats.Standing;
import dev.weir.experiments.stats.Thompson;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;

/**
 * What the users of one experiment say of its arms. Users are given one by one, in the orders that
 * docs/statistics.md asks for, and are not kept: it may be finished after any of them, and taking
 * them in several goes is the same as taking them in one. Not thread-safe.
 */
final class Judgement {
  private static final long ALERT_USERS = 100;
  private static final int ALERT_SHARE = 10;

  private final Shape shape;
  private final String control;
  private final Map<String, Comparison> comparisons = new LinkedHashMap<>();
  private final Map<String, double[]> shares = new HashMap<>();
  private final Map<String, RatioSums> answers = new HashMap<>();
  private final Entered entered;

  /** What users were taken under: with another, all of them must be taken again. */
  private record Shape(
      ExperimentPlan plan, Map<String, Integer> from, String control, double floor) {
    static Shape of(Judged experiment) {
      var from = new LinkedHashMap<String, Integer>();
      experiment.arms().forEach(arm -> from.put(arm.name(), arm.from()));
      return new Shape(experiment.plan(), from, experiment.control(), experiment.floor());
    }
  }

  /** A broken guardrail. */
  record Broken(String arm, Rail rail, ObjectNode data) {}

  /**
   * What came of it.
   *
   * @param json for readers
   * @param broken the arms to be switched off, each once
   * @param significant the arms that differ from control, with their estimates
   * @param posteriors of the arms that users are sent to, in their order
   * @param entered whether as many entered from each arm as were sent there
   */
  record Result(
      ObjectNode json,
      List<Broken> broken,
      Map<String, Estimate> significant,
      Map<String, Posterior> posteriors,
      SampleRatio entered) {

    /** The weights of a bandit's next epoch, of the arms that users are sent to. */
    Map<String, Double> weights(ExperimentPlan plan) {
      var arms = List.copyOf(posteriors.keySet());
      var floor = Math.min(plan.banditFloor(), 1.0 / arms.size());
      var next = Thompson.weights(List.copyOf(posteriors.values()), true, floor);
      var weights = new LinkedHashMap<String, Double>();
      for (var n = 0; n < arms.size(); n++) {
        weights.put(arms.get(n), next[n]);
      }
      return weights;
    }
  }

  Judgement(Judged experiment) {
    this.shape = Shape.of(experiment);
    this.control = experiment.control();
    var plan = experiment.plan();
    var arms = experiment.arms().size();
    var errors =
        new Comparison.Errors(
            Alpha.perComparison(plan.alpha(), arms),
            plan.guardrails().isEmpty()
                ? 0
                : Alpha.perGuardrail(plan.guardrailAlpha(), plan.guardrails().size(), arms),
            plan.expectedUsers(),
            // Harm is to be noticed long before a decision.
            Math.max(ALERT_USERS, plan.expectedUsers() / ALERT_SHARE),
            plan.byUsers() ? EpochRule.BY_USERS : EpochRule.BY_INFORMATION,
            experiment.floor());
    this.entered = new Entered(experiment, errors.alpha());
    for (var arm : experiment.treated()) {
      comparisons.put(arm.name(), new Comparison(errors, plan.guardrails()));
    }
  }

  /** Whether the users taken so far say of the experiment as it is now what all would say. */
  boolean fits(Judged now) {
    return shape.equals(Shape.of(now));
  }

  /**
   * Takes a user whose window has closed.
   *
   * @param now the experiment as it is; its epochs include the user's
   */
  void closed(Judged now, ClosedUnit unit) {
    var share = share(now.plan().primary(), unit);
    share.ifPresent(value -> entered.add(now, unit, value));
    var answered = answered(unit);
    for (var arm : now.arms()) {
      if (arm.name().equals(unit.arm()) && unit.epoch() >= arm.from() && share.isPresent()) {
        var sums = shares.computeIfAbsent(unit.arm(), _ -> new double[3]);
        sums[0] += 1;
        sums[1] += share.get();
        sums[2] += share.get() * share.get();
      }
      if (arm.name().equals(unit.arm()) && unit.epoch() >= arm.from() && answered.isPresent()) {
        answers.merge(unit.arm(), RatioSums.NONE.with(answered.get(), 1), RatioSums::plus);
      }
      if (!arm.control() && arm.compares(unit.epoch(), unit.windowEndsAt())) {
        compare(now, arm, unit, share);
      }
    }
  }

  private void compare(Judged now, Judged.Arm arm, ClosedUnit unit, Optional<Double> share) {
    var side = side(arm, unit.arm());
    var comparison = comparison(arm);
    var odds = now.odds(unit.epoch(), control, arm.name());
    share.ifPresent(value -> comparison.share(side, value, odds));
    answered(unit).ifPresent(value -> comparison.answered(side, value, odds));
    comparison.cost(side, unit.epoch(), unit.cost(), unit.successes());
  }

  /** A user's metric; missing where there was nothing to judge. */
  private static Optional<Double> share(Primary metric, ClosedUnit unit) {
    var of = metric == Primary.VALIDITY ? unit.trials() : unit.answers();
    var good = metric == Primary.VALIDITY ? unit.successes() : unit.liked();
    return of > 0 ? Optional.of(Math.min(1.0, (double) good / of)) : Optional.empty();
  }

  /** The share of a user's trials of which the user said something. */
  private static Optional<Double> answered(ClosedUnit unit) {
    return unit.trials() > 0
        ? Optional.of(Math.min(1.0, (double) unit.answers() / unit.trials()))
        : Optional.empty();
  }

  /** Takes a user's first trial, its deadline passed; in the order in which they came. */
  void first(Judged now, FirstTrial trial) {
    for (var arm : now.arms()) {
      if (!arm.control() && arm.compares(trial.epoch(), trial.at())) {
        comparison(arm)
            .first(side(arm, trial.arm()), trial, now.odds(trial.epoch(), control, arm.name()));
      }
    }
  }

  private Arm side(Judged.Arm treated, String arm) {
    return arm.equals(control) ? Arm.CONTROL : arm.equals(treated.name()) ? Arm.TREATED : Arm.OTHER;
  }

  private Comparison comparison(Judged.Arm arm) {
    return Objects.requireNonNull(comparisons.get(arm.name()));
  }

  /** What all users so far say. Takes milliseconds: not for an event loop. */
  Result finish(Judged now) {
    var json = Json.object();
    var broken = new ArrayList<Broken>();
    var significant = new HashMap<String, Estimate>();
    var variants = json.putObject("variants");
    for (var arm : now.arms()) {
      var one = variants.putObject(arm.name());
      means(now, one, arm.name());
      if (!arm.control()) {
        var comparison = comparison(arm);
        var effect = comparison.effect();
        one.set("primary", json(effect));
        if (effect.significant() && !arm.off()) {
          significant.put(arm.name(), effect);
        }
        one.set("cost_per_success_usd", json(comparison.costPerSuccess(now, arm)));
        one.set("p95_ms", json(comparison.tail()));
        if (anyAnswer()) {
          one.set("response_rate_effect", json(comparison.answers()));
        }
        judge(now, arm, one, broken);
      }
    }
    var posteriors = entered.posteriors(now);
    standings(variants, posteriors);
    var ratio = entered.ratio(now);
    json.putObject("entered_ratio")
        .put("users", ratio.users())
        .put("p_value", ratio.pValue())
        .put("warning", ratio.alarm());
    return new Result(json, broken, significant, posteriors, ratio);
  }

  private void means(Judged now, ObjectNode one, String arm) {
    var sums = shares.getOrDefault(arm, new double[3]);
    one.put("users", (long) sums[0]);
    if (sums[0] > 0) {
      one.put("mean", sums[1] / sums[0]);
      // Where weights moved, an arm's own mean is not what it would have for all.
      one.put("mean_is_biased", now.bandit() || now.moved());
    }
    var said = answers.getOrDefault(arm, RatioSums.NONE);
    if (anyAnswer() && said.users() > 0) {
      one.put("response_rate", said.ratio());
    }
    entered.value(arm).ifPresent(value -> one.set("value", json(value)));
  }

  private boolean anyAnswer() {
    return answers.values().stream().anyMatch(sums -> sums.top() > 0);
  }

  private void judge(Judged now, Judged.Arm arm, ObjectNode one, List<Broken> broken) {
    var told = one.putArray("guardrails");
    for (var rail : now.plan().guardrails()) {
      var verdict = comparison(arm).verdict(now, arm, rail);
      var data =
          told.addObject()
              .put("metric", rail.label())
              .put("margin", rail.margin())
              .put("state", verdict.state().name().toLowerCase(Locale.ROOT));
      data.set("harm", json(verdict.harm()));
      if (verdict.broken()
          && !arm.off()
          && broken.stream().noneMatch(b -> b.arm().equals(arm.name()))) {
        broken.add(new Broken(arm.name(), rail, data.deepCopy()));
      }
    }
  }

  private static void standings(ObjectNode variants, Map<String, Posterior> posteriors) {
    if (posteriors.isEmpty()) {
      return;
    }
    var standings = Standing.of(List.copyOf(posteriors.values()), true);
    var n = 0;
    for (var arm : posteriors.keySet()) {
      var standing = standings.get(n++);
      variants
          .withObject("/" + arm)
          .put("probability_to_be_best", standing.probabilityToBeBest())
          .put("expected_loss", standing.expectedLoss())
          .put("standing_validity", standing.validity().name().toLowerCase(Locale.ROOT));
    }
  }

  /** An estimate for readers; what is not known or has no end is null. */
  static ObjectNode json(Estimate estimate) {
    var json = Json.object();
    number(json, "effect", estimate.value());
    number(json, "lower", estimate.lower());
    number(json, "upper", estimate.upper());
    number(json, "p_value", estimate.pValue());
    number(json, "alpha", estimate.alpha());
    return json.put("validity", estimate.validity().name().toLowerCase(Locale.ROOT))
        .put("users", estimate.users());
  }

  private static void number(ObjectNode json, String name, double value) {
    if (Double.isNaN(value) || Double.isInfinite(value)) {
      json.putNull(name);
    } else {
      json.put(name, value);
    }
  }
}
