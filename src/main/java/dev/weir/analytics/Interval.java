package dev.weir.analytics;

import java.util.Locale;

/** The periods (UTC) into which an answer is cut. */
public enum Interval {
  /** Not cut. */
  NONE,
  /** By the hour. */
  HOUR,
  /** By the day. */
  DAY,
  /** By the calendar month. */
  MONTH;

  /** Its name in parameters and in SQL. */
  public String label() {
    return name().toLowerCase(Locale.ROOT);
  }
}
