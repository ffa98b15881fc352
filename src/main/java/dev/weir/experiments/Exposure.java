package dev.weir.experiments;

/**
 * When a user came into an experiment, and where: written once and kept.
 *
 * @param variant the arm
 * @param epoch the epoch of then
 * @param probability the arm's probability in that epoch
 */
record Exposure(String variant, int epoch, double probability) {
  /** Whose it is. */
  record Key(String experiment, String user) {}
}
