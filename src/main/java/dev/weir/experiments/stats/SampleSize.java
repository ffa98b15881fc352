package dev.weir.experiments.stats;

import java.util.function.DoublePredicate;

/**
 * How many users and days an experiment needs, for the sequential methods it is judged by, from the
 * variance between users in the past. The figure is for the chance to have decided <em>at</em> that
 * size; as a sequential test may stop before, the real power is a little higher, and most
 * experiments with a true effect of that size end well before.
 *
 * @param users of all arms, to be exposed and their windows closed; {@link Long#MAX_VALUE} where no
 *     feasible number suffices
 * @param usersPerArm how many of them each of the two compared arms gets at least
 * @param medianUsers by when half of the experiments with an effect of this size have decided, or
 *     more
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
   * For a metric within [0, 1], judged by {@link BoundedComparison}.
   *
   * @param varianceBetweenUsers of the users' metric in the past
   */
  public static SampleSize forShares(Aim aim, double varianceBetweenUsers) {
    if (!(varianceBetweenUsers >= 0 && varianceBetweenUsers <= 0.25)) {
      throw new IllegalArgumentException("a variance of shares is within [0, 0.25]");
    }
    var weight = Math.min(aim.controlProbability, aim.treatedProbability);
    var perUser = weight * weight * varianceBetweenUsers * aim.inverse();
    return solve(
        aim,
        (users, z) -> {
          var spread = users * perUser;
          var mixture = new GammaExponential(0.1 * users * aim.both(), aim.alpha / 2, 1);
          return users * weight * Math.abs(aim.effect)
              >= mixture.bound(spread, aim.alpha / 2) + z * Math.sqrt(spread);
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
    return solve(
        aim,
        (users, z) -> {
          var n = users * aim.both();
          var bound = NormalMixture.tunedTo(n, aim.alpha).bound(n, aim.alpha) / Math.sqrt(n);
          return Math.abs(aim.effect) >= (bound + z) * Math.sqrt(perUser / users);
        });
  }

  @FunctionalInterface
  private interface Enough {
    boolean at(double users, double z);
  }

  private static SampleSize solve(Aim aim, Enough enough) {
    var z = Normal.quantile(aim.power);
    var users = smallest(u -> enough.at(u, z));
    var median = smallest(u -> enough.at(u, 0));
    var share = Math.min(aim.controlProbability, aim.treatedProbability);
    return users >= MOST
        ? new SampleSize(Long.MAX_VALUE, Long.MAX_VALUE, Long.MAX_VALUE)
        : new SampleSize(
            (long) Math.ceil(users), (long) Math.ceil(users * share), (long) Math.ceil(median));
  }

  private static double smallest(DoublePredicate enough) {
    var high = 2.0;
    while (!enough.test(high)) {
      high *= 2;
      if (high >= MOST) {
        return MOST;
      }
    }
    return Roots.increasing(u -> enough.test(u) ? 1 : -1, high / 2, high);
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
