package dev.weir.experiments.stats;

import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;

/** Guardrails, quantiles, the sample-ratio alarm, epochs and paired evaluations, each simulated. */
final class WatchSimulation {
  private WatchSimulation() {}

  /**
   * What a watch did.
   *
   * @param fired how often it fired
   * @param medianUsers the users at that moment, in the median of those that fired
   */
  record Watch(Rate fired, long medianUsers) {}

  /** A guardrail of margin 3 points at 1 %, over users whose first trials fail so much more. */
  static Watch guardrail(double harm, int users, int runs) {
    return watch(
        runs,
        run -> {
          var random = new SplittableRandom(run * 48_271L + 1);
          var guardrail = new Guardrail(0.03, 0.01, users);
          for (var u = 1; u <= users; u++) {
            var treated = random.nextBoolean();
            var failed = random.nextDouble() < (treated ? 0.05 + harm : 0.05);
            guardrail.observe(treated ? Arm.TREATED : Arm.CONTROL, failed, 0.5, 0.5);
            if (guardrail.verdict().broken()) {
              return u;
            }
          }
          return 0;
        });
  }

  /** Cost per success with a margin of a tenth at 1 %, where it costs so much more. */
  static Watch cost(double factor, int users, int runs) {
    return watch(
        runs,
        run -> {
          var random = new SplittableRandom(run * 69_621L + 1);
          var population = new Population(0.8, NullSimulation.correlation((int) run), 0.6);
          var sums = new RatioSums[] {RatioSums.NONE, RatioSums.NONE};
          for (var u = 1; u <= users; u++) {
            var treated = random.nextBoolean();
            var user = population.next(random, 0);
            var arm = treated ? 1 : 0;
            sums[arm] = sums[arm].with(user.cost() * (treated ? factor : 1), user.good());
            if (u % 10 == 0
                && Guardrail.costPerSuccess(
                        List.of(new RatioComparison.Epoch(sums[0], sums[1], 0.5, 0.5)),
                        EpochRule.BY_INFORMATION,
                        0.1,
                        0.01,
                        users)
                    .broken()) {
              return u;
            }
          }
          return 0;
        });
  }

  /** The difference of a quantile of the first trials' latency at 5 %, looked at every 20 users. */
  static Watch quantile(double quantile, double factor, int users, int runs) {
    return watch(
        runs,
        run -> {
          var random = new SplittableRandom(run * 16_807L + 1);
          var effect = new QuantileEffect(quantile, NullSimulation.ALPHA, users / 2);
          var values = new int[2][users];
          var counts = new int[2];
          for (var u = 1; u <= users; u++) {
            var arm = random.nextBoolean() ? 1 : 0;
            var ms = 800 * Math.exp(0.6 * random.nextGaussian()) * (arm == 1 ? factor : 1);
            values[arm][counts[arm]++] = Sketch.bucket(ms);
            if (u % 20 == 0
                && effect
                    .difference(sketch(values[0], counts[0]), sketch(values[1], counts[1]))
                    .significant()) {
              return u;
            }
          }
          return 0;
        });
  }

  private static Sketch sketch(int[] buckets, int n) {
    var ones = new long[n];
    Arrays.fill(ones, 1);
    return new Sketch(Arrays.copyOf(buckets, n), ones);
  }

  /** The sample-ratio alarm where a share of the second arm's users is lost; weights change. */
  static Watch sampleRatio(double lost, double alpha, int users, int runs) {
    return watch(
        runs,
        run -> {
          var random = new SplittableRandom(run * 30_269L + 1);
          var ratio = new SampleRatio(2);
          var p = 0.5;
          for (var u = 1; u <= users; u++) {
            if (u % 500 == 0) {
              p = 0.2 + 0.6 * random.nextDouble();
            }
            var arm = random.nextDouble() < p ? 0 : 1;
            if (arm == 1 && random.nextDouble() < lost) {
              continue;
            }
            ratio.observe(arm, p, 1 - p);
            if (ratio.pValue() <= alpha) {
              return u;
            }
          }
          return 0;
        });
  }

