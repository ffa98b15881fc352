package dev.weir.experiments.stats;

import java.util.Arrays;
import java.util.SplittableRandom;

/**
 * Experiments with a true effect, looked at after every closed window until they are decided or
 * their planned size is reached.
 *
 * @param population the users
 * @param effect by how much more calls are good in the treated arm
 * @param runs how many experiments
 */
record EffectSimulation(Population population, double effect, int runs) {
  /**
   * What came out.
   *
   * @param planned the users that {@link SampleSize} asked for, for a power of 80 %
   * @param found decided rightly by then
   * @param wrong decided for the wrong arm
   * @param stopping quartiles of the users at the decision, of the found ones
   * @param missed the interval missed the truth at one look or more, all looks counted
   * @param width the interval's width at the planned size, in the median
   */
  record Result(long planned, Rate found, Rate wrong, long[] stopping, Rate missed, double width) {}

  Result bounded() {
    var past = shares();
    var aim = new SampleSize.Aim(effect, NullSimulation.ALPHA, 0.8, 0.5, 0.5);
    var planned = SampleSize.forShares(aim, past.ratio(), past.variance() * past.users()).users();
    var found = Rate.NONE;
    var wrong = Rate.NONE;
    var missed = Rate.NONE;
    var widths = new double[runs];
    var stops = new long[runs];
    var stopped = 0;
    for (var run = 0; run < runs; run++) {
      var random = new SplittableRandom(7_919L * run + 3);
      var comparison = new BoundedComparison(NullSimulation.ALPHA, planned);
      var decided = 0L;
      var right = false;
      var everMissed = false;
      while (comparison.users() < planned) {
        var treated = random.nextBoolean();
        var user = population.next(random, treated ? effect : 0);
        if (user.judged() == 0) {
          continue;
        }
        comparison.observe(treated ? Arm.TREATED : Arm.CONTROL, user.share(), 0.5, 0.5);
        everMissed = everMissed || comparison.logE(effect) >= -Math.log(NullSimulation.ALPHA);
        if (decided == 0 && comparison.logE(0) >= -Math.log(NullSimulation.ALPHA)) {
          decided = comparison.users();
          right = comparison.estimate().value() * effect > 0;
        }
      }
      found = found.with(decided > 0 && right);
      wrong = wrong.with(decided > 0 && !right);
      missed = missed.with(everMissed);
      widths[run] = comparison.estimate().width();
      if (decided > 0 && right) {
        stops[stopped++] = decided;
      }
    }
    return new Result(planned, found, wrong, quartiles(stops, stopped), missed, median(widths));
  }

  Result ratio() {
    var aim = new SampleSize.Aim(effect, NullSimulation.ALPHA, 0.8, 0.5, 0.5);
    var planned = SampleSize.forRatio(aim, history()).users();
    var found = Rate.NONE;
    var wrong = Rate.NONE;
    var missed = Rate.NONE;
    var widths = new double[runs];
    var stops = new long[runs];
    var stopped = 0;
    for (var run = 0; run < runs; run++) {
      var random = new SplittableRandom(7_919L * run + 5);
      var sums = new RatioSums[] {RatioSums.NONE, RatioSums.NONE};
      var decided = 0L;
      var right = false;
      var everMissed = false;
      var last = Double.POSITIVE_INFINITY;
      for (var n = 0L; n < planned; ) {
        var treated = random.nextBoolean();
        var user = population.next(random, treated ? effect : 0);
        if (user.judged() == 0) {
          continue;
        }
        n++;
        var arm = treated ? 1 : 0;
        sums[arm] = sums[arm].with(user.good(), user.judged());
        var now = RatioComparison.difference(sums[0], sums[1], NullSimulation.ALPHA, planned);
        everMissed = everMissed || now.excludes(effect);
        if (decided == 0 && now.significant()) {
          decided = n;
          right = now.value() * effect > 0;
        }
        last = now.width();
      }
      found = found.with(decided > 0 && right);
      wrong = wrong.with(decided > 0 && !right);
      missed = missed.with(everMissed);
      widths[run] = last;
      if (decided > 0 && right) {
        stops[stopped++] = decided;
      }
    }
    return new Result(planned, found, wrong, quartiles(stops, stopped), missed, median(widths));
  }

  private RatioSums shares() {
    var random = new SplittableRandom(99);
    var sums = RatioSums.NONE;
    while (sums.users() < 20_000) {
      var user = population.next(random, 0);
      if (user.judged() > 0) {
        sums = sums.with(user.share(), 1);
      }
    }
    return sums;
  }

  private RatioSums history() {
    var random = new SplittableRandom(98);
    var sums = RatioSums.NONE;
    while (sums.users() < 20_000) {
      var user = population.next(random, 0);
      if (user.judged() > 0) {
        sums = sums.with(user.good(), user.judged());
      }
    }
    return sums;
  }

  private static double median(double[] values) {
    var sorted = values.clone();
    Arrays.sort(sorted);
    return sorted[sorted.length / 2];
  }

  private static long[] quartiles(long[] values, int n) {
    var sorted = Arrays.copyOf(values, n);
    Arrays.sort(sorted);
    return n == 0
        ? new long[] {0, 0, 0}
        : new long[] {sorted[n / 4], sorted[n / 2], sorted[Math.min(n - 1, 3 * n / 4)]};
  }
}
