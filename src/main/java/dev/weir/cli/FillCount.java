package dev.weir.cli;

import java.math.BigDecimal;
import java.util.TreeMap;

/** What became of the inputs of a file so far. Thread-safe. */
final class FillCount {
  private final int all;
  private final TreeMap<String, Integer> counts = new TreeMap<>();
  private BigDecimal cost = BigDecimal.ZERO;

  /** Of so many. */
  FillCount(int all) {
    this.all = all;
  }

  /**
   * One more.
   *
   * @param how how the cache took part, or {@code failed}
   * @param usd what it did cost
   * @return how many there are
   */
  synchronized int add(String how, BigDecimal usd) {
    counts.merge(how, 1, Integer::sum);
    cost = cost.add(usd);
    return done();
  }

  /** One that is to be asked for again did cost so much. */
  synchronized void paid(BigDecimal usd) {
    cost = cost.add(usd);
  }

  /** How many there are. */
  synchronized int done() {
    return counts.values().stream().mapToInt(Integer::intValue).sum();
  }

  /** Whether any failed. */
  synchronized boolean hasFailures() {
    return counts.containsKey("failed");
  }

  /** All of it in a line. */
  synchronized String told() {
    var asked = count("miss");
    var failed = count("failed");
    return done()
        + " of "
        + all
        + " inputs: "
        + asked
        + " asked for, "
        + (done() - asked - failed)
        + " kept already, "
        + failed
        + " failed; "
        + cost.stripTrailingZeros().toPlainString()
        + " USD";
  }

  private int count(String how) {
    return counts.getOrDefault(how, 0);
  }
}
