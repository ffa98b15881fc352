package dev.weir.experiments.stats;

/** What an {@link Estimate} promises. */
public enum Validity {
  /**
   * The interval covers the truth at all times together with probability 1 - alpha, at every sample
   * size. It may be looked at as often as one likes, and acted upon at any time.
   */
  ANYTIME,

  /**
   * As {@link #ANYTIME}, but only in the limit of many users (Waudby-Smith et al., 2024): with few
   * users, or where few users make most of the calls, it may err more often than alpha.
   */
  ANYTIME_ASYMPTOTIC,

  /** Covers at one moment only, which was chosen before the data were seen. */
  ONCE_ASYMPTOTIC,

  /**
   * A description of the data, not protected against looking at it more than once. Nothing is
   * decided by it.
   */
  UNPROTECTED
}
