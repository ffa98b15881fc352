package dev.weir.experiments;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.weir.core.Json;
import dev.weir.experiments.ExperimentPlan.Primary;
import dev.weir.experiments.ExperimentPlan.Rail;
import dev.weir.experiments.ExperimentPlan.Watched;
import dev.weir.experiments.stats.Alpha;
import dev.weir.experiments.stats.Arm;
import dev.weir.experiments.stats.BoundedComparison;
import dev.weir.experiments.stats.EpochRule;
import dev.weir.experiments.stats.Estimate;
import dev.weir.experiments.stats.Guardrail;
import dev.weir.experiments.stats.GuardrailVerdict;
import dev.weir.experiments.stats.Posterior;
import dev.weir.experiments.stats.QuantileEffect;
import dev.weir.experiments.stats.RatioComparison;
import dev.weir.experiments.stats.RatioSums;
import dev.weir.experiments.stats.Sketch;
import dev.weir.experiments.stats.Standing;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeMap;

/**
 * What the users of one experiment say of its arms, at one look. Users are given one by one, in the
 * orders that docs/statistics.md asks for; then it is finished once. Everything is computed from
 * the start each time, so a look depends on nothing but the data. Not thread-safe.
 */
final class Judgement {
  private static final double TAIL = 0.95;
  private static final long ALERT_USERS = 100;
  private static final int ALERT_SHARE = 10;

  private final Judged experiment;
  private final EpochRule rule;
  private final double alpha;
  private final Map<String, BoundedComparison> primary = new HashMap<>();
  private final Map<String, Map<Rail, Guardrail>> rails = new HashMap<>();
  private final Map<String, double[]> shares = new HashMap<>();
  private final Map<String, Map<Integer, RatioSums>> costs = new HashMap<>();
  private final Map<String, Map<Integer, Long>> latencies = new HashMap<>();

  /** A broken guardrail. */
  record Broken(String arm, Rail rail, ObjectNode data) {}

  /**
   * What came of it.
   *
   * @param json for readers
   * @param broken the arms to be switched off, each once
   * @param significant the arms that differ from control, with their estimates
   * @param posteriors of the arms that are on, in their order
   */
  record Result(
      ObjectNode json,
      List<Broken> broken,
      Map<String, Estimate> significant,
      Map<String, Posterior> posteriors) {}

  Judgement(Judged experiment) {
    this.experiment = experiment;
    var plan = experiment.plan();
    this.rule = plan.byUsers() ? EpochRule.BY_USERS : EpochRule.BY_INFORMATION;
    this.alpha = Alpha.perComparison(plan.alpha(), experiment.arms().size());
    for (var arm : experiment.treated()) {
      primary.put(
          arm.name(), new BoundedComparison(alpha, plan.expectedUsers(), rule, experiment.floor()));
      var own = new HashMap<Rail, Guardrail>();
      for (var rail : plan.guardrails()) {
        if (rail.watched() != Watched.COST_PER_SUCCESS) {
          own.put(rail, new Guardrail(rail.margin(), railAlpha(), alertUsers()));
        }
      }
      rails.put(arm.name(), own);
    }
  }

  private double railAlpha() {
    var plan = experiment.plan();
    return Alpha.perGuardrail(
        plan.guardrailAlpha(), plan.guardrails().size(), experiment.arms().size());
  }

  /** Harm is to be noticed long before a decision. */
  private long alertUsers() {
    return Math.max(ALERT_USERS, experiment.plan().expectedUsers() / ALERT_SHARE);
  }

  /**
   * A user whose window has closed.
   *
   * @param answers feedback that was given, and {@code liked} how much of it said success
   */
  void closed(
      String arm, int epoch, long trials, long successes, double cost, long answers, long liked) {
    var metric = experiment.plan().primary();
    var of = metric == Primary.VALIDITY ? trials : answers;
    if (of > 0) {
      var value = Math.min(1.0, (double) (metric == Primary.VALIDITY ? successes : liked) / of);
      for (var treated : experiment.treated()) {
        compared(treated.name(), arm)
            .ifPresent(
                side ->
                    comparison(treated.name())
                        .observe(
                            side,
                            value,
                            experiment.probability(epoch, experiment.control()),
                            experiment.probability(epoch, treated.name())));
      }
      var sums = shares.computeIfAbsent(arm, _ -> new double[3]);
      sums[0] += 1;
      sums[1] += value;
      sums[2] += value * value;
    }
    costs
        .computeIfAbsent(arm, _ -> new TreeMap<>())
        .merge(epoch, RatioSums.NONE.with(cost, (double) successes), RatioSums::plus);
  }

