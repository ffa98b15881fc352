package dev.weir.resilience;

/** Hears of breakers' changes: the seam to metrics, health and alerts. */
@FunctionalInterface
public interface BreakerListener {
  /**
   * A breaker changed. Called on the breakers' own event loop, in the order of the changes; must
   * not block.
   */
  void changed(BreakerChange change);
}
