package dev.weir.resilience;

/**
 * The right of one call to pass a breaker. Whoever holds it reports what the call proved; the first
 * report counts. Confined to the call's event loop.
 */
final class Permit {
  private final Breaker breaker;
  private final long era;
  private boolean reported;

  Permit(Breaker breaker, long era) {
    this.breaker = breaker;
    this.era = era;
  }

  void report(Verdict verdict) {
    if (!reported) {
      reported = true;
      breaker.report(era, verdict);
    }
  }
}
