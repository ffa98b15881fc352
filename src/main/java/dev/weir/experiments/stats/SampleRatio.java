package dev.weir.experiments.stats;

import java.util.Arrays;
import org.apache.commons.numbers.gamma.LogGamma;

/**
 * Whether users reach the arms with the probabilities that were meant: a sequential multinomial
 * test (Lindon and Malek, 2022), valid however often it is looked at. Its evidence is the Bayes
 * factor of a Dirichlet prior around the intended probabilities against these themselves, which is
 * a martingale while they are true.
 *
 * <p>Probabilities may change from user to user (a new epoch): what was learned is kept as a factor
 * per arm, by which it was met more or less often than intended, and the prediction of the next
 * user is the new probability times it. With constant probabilities this is the paper's test to the
 * letter. Since it is not known how large a mismatch would be, three concentrations of the prior
 * share the stake.
 *
 * <p>Users count at first exposure. Constant room. Not thread-safe.
 */
public final class SampleRatio {
  /** The level of the alarm: it sounds falsely in at most one experiment of a thousand. */
  public static final double ALPHA = 0.001;

  private static final double[] CONCENTRATIONS = {50, 1000, 20_000};

  private final double[] concentrations;
  private final double[] logEvidence;
  private final double[] counts;
  private final double[] expected;
  private double largest;
  private long users;

  /**
   * @param arms how many arms there are, those switched off included
   */
  public SampleRatio(int arms) {
    this(arms, CONCENTRATIONS);
  }

  /** With these concentrations of the prior, each with the same stake. */
  SampleRatio(int arms, double... concentrations) {
    if (arms < 2) {
      throw new IllegalArgumentException("one arm has no ratio");
    }
    this.concentrations = concentrations.clone();
    this.logEvidence = new double[concentrations.length];
    this.counts = new double[arms];
    this.expected = new double[arms];
  }

  /**
   * Adds a user.
   *
   * @param arm the user's arm
   * @param probabilities of all arms for this user; they sum to 1
   */
  public void observe(int arm, double... probabilities) {
    var one = new long[counts.length];
    one[arm] = 1;
    observeAll(one, probabilities);
  }

  /**
   * Adds the users of some span in which the probabilities did not change.
   *
   * @param newUsers how many came to each arm in this span
   * @param probabilities of all arms; they sum to 1
   */
  public void observeAll(long[] newUsers, double... probabilities) {
    check(newUsers, probabilities);
    for (var i = 0; i < concentrations.length; i++) {
      logEvidence[i] += logRatio(concentrations[i], newUsers, probabilities);
    }
    var n = Arrays.stream(newUsers).sum();
    for (var a = 0; a < counts.length; a++) {
      counts[a] += newUsers[a];
      expected[a] += n * probabilities[a];
    }
    users += n;
    largest = Math.max(largest, logE());
  }

  private void check(long[] newUsers, double[] probabilities) {
    if (newUsers.length != counts.length || probabilities.length != counts.length) {
      throw new IllegalArgumentException("a count and a probability for each arm");
    }
    if (Arrays.stream(newUsers).anyMatch(c -> c < 0)
        || Arrays.stream(probabilities).anyMatch(p -> !(p >= 0))
        || Math.abs(Arrays.stream(probabilities).sum() - 1) > 1e-9) {
      throw new IllegalArgumentException("counts are not negative, probabilities sum to 1");
    }
  }

  /** The log of the Dirichlet-multinomial against the multinomial probability of these counts. */
  private double logRatio(double concentration, long[] newUsers, double[] probabilities) {
    var prior = prior(concentration, probabilities);
    var strength = Arrays.stream(prior).sum();
    var n = 0L;
    var log = 0.0;
    for (var a = 0; a < prior.length; a++) {
      if (newUsers[a] == 0) {
        continue;
      }
      if (probabilities[a] == 0) {
        return Double.POSITIVE_INFINITY;
      }
      n += newUsers[a];
      log +=
          LogGamma.value(prior[a] + newUsers[a])
              - LogGamma.value(prior[a])
              - newUsers[a] * Math.log(probabilities[a]);
    }
    return n == 0 ? 0 : log + LogGamma.value(strength) - LogGamma.value(strength + n);
  }

  /** The Dirichlet parameters before the next user: the intended odds times what was learned. */
  private double[] prior(double concentration, double[] probabilities) {
    var tilted = new double[counts.length];
    for (var a = 0; a < tilted.length; a++) {
      // What the prior is worth in this arm: by the probabilities met so far.
      var own = concentration * (users == 0 ? probabilities[a] : expected[a] / users);
      tilted[a] =
          own + expected[a] == 0
              ? probabilities[a]
              : probabilities[a] * (own + counts[a]) / (own + expected[a]);
    }
    var sum = Arrays.stream(tilted).sum();
    for (var a = 0; a < tilted.length; a++) {
      tilted[a] *= (concentration + users) / sum;
    }
    return tilted;
  }

  /** The log of the evidence against the intended probabilities. */
  double logE() {
    var top = Arrays.stream(logEvidence).max().orElse(0);
    if (Double.isInfinite(top)) {
      return top;
    }
    var sum = 0.0;
    for (var log : logEvidence) {
      sum += Math.exp(log - top);
    }
    return top + Math.log(sum / logEvidence.length);
  }

  /** The p-value of the intended probabilities; it never rises. */
  public double pValue() {
    return Terms.pValue(largest);
  }

  /** Whether verdicts and bandit updates must be suspended. Once it sounds it stays. */
  public boolean alarm() {
    return pValue() <= ALPHA;
  }

  /** How many users were counted. */
  public long users() {
    return users;
  }
}
