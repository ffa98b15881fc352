package dev.weir.forecast;

/**
 * The coverage of the intervals and the error against the seasonal naive forecast, over simulated
 * series of every kind: the table of docs/forecast.md.
 *
 * <p>{@code mvn -ntp -q test-compile exec:exec@bench -Dbench=dev.weir.forecast.ForecastBench}
 */
public final class ForecastBench {
  private static final int SERIES = 200;

  /** Series that nothing here was tuned on. */
  private static final long UNSEEN = 7_000_000;

  private ForecastBench() {}

  /** Prints one line per kind, history and days ahead. */
  public static void main(String[] args) {
    System.out.println(
        "| days known | ahead | kind | 80 % | 95 % | error | baseline | other method used | MASE"
            + " |");
    for (var days : new int[] {100, 180, 390}) {
      for (var ahead : new int[] {5, 15, 30}) {
        for (var kind : Simulated.values()) {
          var run = Corpus.run(kind, days, ahead, SERIES, UNSEEN);
          System.out.printf(
              "| %d | %d | %s | %.3f | %.3f | %.3f | %.3f | %.0f %% | %.2f |%n",
              days,
              ahead,
              kind.name().toLowerCase(java.util.Locale.ROOT).replace('_', ' '),
              run.hit80().share(),
              run.hit95().share(),
              run.error(),
              run.baseline(),
              100.0 * run.own() / SERIES,
              run.mase());
        }
      }
    }
  }
}
