package dev.weir.alerts;

/**
 * False alarms and the delay of detection, over simulated series of every kind: the table of
 * docs/forecast.md.
 *
 * <p>{@code mvn -ntp -q test-compile exec:exec@bench -Dbench=dev.weir.alerts.AnomalyBench}
 */
public final class AnomalyBench {
  private static final int SERIES = 100;
  private static final int WEEKS = 8;

  /** Series that nothing here was tuned on. */
  private static final long UNSEEN = 500_000;

  private AnomalyBench() {}

  /** Prints one line per kind. */
  public static void main(String[] args) {
    System.out.println(
        "| kind | false alarms in "
            + WEEKS
            + " weeks | 5x: 10 %, 50 %, 90 % | 20x: 10 %, 50 %, 90 % |");
    for (var kind : Traffic.Kind.values()) {
      System.out.printf(
          "| %s | %d of %d series | %s | %s |%n",
          kind.name().toLowerCase(java.util.Locale.ROOT),
          Watched.falseAlarms(kind, SERIES, WEEKS, 1, UNSEEN),
          SERIES,
          delays(kind, 5),
          delays(kind, 20));
    }
  }

  private static String delays(Traffic.Kind kind, double rise) {
    var delays = Watched.delays(kind, SERIES, 3, rise, 1, UNSEEN);
    return minutes(delays[SERIES / 10])
        + ", "
        + minutes(delays[SERIES / 2])
        + ", "
        + minutes(delays[SERIES * 9 / 10]);
  }

  private static String minutes(int delay) {
    return delay > 1440 ? "over a day" : delay + " min";
  }
}
