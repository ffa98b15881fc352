package dev.weir.gateway;

import dev.weir.core.Usd;

/**
 * What a whole call may cost: each attempt reserves its worst price here too before it is sent, and
 * settles it after. So a call costs no more than its cap, whatever it retries, falls back to or
 * asks twice. Confined to the call's event loop.
 */
public final class Cap {
  private final Usd most;
  private Usd reserved = Usd.ZERO;
  private Usd spent = Usd.ZERO;

  /** A cap of so much. */
  public Cap(Usd most) {
    this.most = most;
  }

  /** The most that the call may cost. */
  public Usd most() {
    return most;
  }

  /** Reserves an attempt's worst price; false if the call could then cost more than it may. */
  public boolean reserve(Usd worst) {
    if (taken().plus(worst).compareTo(most) > 0) {
      return false;
    }
    reserved = reserved.plus(worst);
    return true;
  }

  /** An attempt that had reserved so much has ended and cost so much. */
  public void settle(Usd worst, Usd actual) {
    reserved = reserved.minus(worst);
    spent = spent.plus(actual);
  }

  /** What was spent, and what attempts that have not ended may still cost. */
  public Usd taken() {
    return reserved.plus(spent);
  }
}
