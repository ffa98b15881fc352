package dev.weir.forecast;

/**
 * A method walked through a series: what it would have said on the morning of each day, knowing the
 * days before and nothing else. That is what a back-test on rolling origins asks.
 */
interface Walk {
  /** The days of a week. */
  int WEEK = 7;

  /**
   * The forecasts of one morning.
   *
   * @param origin the first day that is not known yet; at least the {@link #first} one
   * @param days how many days to foresee, {@code origin} included
   * @return one amount per day, never negative
   */
  double[] ahead(int origin, int days);

  /** The first morning on which the method has something to say. */
  int first();
}
