package dev.weir.experiments.stats;

import java.util.SplittableRandom;

/**
 * A/A experiments: both arms are the same, every closed window is looked at, and whatever rejects
 * once has erred. Beside Weir's tests run three that people use and that must be seen to fail.
 *
 * @param users per experiment, both arms together
 */
record NullSimulation(int users) {
  static final double ALPHA = 0.05;
  static final double CRITICAL = 1.959964;

  /** From how many users of an arm the naive tests are looked at. */
  static final int BURN_IN = 20;

  /**
   * How often each test rejected.
   *
   * @param bounded {@link BoundedComparison}
   * @param ratio {@link RatioComparison}
   * @param callsPeeking a z-test on calls, looked at after each window
   * @param callsOnce the same, looked at once at the end
   * @param usersPeeking a z-test on users, looked at after each window
   */
  record Result(Rate bounded, Rate ratio, Rate callsPeeking, Rate callsOnce, Rate usersPeeking) {
    static final Result NONE = new Result(Rate.NONE, Rate.NONE, Rate.NONE, Rate.NONE, Rate.NONE);

    Result plus(Result o) {
      return new Result(
          bounded.plus(o.bounded),
          ratio.plus(o.ratio),
          callsPeeking.plus(o.callsPeeking),
          callsOnce.plus(o.callsOnce),
          usersPeeking.plus(o.usersPeeking));
    }
  }

  /** The correlation within users of the so-manieth experiment: 0 to 0.5 in eleven steps. */
  static double correlation(int experiment) {
    return 0.05 * (experiment % 11);
  }

  /** One experiment. */
  Result run(int experiment) {
    var random = new SplittableRandom(1_000_003L * experiment + 17);
    var success = new double[] {0.5, 0.8, 0.95}[experiment / 11 % 3];
    var population = new Population(success, correlation(experiment), 0.6);
    var exact = new BoundedComparison(ALPHA, users);
    var calls = new RatioSums[] {RatioSums.NONE, RatioSums.NONE};
    var shares = new RatioSums[] {RatioSums.NONE, RatioSums.NONE};
    var bounded = false;
    var ratio = false;
    var callsPeeking = false;
    var callsOnce = false;
    var usersPeeking = false;
    for (var u = 0; u < users; u++) {
      var treated = random.nextBoolean();
      var user = population.next(random, 0);
      if (user.judged() == 0) {
        continue;
      }
      var arm = treated ? 1 : 0;
      exact.observe(treated ? Arm.TREATED : Arm.CONTROL, user.share(), 0.5, 0.5);
      calls[arm] = calls[arm].with(user.good(), user.judged());
      shares[arm] = shares[arm].with(user.share(), 1);
      bounded = bounded || exact.logE(0) >= -Math.log(ALPHA);
      ratio = ratio || RatioComparison.difference(calls[0], calls[1], ALPHA, users).significant();
      if (Math.min(calls[0].users(), calls[1].users()) >= BURN_IN) {
        callsOnce = callLevelRejects(calls[0], calls[1]);
        callsPeeking = callsPeeking || callsOnce;
        usersPeeking = usersPeeking || userLevelRejects(shares[0], shares[1]);
      }
    }
    return new Result(
        Rate.NONE.with(bounded),
        Rate.NONE.with(ratio),
        Rate.NONE.with(callsPeeking),
        Rate.NONE.with(callsOnce),
        Rate.NONE.with(usersPeeking));
  }

  /** The negative control: two proportions of calls, as if calls were independent. */
  static boolean callLevelRejects(RatioSums control, RatioSums treated) {
    var p = (control.top() + treated.top()) / (control.bottom() + treated.bottom());
    var variance = p * (1 - p) * (1 / control.bottom() + 1 / treated.bottom());
    return Math.abs(treated.ratio() - control.ratio()) > CRITICAL * Math.sqrt(variance);
  }

  private static boolean userLevelRejects(RatioSums control, RatioSums treated) {
    return Math.abs(treated.ratio() - control.ratio())
        > CRITICAL * Math.sqrt(treated.variance() + control.variance());
  }
}
