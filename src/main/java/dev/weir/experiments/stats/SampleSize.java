package dev.weir.experiments.stats;

import java.util.function.DoubleFunction;
import java.util.function.DoublePredicate;

/**
 * How many users and days an experiment needs, for the sequential methods it is judged by, from the
 * variance between users in the past. The power is that of having decided at that size or before:
 * the chance of a Brownian motion with the effect as drift to cross the method's boundary, of which
 * a line that lies above it gives a lower bound ({@link Crossing}).
 *
 * @param users of all arms, to be exposed and their windows closed; {@link Long#MAX_VALUE} where no
 *     feasible number suffices
 * @param usersPerArm how many of them each of the two compared arms gets at least
 * @param medianUsers by when half of the experiments with an effect of this size have decided
 */
public record SampleSize(long users, long usersPerArm, long medianUsers) {
  private static final double MOST = 1e12;

  /**
   * What is to be found, and how surely.
   *
   * @param effect the smallest difference worth finding, in the metric's units; its size counts
   * @param alpha of each comparison, see {@link Alpha#perComparison}
   * @param power the chance to find it, within (0, 1): 0.8
   * @param controlProbability control's share of the users
   * @param treatedProbability the smallest share of another arm
   */
  public record Aim(
      double effect,
      double alpha,
      double power,
      double controlProbability,
      double treatedProbability) {
    /** Checks the ranges. */
    public Aim {
      Alpha.check(alpha);
      if (effect == 0 || Double.isNaN(effect) || !(power > 0 && power < 1)) {
        throw new IllegalArgumentException("an effect is not zero, a power within (0, 1)");
      }
      if (!(controlProbability > 0 && treatedProbability > 0)
          || controlProbability + treatedProbability > 1 + 1e-9) {
        throw new IllegalArgumentException("shares are above zero and at most 1 together");
      }
    }

    private double inverse() {
      return 1 / controlProbability + 1 / treatedProbability;
    }

    private double both() {
      return controlProbability + treatedProbability;
    }
  }

  /**
   * For a metric within [0, 1], judged by {@link BoundedComparison}. An effect changes the variance
   * of such a metric too; the direction that is harder to find is planned for.
   *
   * @param mean of the users' metric in the past, within (0, 1)
   * @param varianceBetweenUsers of the users' metric in the past, at most mean (1 - mean)
   */
  public static SampleSize forShares(Aim aim, double mean, double varianceBetweenUsers) {
    if (!(mean > 0 && mean < 1)
        || !(varianceBetweenUsers >= 0 && varianceBetweenUsers <= mean * (1 - mean) + 1e-12)) {
      throw new IllegalArgumentException("not the mean and variance of shares");
    }
    var up = Math.min(mean + Math.abs(aim.effect), 1);
    var down = Math.max(mean - Math.abs(aim.effect), 0);
    var room = Math.max(up * (1 - up), down * (1 - down));
    var treated = varianceBetweenUsers * room / (mean * (1 - mean));
    var weight = Math.min(aim.controlProbability, aim.treatedProbability);
    var perUser =
        weight
            * weight
            * (varianceBetweenUsers / aim.controlProbability + treated / aim.treatedProbability);
    return solve(
        aim,
        0,
        planned -> {
          var spread = BoundedComparison.spread(planned * aim.both(), weight / aim.both());
          var mixture = new GammaExponential(spread, aim.alpha / 2, 1);
          return new Crossing(
              v -> mixture.bound(v, aim.alpha / 2), perUser, weight * Math.abs(aim.effect));
        });
  }

  /**
   * For a ratio of sums, judged by {@link RatioComparison}.
   *
   * @param history sums of past users over a span as long as an experiment's window
   */
  public static SampleSize forRatio(Aim aim, RatioSums history) {
    var perUser = history.variance() * history.users() * aim.inverse();
    if (!(perUser >= 0)) {
      throw new IllegalArgumentException("no history of two users or more");
    }
    // Before so many users nothing is concluded of a ratio, however large the effect.
    var share = Math.min(aim.controlProbability, aim.treatedProbability);
    var perArm =
        Math.max(
            RatioComparison.MIN_USERS,
            RatioComparison.MIN_EFFECTIVE_USERS * history.users() / history.effectiveUsers());
    return solve(
        aim,
        perArm / share,
        planned -> {
          var mixture = NormalMixture.tunedTo(planned * aim.both(), aim.alpha);
          // The sum is the z-score times the root of the users: its variance is their number.
          return new Crossing(
              n -> mixture.bound(n, aim.alpha),
              aim.both(),
              Math.abs(aim.effect) * aim.both() / Math.sqrt(perUser * aim.both()));
        });
  }

  private static SampleSize solve(Aim aim, double least, DoubleFunction<Crossing> planned) {
    var users = smallest(u -> u >= least && planned.apply(u).probabilityBy(u) >= aim.power, MOST);
    if (users >= MOST) {
      return new SampleSize(Long.MAX_VALUE, Long.MAX_VALUE, Long.MAX_VALUE);
    }
    var crossing = planned.apply(users);
    var median = smallest(u -> u >= least && crossing.probabilityBy(u) >= 0.5, users);
    var share = Math.min(aim.controlProbability, aim.treatedProbability);
    return new SampleSize(
        (long) Math.ceil(users), (long) Math.ceil(users * share), (long) Math.ceil(median));
  }

  private static double smallest(DoublePredicate enough, double most) {
    var low = 1.0;
    var high = 2.0;
    while (!enough.test(high)) {
      if (high >= most) {
        return most;
      }
      low = high;
      high = Math.min(2 * high, most);
    }
    return Roots.increasing(u -> enough.test(u) ? 1 : -1, low, high);
  }

  /**
   * In how many days it is decided: until so many users came, and the last one's window closed.
   *
   * @param newUsers how many users are seen for the first time on each day since the start, from
   *     history (they become fewer, as regular users come back); later days are as the last one
   * @param windowDays an experiment's window
   * @return {@link Long#MAX_VALUE} if they never come
   */
  public long days(double[] newUsers, long windowDays) {
    var missing = (double) users;
    for (var day = 0; day < newUsers.length; day++) {
      missing -= newUsers[day];
      if (missing <= 0) {
        return day + 1 + windowDays;
      }
    }
    var last = newUsers.length == 0 ? 0 : newUsers[newUsers.length - 1];
    return users == Long.MAX_VALUE || last <= 0
        ? Long.MAX_VALUE
        : newUsers.length + (long) Math.ceil(missing / last) + windowDays;
  }
}
