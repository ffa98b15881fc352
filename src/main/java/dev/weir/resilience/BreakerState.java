package dev.weir.resilience;

import java.util.Locale;

/** How a breaker shows itself. */
public enum BreakerState {
  /** Calls pass; failures are counted. */
  CLOSED,
  /** Calls are refused. */
  OPEN,
  /** A few calls are let through to see whether the provider is well again. */
  HALF_OPEN;

  /** Its name in metrics, events and reports. */
  public String label() {
    return name().toLowerCase(Locale.ROOT);
  }
}
