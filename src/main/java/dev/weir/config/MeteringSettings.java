package dev.weir.config;

/**
 * How long usage is kept.
 *
 * @param retentionMonths so many months after its end a month's calls are dropped, and only their
 *     roll-ups stay; 0 keeps them for ever
 */
public record MeteringSettings(int retentionMonths) {
  /** Thirteen months: the same month of last year can still be looked at call by call. */
  public static final MeteringSettings DEFAULT = new MeteringSettings(13);
}
