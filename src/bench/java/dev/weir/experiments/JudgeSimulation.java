package dev.weir.experiments;

import com.fasterxml.jackson.databind.JsonNode;
import dev.weir.core.Json;
import dev.weir.experiments.stats.Posterior;
import dev.weir.experiments.stats.QuantileEffect;
import dev.weir.experiments.stats.Rate;
import dev.weir.experiments.stats.RatioSums;
import dev.weir.experiments.stats.Sketch;
import dev.weir.experiments.stats.Standing;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.SplittableRandom;

/**
 * Experiments without any effect through the product's own judge: three equal arms, whose users
 * change from epoch to epoch in all that is measured, while weights move (by hand, or as the bandit
 * has them) and one arm is switched off half way. The judge is asked after every 50 users, and has
 * erred if it once found something.
 *
 * @param bandit whether weights follow what the judge says
 * @param feedback whether opinions decide, of which two in five are never given
 */
public record JudgeSimulation(boolean bandit, boolean feedback) {
  private static final List<String> ARMS = List.of("a", "b", "c");
  private static final int EPOCHS = 5;
  private static final int USERS_PER_EPOCH = 400;
  private static final int LOOK = 50;
  private static final int WINDOW = 200;
  private static final Instant START = Instant.parse("2026-05-05T12:00:00Z");
  private static final double SURE = 0.99;

  /**
   * How often something was found.
   *
   * @param verdicts an arm differs from control
   * @param guardrails an arm does harm, with margins of zero
   * @param quantiles an arm's 95th percentile of latency differs
   * @param costs an arm's cost per success differs
   * @param entered users stay away, at 5 %
   * @param answers users of an arm answer more or less often
   * @param values control's value was missed; of bandits
   * @param sure an arm is the best with 99 % at the end: a description, for which alpha is no bound
   * @param pooledSure so it is by sums over all epochs: a negative control
   * @param pooledQuantiles percentiles differ at the end by sketches of all epochs: another
   */
  public record Result(
      Rate verdicts,
      Rate guardrails,
      Rate quantiles,
      Rate costs,
      Rate entered,
      Rate answers,
      Rate values,
      Rate sure,
      Rate pooledSure,
      Rate pooledQuantiles) {}

  /** So many experiments from fixed seeds. */
  public Result run(int runs) {
    var counts = new Rate[10];
    Arrays.fill(counts, Rate.NONE);
    for (var run = 0; run < runs; run++) {
      var one = new Run(new SplittableRandom(48_611L * run + (bandit ? 1 : 2)), run % 2 == 0);
      one.play();
      for (var n = 0; n < counts.length; n++) {
        counts[n] = counts[n].with(one.found[n]);
      }
    }
    return new Result(
        counts[0], counts[1], counts[2], counts[3], counts[4], counts[5], counts[6], counts[7],
        counts[8], counts[9]);
  }

  private ExperimentPlan plan() {
    return ExperimentPlan.of(
        Json.parse(
            """
            {"primary": "%s", "alpha": 0.05, "expected_users": 2000, "guardrail_alpha": 0.05, "bandit_floor": 0.05,
             "guardrails": [{"metric": "failed", "margin": 0}, {"metric": "slow", "over_ms": 2000, "margin": 0},
               {"metric": "cost_per_success", "margin": 0}]}
            """
                .formatted(feedback ? "feedback" : "validity")));
  }

  private record Person(String arm, int epoch, Instant at, ClosedUnit unit, FirstTrial first) {}

  /** One experiment's life. */
  private final class Run {
    private final boolean[] found = new boolean[10];
    private final SplittableRandom random;
    private final boolean switchesOff;
    private final Map<Integer, Map<String, Double>> epochs = new HashMap<>();
    private final List<Person> people = new ArrayList<>();
    private final Map<String, RatioSums> pooled = new HashMap<>();
    private Optional<Instant> off = Optional.empty();
    private Judgement judgement;
    private Judgement.Result last;
    private int closed;
    private double truth;
    private long judged;

    Run(SplittableRandom random, boolean switchesOff) {
      this.random = random;
      this.switchesOff = switchesOff;
      epochs.put(1, Map.of("a", 0.34, "b", 0.33, "c", 0.33));
      this.judgement = new Judgement(now());
      this.last = judgement.finish(now());
    }

    private Judged now() {
      return new Judged(
          "null",
          "running",
          bandit,
          false,
          Duration.ZERO,
          plan(),
          List.of(
              new Judged.Arm("a", true, Optional.empty(), 0),
              new Judged.Arm("b", false, Optional.empty(), 0),
              new Judged.Arm("c", false, off, 0)),
          Map.copyOf(epochs),
          START,
          List.of());
    }

    void play() {
      for (var epoch = 1; epoch <= EPOCHS; epoch++) {
        if (epoch > 1) {
          move(epoch);
        }
        for (var n = 0; n < USERS_PER_EPOCH; n++) {
          come(epoch);
          if (people.size() % LOOK == 0) {
            look();
          }
        }
      }
      end();
    }

