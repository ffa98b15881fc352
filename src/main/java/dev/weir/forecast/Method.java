package dev.weir.forecast;

/** How the days ahead are foreseen. */
public enum Method {
  /** The last week again: the plain baseline that another method must beat to be used. */
  SEASONAL_NAIVE,
  /** Level, damped trend and a profile of the week, each followed by exponential smoothing. */
  HOLT_WINTERS,
  /** For spend with many empty days: how often, times how much. */
  ZERO_INFLATED,
  /** The mean of the days there are, where they are too few for any other. */
  MEAN,
  /** The sum of the parts' forecasts. */
  BOTTOM_UP;

  /** As it is written in JSON. */
  public String label() {
    return name().toLowerCase(java.util.Locale.ROOT);
  }
}
