package dev.weir.config;

import java.math.BigDecimal;

/**
 * When our cost of a call and the provider's own figure differ: by more than both.
 *
 * @param tolerancePercent of the provider's figure
 * @param toleranceUsd in dollars
 */
public record PricingSettings(BigDecimal tolerancePercent, BigDecimal toleranceUsd) {
  /** One percent, and a hundredth of a cent. */
  public static final PricingSettings DEFAULT =
      new PricingSettings(BigDecimal.ONE, new BigDecimal("0.0001"));
}