  /** A user's first trial, its deadline passed; in the order in which they came. */
  void first(String arm, int epoch, String outcome, long latencyMs) {
    for (var treated : experiment.treated()) {
      compared(treated.name(), arm)
          .ifPresent(
              side ->
                  rails
                      .getOrDefault(treated.name(), Map.of())
                      .forEach(
                          (rail, guardrail) ->
                              guardrail.observe(
                                  side,
                                  harmed(rail, outcome, latencyMs),
                                  experiment.probability(epoch, experiment.control()),
                                  experiment.probability(epoch, treated.name()))));
    }
    latencies
        .computeIfAbsent(arm, _ -> new TreeMap<>())
        .merge(Sketch.bucket((double) latencyMs), 1L, Long::sum);
  }

  private static boolean harmed(Rail rail, String outcome, long latencyMs) {
    return switch (rail.watched()) {
      case FAILED -> outcome.equals("failure");
      case SLOW -> outcome.equals("cancelled") || latencyMs > rail.overMs();
      case COST_PER_SUCCESS -> false;
    };
  }

  private BoundedComparison comparison(String arm) {
    return Objects.requireNonNull(primary.get(arm));
  }

  /** On which side of a comparison a user stands; users of an unknown arm on none. */
  private Optional<Arm> compared(String treated, String arm) {
    return arm.equals(experiment.control())
        ? Optional.of(Arm.CONTROL)
        : arm.equals(treated)
            ? Optional.of(Arm.TREATED)
            : experiment.arms().stream().anyMatch(a -> a.name().equals(arm))
                ? Optional.of(Arm.OTHER)
                : Optional.empty();
  }

  Result finish() {
    var json = Json.object();
    var broken = new ArrayList<Broken>();
    var significant = new HashMap<String, Estimate>();
    var variants = json.putObject("variants");
    for (var arm : experiment.arms()) {
      var one = variants.putObject(arm.name());
      means(one, arm.name());
      if (!arm.control()) {
        var effect = comparison(arm.name()).estimate();
        one.set("primary", json(effect));
        if (effect.significant() && !arm.off()) {
          significant.put(arm.name(), effect);
        }
        var epochs = epochs(arm.name());
        one.set(
            "cost_per_success_usd",
            json(
                RatioComparison.difference(
                    epochs, rule, alpha, experiment.plan().expectedUsers())));
        one.set("p95_ms", json(tail(arm.name())));
        judge(arm, epochs, one, broken);
      }
    }
    var posteriors = posteriors();
    standings(variants, posteriors);
    return new Result(json, broken, significant, posteriors);
  }

  private void means(ObjectNode one, String arm) {
    var sums = shares.getOrDefault(arm, new double[3]);
    one.put("users", (long) sums[0]);
    if (sums[0] > 0) {
      one.put("mean", sums[1] / sums[0]);
      // Where weights moved with the data, an arm's own mean is not what it would have for all.
      one.put("mean_is_biased", experiment.bandit());
    }
  }

  private void judge(
      Judged.Arm arm, List<RatioComparison.Epoch> epochs, ObjectNode one, List<Broken> broken) {
    var told = one.putArray("guardrails");
    for (var rail : experiment.plan().guardrails()) {
      var verdict = verdict(arm.name(), rail, epochs);
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

  private GuardrailVerdict verdict(String arm, Rail rail, List<RatioComparison.Epoch> epochs) {
    return rail.watched() == Watched.COST_PER_SUCCESS
        ? Guardrail.costPerSuccess(epochs, rule, rail.margin(), railAlpha(), alertUsers())
        : Objects.requireNonNull(rails.getOrDefault(arm, Map.of()).get(rail)).verdict();
  }

  private List<RatioComparison.Epoch> epochs(String arm) {
    var all = new ArrayList<RatioComparison.Epoch>();
    var control = costs.getOrDefault(experiment.control(), Map.of());
    costs
        .getOrDefault(arm, Map.of())
        .forEach(
            (epoch, treated) -> {
              var p0 = experiment.probability(epoch, experiment.control());
              var p1 = experiment.probability(epoch, arm);
              if (p0 > 0 && p1 > 0) {
                all.add(
                    new RatioComparison.Epoch(
                        control.getOrDefault(epoch, RatioSums.NONE), treated, p0, p1));
              }
            });
    return all;
  }

  private Estimate tail(String arm) {
    return new QuantileEffect(TAIL, alpha, experiment.plan().expectedUsers())
        .difference(sketch(experiment.control()), sketch(arm));
  }

  private Sketch sketch(String arm) {
    var buckets = latencies.getOrDefault(arm, Map.of());
    return new Sketch(
        buckets.keySet().stream().mapToInt(Integer::intValue).toArray(),
        buckets.values().stream().mapToLong(Long::longValue).toArray());
  }

  private Map<String, Posterior> posteriors() {
    var all = new LinkedHashMap<String, Posterior>();
    for (var arm : experiment.arms()) {
      if (!arm.off()) {
        var sums = shares.getOrDefault(arm.name(), new double[3]);
        all.put(arm.name(), Posterior.ofShares(sums[0], sums[1], sums[2]));
      }
    }
    return all;
  }

  private static void standings(ObjectNode variants, Map<String, Posterior> posteriors) {
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
