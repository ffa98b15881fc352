/**
 * What tokens cost: the dated price table of {@code conf/prices.yaml}, and the counting of tokens
 * where a provider reports none.
 *
 * <p>Entry: {@link dev.weir.pricing.PriceTable} and {@link dev.weir.pricing.TokenCounter}. Knows
 * models by name only, and may use {@code core} alone; used by the spending and metering stages. A
 * price is never guessed: a model without an entry has no price, and says so.
 */
@NullMarked
package dev.weir.pricing;

import org.jspecify.annotations.NullMarked;
