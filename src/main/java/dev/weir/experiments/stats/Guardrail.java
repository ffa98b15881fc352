package dev.weir.experiments.stats;

import java.util.List;

/**
 * Watches that a variant does no harm, on each user's first trial: failed, or slower than a
 * declared number of milliseconds (timeouts and cancellations are slow). First trials are used
 * since later ones are changed by what the first one did. Valid at all times, so it may be asked
 * after every user. Not thread-safe.
 */
public final class Guardrail {
  /** Cost per success is looked at from so many successes in each arm. */
  public static final long MIN_SUCCESSES = 100;

  private final double margin;
  private final BoundedComparison harm;

  /**
   * @param margin by how much more of the users may be harmed than under control, within [0, 1)
   * @param alpha this guardrail's one-sided share, see {@link Alpha#perGuardrail}
   * @param expectedUsers of both arms by when harm should be noticed; small is alert
   */
  public Guardrail(double margin, double alpha, long expectedUsers) {
    this(margin, alpha, expectedUsers, 0.5);
  }

  /**
   * @param margin by how much more of the users may be harmed than under control, within [0, 1)
   * @param alpha this guardrail's one-sided share, see {@link Alpha#perGuardrail}
   * @param expectedUsers of both arms by when harm should be noticed; small is alert
   * @param smallerShare the smaller arm's share of the two arms' users, as planned
   */
  public Guardrail(double margin, double alpha, long expectedUsers, double smallerShare) {
    if (!(margin >= 0 && margin < 1)) {
      throw new IllegalArgumentException("a margin is within [0, 1): " + margin);
    }
    this.margin = margin;
    this.harm = new BoundedComparison(alpha, expectedUsers, smallerShare);
  }

  /**
   * Adds a user's first trial, in the order of exposure, once the trial's deadline has passed: an
   * order by completion would let slow ones in last.
   *
   * @param arm where the user was assigned
   * @param harmed whether the first trial failed (or was slow)
   * @param controlProbability with which control was drawn for this user
   * @param treatedProbability with which the treated arm was drawn
   */
  public void observe(
      Arm arm, boolean harmed, double controlProbability, double treatedProbability) {
    harm.observe(arm, harmed ? 1 : 0, controlProbability, treatedProbability);
  }

  /** What is known now. */
  public GuardrailVerdict verdict() {
    return harm.controlUsers() == 0 || harm.treatedUsers() == 0
        ? new GuardrailVerdict(GuardrailVerdict.State.WAITING, harm.beyond(margin))
        : GuardrailVerdict.of(harm.beyond(margin), margin);
  }

  /**
   * Whether a success costs too much more than under control. Asymptotic.
   *
   * @param epochs with cost as numerators and successes as denominators
   * @param rule how epochs are put together
   * @param margin the share by which it may cost more, such as 0.1
   * @param alpha this guardrail's one-sided share
   * @param expectedUsers of both arms by when harm should be noticed
   */
  public static GuardrailVerdict costPerSuccess(
      List<RatioComparison.Epoch> epochs,
      EpochRule rule,
      double margin,
      double alpha,
      long expectedUsers) {
    if (!(margin >= 0)) {
      throw new IllegalArgumentException("a margin is not negative: " + margin);
    }
    var estimate = RatioComparison.beyond(epochs, rule, alpha, expectedUsers, 1 + margin);
    var control = epochs.stream().mapToDouble(e -> e.control().bottom()).sum();
    var treated = epochs.stream().mapToDouble(e -> e.treated().bottom()).sum();
    return Math.min(control, treated) < MIN_SUCCESSES || Double.isNaN(estimate.value())
        ? new GuardrailVerdict(GuardrailVerdict.State.WAITING, estimate)
        : GuardrailVerdict.of(estimate, 0);
  }
}
