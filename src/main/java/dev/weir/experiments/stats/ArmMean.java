package dev.weir.experiments.stats;

/** The running mean of an arm's outcomes, begun at a prior guess: a prediction of the next one. */
final class ArmMean {
  private double sum = 0.5;
  private long users = 1;

  double next() {
    return sum / users;
  }

  void add(double outcome) {
    sum += outcome;
    users++;
  }

  /** How many outcomes came. */
  long users() {
    return users - 1;
  }
}
