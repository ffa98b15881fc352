package dev.weir.experiments.stats;

/**
 * How one alpha is shared out (Bonferroni): the chance of any false claim of an experiment stays
 * below the alpha that was declared, whatever the dependence of its comparisons.
 */
public final class Alpha {
  private Alpha() {}

  /**
   * The alpha of each comparison with control.
   *
   * @param alpha of the experiment, within (0, 0.5)
   * @param variants how many variants it has, control included; those that were switched off count
   * @return alpha / (variants - 1)
   */
  public static double perComparison(double alpha, int variants) {
    check(alpha);
    if (variants < 2) {
      throw new IllegalArgumentException("an experiment has a control and a variant at least");
    }
    return alpha / (variants - 1);
  }

  /**
   * The one-sided alpha of each guardrail of each variant.
   *
   * @param alpha for all guardrails of an experiment together
   * @param guardrails how many are declared
   * @param variants how many variants the experiment has, control included
   */
  public static double perGuardrail(double alpha, int guardrails, int variants) {
    if (guardrails < 1) {
      throw new IllegalArgumentException("no guardrails, no share");
    }
    return perComparison(alpha, variants) / guardrails;
  }

  static void check(double alpha) {
    if (!(alpha > 0 && alpha < 0.5)) {
      throw new IllegalArgumentException("alpha is within (0, 0.5), not " + alpha);
    }
  }
}