    /** The weights of another epoch. One arm is switched off when the third begins. */
    private void move(int epoch) {
      if (switchesOff && epoch == 3) {
        off = Optional.of(people.getLast().at());
      }
      var weights = new HashMap<String, Double>();
      if (bandit) {
        ARMS.forEach(arm -> weights.put(arm, 0.0));
        weights.putAll(judgement.finish(now()).weights(plan()));
        weights.computeIfPresent("c", (_, weight) -> off.isPresent() ? 0 : weight);
      } else {
        ARMS.forEach(
            arm ->
                weights.put(
                    arm,
                    0.1 + random.nextDouble() * (arm.equals("a") == (epoch % 2 == 0) ? 4 : 0.2)));
        weights.computeIfPresent("c", (_, weight) -> off.isPresent() ? 0 : weight);
      }
      var sum = weights.values().stream().mapToDouble(Double::doubleValue).sum();
      weights.replaceAll((_, weight) -> weight / sum);
      epochs.put(epoch, Map.copyOf(weights));
    }

    /** Whatever the arm, all that is measured changes with the epoch, for better and for worse. */
    private void come(int epoch) {
      var good = epoch % 2 == 0;
      var draw = random.nextDouble();
      var weights = Objects.requireNonNull(epochs.get(epoch));
      var a = weights.getOrDefault("a", 0.0);
      var ab = a + weights.getOrDefault("b", 0.0);
      var arm = draw < a ? "a" : draw < ab || off.isPresent() ? "b" : "c";
      var chance = base(epoch) + 0.3 * (random.nextDouble() - 0.5);
      var calls = (int) Math.min(40, Math.ceil(Math.exp(1.2 * random.nextGaussian())));
      var ok = 0;
      var answers = 0;
      var liked = 0;
      for (var call = 0; call < calls; call++) {
        var success = random.nextDouble() < chance;
        ok += success ? 1 : 0;
        if (random.nextDouble() < (good ? 0.6 : 0.3)) {
          answers++;
          liked += success ? 1 : 0;
        }
      }
      var at = START.plusSeconds(people.size());
      var cost = calls * (good ? 0.01 : 0.03) * (0.5 + random.nextDouble());
      var ms = (good ? 500 : 2000) * Math.exp(0.5 * random.nextGaussian());
      var outcome =
          random.nextDouble() < chance ? "success" : random.nextInt(4) == 0 ? "timeout" : "failure";
      people.add(
          new Person(
              arm,
              epoch,
              at,
              new ClosedUnit(arm, epoch, at.plusSeconds(WINDOW), calls, ok, cost, answers, liked),
              new FirstTrial(arm, epoch, at, outcome, (long) ms)));
    }

    private double base(int epoch) {
      return epoch % 2 == 0 ? 0.85 : 0.5;
    }

    private void look() {
      var now = now();
      if (!judgement.fits(now)) {
        // A weight below all before: all is read anew, as the product does.
        judgement = new Judgement(now);
        closed = 0;
        truth = 0;
        judged = 0;
        pooled.clear();
        people.subList(0, people.size() - LOOK).forEach(p -> judgement.first(now, p.first()));
      }
      people
          .subList(people.size() - LOOK, people.size())
          .forEach(p -> judgement.first(now, p.first()));
      while (closed < people.size() - WINDOW) {
        close(now, people.get(closed++));
      }
      last = judgement.finish(now);
      find();
    }

    private void close(Judged now, Person person) {
      var early =
          person.arm().equals("c") && off.filter(person.unit().windowEndsAt()::isAfter).isPresent();
      if (!early) {
        judgement.closed(now, person.unit());
        var of = feedback ? person.unit().answers() : person.unit().trials();
        if (of > 0) {
          var share = (double) (feedback ? person.unit().liked() : person.unit().successes()) / of;
          pooled.merge(person.arm(), RatioSums.NONE.with(share, 1), RatioSums::plus);
          truth += base(person.epoch());
          judged++;
        }
      }
    }

    private void find() {
      found[0] |= !last.significant().isEmpty();
      found[1] |= !last.broken().isEmpty();
      var variants = last.json().path("variants");
      for (var arm : List.of("b", "c")) {
        found[2] |= rejects(variants.at("/" + arm + "/p95_ms"));
        found[3] |= rejects(variants.at("/" + arm + "/cost_per_success_usd"));
        found[5] |= rejects(variants.at("/" + arm + "/response_rate_effect"));
      }
      found[4] |= last.entered().pValue() <= 0.05;
      var value = variants.at("/a/value");
      if (bandit && judged > 0) {
        var mean = truth / judged;
        found[6] |= value.path("lower").asDouble() > mean || value.path("upper").asDouble() < mean;
      }
    }

    private static boolean rejects(JsonNode estimate) {
      return estimate.path("p_value").asDouble(1) <= estimate.path("alpha").asDouble();
    }

    private void end() {
      found[7] =
          Standing.of(List.copyOf(last.posteriors().values()), true).stream()
              .anyMatch(s -> s.probabilityToBeBest() > SURE);
      found[8] =
          Standing.of(
                  last.posteriors().keySet().stream()
                      .map(arm -> pooled.getOrDefault(arm, RatioSums.NONE))
                      .map(s -> Posterior.ofShares(s.users(), s.top(), s.topSquared()))
                      .toList(),
                  true)
              .stream()
              .anyMatch(s -> s.probabilityToBeBest() > SURE);
      found[9] =
          new QuantileEffect(0.95, 0.025, 2000).difference(sketch("a"), sketch("b")).significant();
    }

    private Sketch sketch(String arm) {
      var buckets =
          people.stream()
              .filter(p -> p.arm().equals(arm))
              .mapToInt(p -> Sketch.bucket((double) p.first().latencyMs()))
              .toArray();
      var ones = new long[buckets.length];
      Arrays.fill(ones, 1);
      return new Sketch(buckets, ones);
    }
  }
}