  /**
   * Equal arms whose weights change at half time, when everybody gets better: how often the effect
   * within epochs is called real (first), and how often that of pooled users is (second).
   */
  static Rate[] epochs(int users, int runs) {
    var within = Rate.NONE;
    var ratios = Rate.NONE;
    var pooled = Rate.NONE;
    for (var run = 0; run < runs; run++) {
      var random = new SplittableRandom(run * 22_699L + 1);
      var exact = new BoundedComparison(NullSimulation.ALPHA, users);
      var sums = new RatioSums[2][2];
      Arrays.stream(sums).forEach(s -> Arrays.fill(s, RatioSums.NONE));
      var found = false;
      var foundRatio = false;
      for (var u = 0; u < users; u++) {
        var epoch = 2 * u / users;
        var p = epoch == 0 ? 0.2 : 0.8;
        var treated = random.nextDouble() < p;
        var user = new Population(epoch == 0 ? 0.6 : 0.9, 0.2, 1).next(random, 0);
        exact.observe(treated ? Arm.TREATED : Arm.CONTROL, user.share(), 1 - p, p);
        var arm = treated ? 1 : 0;
        sums[epoch][arm] = sums[epoch][arm].with(user.share(), 1);
        found = found || exact.logE(0) >= -Math.log(NullSimulation.ALPHA);
        foundRatio =
            foundRatio
                || RatioComparison.difference(
                        List.of(
                            new RatioComparison.Epoch(sums[0][0], sums[0][1], 0.8, 0.2),
                            new RatioComparison.Epoch(sums[1][0], sums[1][1], 0.2, 0.8)),
                        EpochRule.BY_INFORMATION,
                        NullSimulation.ALPHA,
                        users)
                    .significant();
      }
      within = within.with(found);
      ratios = ratios.with(foundRatio);
      pooled =
          pooled.with(
              RatioComparison.difference(
                      sums[0][0].plus(sums[1][0]),
                      sums[0][1].plus(sums[1][1]),
                      NullSimulation.ALPHA,
                      users)
                  .significant());
    }
    return new Rate[] {within, ratios, pooled};
  }

  /** Four arms without a difference: how often any comparison with control is called real. */
  static Rate fourArms(int users, int runs) {
    var any = Rate.NONE;
    for (var run = 0; run < runs; run++) {
      var random = new SplittableRandom(run * 15_485_863L + 1);
      var alpha = Alpha.perComparison(NullSimulation.ALPHA, 4);
      var population = new Population(0.8, NullSimulation.correlation(run), 0.6);
      var comparisons = new BoundedComparison[3];
      Arrays.setAll(comparisons, c -> new BoundedComparison(alpha, users / 2));
      var hit = false;
      for (var u = 0; u < users && !hit; u++) {
        var arm = random.nextInt(4);
        var user = population.next(random, 0);
        if (user.judged() == 0) {
          continue;
        }
        for (var c = 0; c < 3; c++) {
          comparisons[c].observe(
              arm == 0 ? Arm.CONTROL : arm == c + 1 ? Arm.TREATED : Arm.OTHER,
              user.share(),
              0.25,
              0.25);
          hit = hit || comparisons[c].logE(0) >= -Math.log(alpha);
        }
      }
      any = any.with(hit);
    }
    return any;
  }

  /** Paired evaluation on so many items, scores yes or no: missed the truth, found it, width. */
  static double[] paired(double effect, int items, int runs) {
    var missed = 0.0;
    var found = 0.0;
    var width = 0.0;
    for (var run = 0; run < runs; run++) {
      var random = new SplittableRandom(run * 7_907L + 1);
      var paired = new PairedMean(NullSimulation.ALPHA, items);
      var everMissed = false;
      for (var i = 1; i <= items; i++) {
        var hard = random.nextDouble();
        var baseline = random.nextDouble() < 0.2 ? random.nextDouble() < 0.5 : hard < 0.7;
        var candidate =
            random.nextDouble() < 0.2 ? random.nextDouble() < 0.5 : hard < 0.7 + effect / 0.8;
        paired.observe(baseline ? 1 : 0, candidate ? 1 : 0);
        if (i % 5 == 0) {
          everMissed = everMissed || paired.estimate().excludes(effect);
        }
      }
      var end = paired.estimate();
      missed += everMissed ? 1.0 / runs : 0;
      found += end.significant() ? 1.0 / runs : 0;
      width += end.width() / runs;
    }
    return new double[] {missed, found, width};
  }

  @FunctionalInterface
  private interface OneRun {
    /** The users at which it fired, 0 if it never did. */
    long at(long run);
  }

  private static Watch watch(int runs, OneRun one) {
    var fired = new long[runs];
    var n = 0;
    for (var run = 0; run < runs; run++) {
      var at = one.at(run);
      if (at > 0) {
        fired[n++] = at;
      }
    }
    var sorted = Arrays.copyOf(fired, n);
    Arrays.sort(sorted);
    return new Watch(new Rate(n, runs), n == 0 ? 0 : sorted[n / 2]);
  }
}
