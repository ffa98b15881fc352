package dev.weir.gateway;

import java.util.Locale;

/**
 * What became of a function's answer, seen against a strict JSON parser that would have been given
 * the whole of it.
 */
public enum OutputOutcome {
  /** The parser would have taken it, and it fits the output schema. */
  STRICT,
  /** The parser would have refused it; the call still got its value. */
  RESCUED,
  /** The parser would have taken it, but it broke the schema; the call still got its value. */
  CORRECTED,
  /** The parser would have refused it, and the call failed for it. */
  LOST,
  /** The parser would have taken it, but it broke the schema, and the call failed for it. */
  INVALID;

  /** Its name in metrics. */
  public String label() {
    return name().toLowerCase(Locale.ROOT);
  }
}
