package dev.weir.analytics;

import java.util.Locale;

/** What comes first in an answer; with an interval, within each period. */
public enum Order {
  /** The most expensive. */
  COST("cost_usd"),
  /** The most called. */
  CALLS("calls"),
  /** The most tokens, in and out. */
  TOKENS("prompt_tokens + completion_tokens"),
  /** The most calls that did not end well. */
  ERRORS("errors");

  private final String expression;

  Order(String expression) {
    this.expression = expression;
  }

  String expression() {
    return expression;
  }

  /** Its name in parameters. */
  public String label() {
    return name().toLowerCase(Locale.ROOT);
  }
}
