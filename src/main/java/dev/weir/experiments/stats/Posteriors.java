package dev.weir.experiments.stats;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * What is believed of arms whose weights moved: the posteriors of several arms by comparisons
 * within epochs, put together with weights that are the same for all arms. Sums that are pooled
 * over epochs differ between equal arms where weights moved while all users changed (Simpson's
 * paradox), and a bandit that goes by them feeds on its own moves.
 *
 * <p>In each epoch an arm's users say by how much they deviate from the mean of all users, each
 * weighed by the inverse of the probability of being there (augmented inverse propensities, with
 * the epoch's own mean as the prediction: Robins, Rotnitzky and Zhao, 1994). An epoch counts by
 * what can be learned in it of the arm that has the fewest users ({@link
 * EpochRule#BY_INFORMATION}), and older ones less, so that drift of the effect is followed. For
 * description and for the bandit's draw: {@link Validity#UNPROTECTED}.
 */
public final class Posteriors {
  /** What an epoch of a bandit is worth beside the next one. */
  public static final double BANDIT_DISCOUNT = 0.9;

  private final double discount;
  private final double[] sums;
  private final double[] squares;
  private final long[] users;
  private double weight;

  private Posteriors(int arms, double discount) {
    if (!(discount > 0 && discount <= 1)) {
      throw new IllegalArgumentException("a discount is within (0, 1]: " + discount);
    }
    this.discount = discount;
    this.sums = new double[arms];
    this.squares = new double[arms];
    this.users = new long[arms];
  }

  /**
   * One epoch.
   *
   * @param arms the sums of each arm's users whose windows have closed; the metric, within [0, 1],
   *     as numerator ({@link RatioSums#with} with a denominator of 1)
   * @param probabilities with which each arm was drawn in it; they need not sum to 1 where there
   *     are other arms, whose users are then left out
   */
  public record Epoch(List<RatioSums> arms, List<Double> probabilities) {
    /** Checks that there is one of each for each arm. */
    public Epoch {
      arms = List.copyOf(arms);
      probabilities = List.copyOf(probabilities);
      if (arms.size() != probabilities.size()) {
        throw new IllegalArgumentException("sums and a probability for each arm");
      }
    }

    /** Whether it tells all arms from each other. */
    boolean tells() {
      return users() > 0 && probabilities.stream().allMatch(p -> p > 0);
    }

    private long users() {
      return arms.stream().mapToLong(RatioSums::users).sum();
    }
  }

  /**
   * The posteriors of arms, in their order.
   *
   * @param arms how many
   * @param oldestFirst their epochs; one in which an arm could not be drawn tells nothing
   * @param discount within (0, 1], per epoch of age; with 1 nothing is forgotten
   */
  public static List<Posterior> of(int arms, List<Epoch> oldestFirst, double discount) {
    var all = new Posteriors(arms, discount);
    oldestFirst.stream().filter(Epoch::tells).forEach(all::add);
    var posteriors = new ArrayList<Posterior>(arms);
    for (var arm = 0; arm < arms; arm++) {
      posteriors.add(all.of(arm));
    }
    return List.copyOf(posteriors);
  }

  private void add(Epoch epoch) {
    var total = epoch.probabilities().stream().mapToDouble(Double::doubleValue).sum();
    var smallest = epoch.probabilities().stream().mapToDouble(Double::doubleValue).min();
    var worth = smallest.orElse(0) / total;
    var everybody = epoch.arms().stream().reduce(RatioSums.NONE, RatioSums::plus);
    var level = everybody.top() / everybody.users();
    age();
    weight += worth * everybody.users();
    for (var arm = 0; arm < sums.length; arm++) {
      var own = epoch.arms().get(arm);
      var times = worth * total / epoch.probabilities().get(arm);
      var square = own.topSquared() - 2 * level * own.top() + level * level * (double) own.users();
      sums[arm] += worth * everybody.users() * level + times * (own.top() - own.users() * level);
      squares[arm] += times * times * Math.max(0, square);
      users[arm] += own.users();
    }
  }

  private void age() {
    weight *= discount;
    Arrays.setAll(sums, arm -> sums[arm] * discount);
    Arrays.setAll(squares, arm -> squares[arm] * discount);
  }

  /** With two imagined users, at 0 and at 1, as {@link Posterior#ofShares}. */
  private Posterior of(int arm) {
    var n = weight + 2;
    var mean = (sums[arm] + 1) / n;
    var inside = Math.clamp(mean, 0, 1);
    var square = squares[arm] + inside * inside + (1 - inside) * (1 - inside);
    return new Posterior(mean, Math.sqrt(Math.max(square / (n * (n + 1)), 1e-12)), users[arm]);
  }
}
