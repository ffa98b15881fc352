package dev.weir.experiments.stats;

/**
 * The normal mixture of Robbins: {@code exp(a s - a^2 v / 2)} averaged over {@code a ~ N(0, 1 /
 * rho)}. For a sum {@code s} with intrinsic time {@code v} this is {@code sqrt(rho / (v + rho))
 * exp(s^2 / (2 (v + rho)))}, a supermartingale wherever the sum is sub-Gaussian (Howard, Ramdas,
 * McAuliffe and Sekhon, 2021, proposition 5; Robbins, 1970).
 */
record NormalMixture(double rho) {

  /**
   * Tuned to be tightest near one time.
   *
   * @param vOpt that time
   * @param alpha the error the bound will be asked for
   */
  static NormalMixture tunedTo(double vOpt, double alpha) {
    return new NormalMixture(bestRho(vOpt, alpha));
  }

  /** Howard et al. (2021), section 3.5. */
  static double bestRho(double vOpt, double alpha) {
    var log = 2 * Math.log(1 / alpha);
    return vOpt / (log + Math.log1p(log));
  }

  /** The log of the mixture at a sum and a time. */
  double logE(double s, double v) {
    return 0.5 * Math.log(rho / (v + rho)) + s * s / (2 * (v + rho));
  }

  /** The sum at which the mixture reaches 1 / alpha. */
  double bound(double v, double alpha) {
    return Math.sqrt((v + rho) * (Math.log1p(v / rho) + 2 * Math.log(1 / alpha)));
  }

  /**
   * The log of the one-sided mixture, over the positive half of the normal: large where the sum is
   * (Howard et al., 2021, proposition 6).
   */
  double logEAbove(double s, double v) {
    var scale = v + rho;
    return 0.5 * Math.log(4 * rho / scale)
        + s * s / (2 * scale)
        + Normal.logCdf(s / Math.sqrt(scale));
  }

  /** The sum at which the one-sided mixture reaches 1 / alpha. */
  double boundAbove(double v, double alpha) {
    var target = Math.log(1 / alpha);
    return Roots.increasing(s -> logEAbove(s, v) - target, 0, 2 * bound(v, alpha));
  }
}
