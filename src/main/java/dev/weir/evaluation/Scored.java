package dev.weir.evaluation;

import dev.weir.core.Usd;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;

/**
 * What became of an item; holds no word of what was asked or answered.
 *
 * @param position its place
 * @param unit its user's number
 * @param unitItems how many items its user has
 * @param user whose it is
 * @param source the stored content that it is
 * @param baseline how the baseline did
 * @param candidate how the candidate did
 * @param same whether both gave the same value; empty unless both gave one
 * @param scores by scorer; empty where there can be none, since nothing was expected
 */
record Scored(
    int position,
    int unit,
    int unitItems,
    String user,
    Optional<UUID> source,
    Side baseline,
    Side candidate,
    Optional<Boolean> same,
    Map<String, Optional<Pair>> scores) {

  /** A version's part: {@code ok} or a code, and figures where they are known. */
  record Side(String word, Optional<Duration> took, Optional<Usd> cost) {
    static Side of(Outcome outcome) {
      return new Side(outcome.word(), outcome.took(), outcome.cost());
    }
  }

  /** Both scores of an item, from 0 to 1; empty where a side has none, as its judge failed. */
  record Pair(Optional<Double> baseline, Optional<Double> candidate) {
    Pair(double baseline, double candidate) {
      this(Optional.of(baseline), Optional.of(candidate));
    }

    /** Whether both sides have a score. */
    boolean whole() {
      return baseline.isPresent() && candidate.isPresent();
    }
  }

  /** Whether it was deleted before its turn. */
  boolean gone() {
    return candidate.word().equals(Outcome.GONE.word());
  }

  static Scored of(
      Item item,
      Outcome baseline,
      Outcome candidate,
      Optional<Boolean> same,
      Map<String, Optional<Pair>> scores) {
    return new Scored(
        item.position(),
        item.unit(),
        item.unitItems(),
        item.user(),
        item.source(),
        Side.of(baseline),
        Side.of(candidate),
        same,
        scores);
  }
}
