package dev.weir.cli;

import java.math.BigDecimal;
import java.math.RoundingMode;
import java.util.Optional;

/**
 * What a command may spend, over calls several at a time. Each gets a part, which the service holds
 * it to, and gives back what it did not need: so all together never cost more. Where a part of what
 * is left is too small for a call, from then on one at a time gets all of it. For one thread.
 */
final class Purse {
  private static final int NANO = 9;

  private final Optional<BigDecimal> most;
  private int atOnce;
  private BigDecimal spent = BigDecimal.ZERO;
  private BigDecimal held = BigDecimal.ZERO;
  private int parts;
  private boolean alone;

  /**
   * A purse.
   *
   * @param most USD; empty for whatever it takes
   * @param atOnce calls at a time
   */
  Purse(Optional<BigDecimal> most, int atOnce) {
    this.most = most;
    this.atOnce = atOnce;
  }

  /**
   * What one call may cost.
   *
   * @param cap USD; empty where nothing bounds it
   * @param whole whether there is no more
   */
  record Part(Optional<BigDecimal> cap, boolean whole) {
    private BigDecimal held() {
      return cap.orElse(BigDecimal.ZERO);
    }
  }

  /** A part for one more call; empty while there is none. */
  Optional<Part> take() {
    if (parts >= atOnce || (alone && parts > 0)) {
      return Optional.empty();
    }
    var part =
        most.map(m -> m.subtract(spent).subtract(held))
            .map(
                left ->
                    alone
                        ? left
                        : left.divide(BigDecimal.valueOf(atOnce - parts), NANO, RoundingMode.DOWN))
            .map(cap -> new Part(Optional.of(cap), parts == 0 && (alone || atOnce == 1)))
            .orElse(new Part(Optional.empty(), true));
    if (part.cap().filter(cap -> cap.signum() <= 0).isPresent()) {
      return Optional.empty();
    }
    parts++;
    held = held.add(part.held());
    return Optional.of(part);
  }

  /** Whether some part is with a call. */
  boolean isOut() {
    return parts > 0;
  }

  /** A call has ended and cost so much. */
  void settle(Part part, BigDecimal cost) {
    parts--;
    held = held.subtract(part.held());
    spent = spent.add(cost);
  }

  /**
   * A call did not fit into its part: the next gets all that is left, once nobody else holds any.
   */
  void tooSmall() {
    alone = true;
  }

  /** From now on one call less at a time; false if it is one already. */
  boolean narrow() {
    if (atOnce == 1) {
      return false;
    }
    atOnce--;
    return true;
  }
}
