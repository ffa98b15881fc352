package dev.weir.gateway;

import dev.weir.core.Usd;

/**
 * What a call, or several together, may cost: each attempt reserves its worst price here too before
 * it is sent, and settles it after. So they cost no more than their cap, whatever they retry, fall
 * back to or ask twice, and whatever month it is. Thread-safe.
 */
public final class Cap {
  private final Usd most;

  /** Guarded by this, as is what was spent. */
  private Usd reserved = Usd.ZERO;

  private Usd spent = Usd.ZERO;

  /** A cap of so much. */
  public Cap(Usd most) {
    this.most = most;
  }

  /** The most that may be spent. */
  public Usd most() {
    return most;
  }

  /** Reserves an attempt's worst price; false if more could then be spent than may be. */
  public synchronized boolean reserve(Usd worst) {
    if (taken().plus(worst).compareTo(most) > 0) {
      return false;
    }
    reserved = reserved.plus(worst);
    return true;
  }

  /**
   * Whether an attempt that was refused would fit if those under way cost nothing: only they stand
   * in its way. What is spent only grows, so a no is for good.
   */
  public synchronized boolean mayFitLater(Usd worst) {
    return spent.plus(worst).compareTo(most) <= 0;
  }

  /** An attempt that had reserved so much has ended and cost so much. */
  public synchronized void settle(Usd worst, Usd actual) {
    reserved = reserved.minus(worst);
    spent = spent.plus(actual);
  }

  /** What was spent, and what attempts that have not ended may still cost. */
  public synchronized Usd taken() {
    return reserved.plus(spent);
  }
}
