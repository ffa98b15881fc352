package dev.weir.alerts;

/**
 * What is remembered of one series' cost per minute. All sums fade with a half-life of a week.
 *
 * @param minute the last minute that was learnt, in minutes since 1970
 * @param cost the sum of the cost, in USD
 * @param exposure the sum of the season over the same minutes: cost / exposure is the level
 * @param minutes how many minutes that is
 * @param spread the sum of the squared distances of cost / expected from 1
 * @param hours how many whole hours
 * @param bursts the sum of the squares by which whole hours were above what the test bears anyway
 * @param hourSum cost / expected, summed over the hour under way
 * @param lastBurst the square of the hour before, which enters {@code bursts} when the hour under
 *     way is over: a jump across the turn of an hour must not hide behind its own beginning
 * @param evidence the logarithm of the CUSUM
 * @param excess the USD above what was expected since the evidence was last nothing
 */
record Pulse(
    long minute,
    double cost,
    double exposure,
    double minutes,
    double spread,
    double hours,
    double bursts,
    double hourSum,
    double lastBurst,
    double evidence,
    double excess) {

  /**
   * A series of which only the daily sums are known.
   *
   * @param minute the minute before the first that will be learnt
   * @param usd what it cost in those days
   * @param days how many they were; 0 of a series that is new
   */
  static Pulse seeded(long minute, double usd, int days) {
    var weight = days * 1440.0;
    return new Pulse(minute, usd, weight, 0, 0, 0, 0, 0, 0, 0, 0);
  }

  /**
   * With so much more evidence and excess; where the evidence falls to nothing, both begin anew.
   */
  Pulse with(double moreEvidence, double moreExcess) {
    var sum = Math.clamp(evidence + moreEvidence, 0, MOST_EVIDENCE);
    return new Pulse(
        minute,
        cost,
        exposure,
        minutes,
        spread,
        hours,
        bursts,
        hourSum,
        lastBurst,
        sum,
        sum <= 0 ? 0 : excess + moreExcess);
  }

  /** Beyond every threshold; more would only keep an alarm alive after its cause is gone. */
  private static final double MOST_EVIDENCE = 40;
}
