package dev.weir.core;

import java.math.BigDecimal;
import java.math.RoundingMode;

/**
 * An amount of US dollars in whole nano-dollars (10<sup>-9</sup> USD), exact up to 9.2 billion
 * dollars. Arithmetic that leaves that range throws {@link ArithmeticException}. Immutable; in SQL
 * it is {@code numeric(20,9)}.
 *
 * @param nanos nano-dollars; negative for a refund or a correction
 */
public record Usd(long nanos) implements Comparable<Usd> {
  private static final int SCALE = 9;

  /** Nothing. */
  public static final Usd ZERO = new Usd(0);

  /**
   * The amount for a decimal number of dollars, rounded up to the next nano-dollar so that nobody
   * is undercharged.
   */
  public static Usd of(BigDecimal dollars) {
    return new Usd(dollars.setScale(SCALE, RoundingMode.CEILING).unscaledValue().longValueExact());
  }

  /** The sum. */
  public Usd plus(Usd other) {
    return new Usd(Math.addExact(nanos, other.nanos));
  }

  /** The difference, which may be negative. */
  public Usd minus(Usd other) {
    return new Usd(Math.subtractExact(nanos, other.nanos));
  }

  /** This amount {@code count} times. */
  public Usd times(long count) {
    return new Usd(Math.multiplyExact(nanos, count));
  }

  /** The amount in dollars with nine decimals, as the database keeps it. */
  public BigDecimal dollars() {
    return BigDecimal.valueOf(nanos, SCALE);
  }

  @Override
  public int compareTo(Usd other) {
    return Long.compare(nanos, other.nanos);
  }

  /** Dollars in plain decimals without trailing zeros, e.g. {@code 0.00125}. */
  @Override
  public String toString() {
    return nanos == 0 ? "0" : dollars().stripTrailingZeros().toPlainString();
  }
}
