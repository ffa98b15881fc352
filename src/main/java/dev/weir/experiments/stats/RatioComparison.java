package dev.weir.experiments.stats;

import java.util.List;

/**
 * The difference of two arms in a ratio of sums, such as success per call or cost per success:
 * treated minus {@code factor} times control, by an asymptotic confidence sequence (Robbins' normal
 * mixture with an estimated variance: Waudby-Smith, Arbour, Sinha, Kennedy and Ramdas, 2024,
 * theorem 2.2) over ratios that are linearised per user (delta method with covariance).
 *
 * <p>Two things guard it where few users make most of the calls. The variance is taken around what
 * the hypothesis supposes instead of around each arm's own ratio (a score test, whose interval is
 * Fieller's): a single large user pulls its arm's ratio towards itself and would hide its own
 * deviation. And nothing is concluded before each arm has {@link #MIN_USERS} users, and as much
 * information about its denominator as {@link #MIN_EFFECTIVE_USERS} equal ones would give.
 *
 * <p>Epochs are estimated one by one and then put together by a fixed rule.
 */
public final class RatioComparison {
  /** Fewer users in an arm and epoch say nothing about a limit theorem. */
  public static final int MIN_USERS = 50;

  /** {@link RatioSums#effectiveUsers()} that an arm needs in all. */
  public static final int MIN_EFFECTIVE_USERS = 10;

  private RatioComparison() {}

  /**
   * One epoch of a comparison.
   *
   * @param control its users' sums
   * @param treated its users' sums
   * @param controlProbability with which users were assigned to control in this epoch
   * @param treatedProbability with which users were assigned to the treated arm
   */
  public record Epoch(
      RatioSums control, RatioSums treated, double controlProbability, double treatedProbability) {
    boolean tells() {
      return control.users() >= MIN_USERS
          && treated.users() >= MIN_USERS
          && control.bottom() > 0
          && treated.bottom() > 0;
    }

    double weight(EpochRule rule) {
      // Users of both arms over the probability to be in them: the users who came.
      return rule.weight(controlProbability, treatedProbability)
          * (control.users() + treated.users())
          / (controlProbability + treatedProbability);
    }
  }

  /**
   * The difference, with the p-value of there being none.
   *
   * @param epochs in any order; those with too few users are left out until they have more
   * @param rule how epochs are put together
   * @param alpha of this comparison, see {@link Alpha#perComparison}
   * @param expectedUsers of both arms when a decision is expected
   */
  public static Estimate difference(
      List<Epoch> epochs, EpochRule rule, double alpha, long expectedUsers) {
    Alpha.check(alpha);
    return estimate(epochs, rule, alpha, expectedUsers, 1, false);
  }

  /**
   * Whether treated exceeds control by more than a share.
   *
   * @param factor what is still put up with, as a multiple of control (1.1: a tenth more)
   * @return the estimate of treated minus factor times control, either end at one-sided alpha; the
   *     p-value is that of the difference being at most zero
   */
  public static Estimate beyond(
      List<Epoch> epochs, EpochRule rule, double alpha, long expectedUsers, double factor) {
    Alpha.check(alpha);
    return estimate(epochs, rule, alpha, expectedUsers, factor, true);
  }

  /** The difference of the ratios of one epoch, or of a test that never changed its weights. */
  public static Estimate difference(
      RatioSums control, RatioSums treated, double alpha, long expectedUsers) {
    return difference(
        List.of(new Epoch(control, treated, 0.5, 0.5)),
        EpochRule.BY_INFORMATION,
        alpha,
        expectedUsers);
  }

  private static Estimate estimate(
      List<Epoch> epochs,
      EpochRule rule,
      double alpha,
      long expectedUsers,
      double factor,
      boolean oneSided) {
    var told = epochs.stream().filter(Epoch::tells).toList();
    var users = told.stream().mapToLong(e -> e.control.users() + e.treated.users()).sum();
    if (told.isEmpty() || !broadEnough(told)) {
      return Estimate.unknown(
          Double.NEGATIVE_INFINITY,
          Double.POSITIVE_INFINITY,
          alpha,
          Validity.ANYTIME_ASYMPTOTIC,
          users);
    }
    var contrast = Contrast.of(told, rule, factor);
    var n = (double) users;
    var mixture =
        NormalMixture.tunedTo((double) expectedUsers, oneSided ? Math.min(2 * alpha, 0.9) : alpha);
    var bound = oneSided ? mixture.boundAbove(n, alpha) : mixture.bound(n, alpha);
    var ends = contrast.solve(bound * bound / n);
    var sum = contrast.z(0) * Math.sqrt(n);
    var evidence = oneSided ? mixture.logEAbove(sum, n) : mixture.logE(sum, n);
    return new Estimate(
        contrast.difference(),
        ends[0],
        ends[1],
        Terms.pValue(evidence),
        alpha,
        Validity.ANYTIME_ASYMPTOTIC,
        users);
  }

  private static boolean broadEnough(List<Epoch> epochs) {
    var control = epochs.stream().map(Epoch::control).reduce(RatioSums.NONE, RatioSums::plus);
    var treated = epochs.stream().map(Epoch::treated).reduce(RatioSums.NONE, RatioSums::plus);
    return Math.min(control.effectiveUsers(), treated.effectiveUsers()) >= MIN_EFFECTIVE_USERS;
  }
}
